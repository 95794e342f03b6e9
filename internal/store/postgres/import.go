package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/store/portable"
)

var (
	// ErrUnfinished is a database into which rows were taken that nobody has
	// looked at yet, or that are not all there.
	ErrUnfinished = fault.Define(fault.Unavailable, "postgres.unfinished", "a restore or a move into this database has not come to its end; make the database anew, and repeat it")
	// ErrNotEmpty is a database into which no other may be taken.
	ErrNotEmpty = errors.New("the database has tables already; name an empty database, such as one that createdb has just made")
)

// unfinishedMark is a table that is there from before the first to after the
// last step of an import: of two, one can make it, and no Purse serves while it
// is there.
const unfinishedMark = "unfinished_import"

// Import fills an empty database from a source, and brings its schema up to
// date from the version that the source has. Until Finish it is not opened
// (ErrUnfinished) unless Options.Unfinished says so; when it fails, it is empty
// again. It returns ErrNotEmpty for a database with tables, and
// portable.ErrNewer for a newer schema.
func Import(ctx context.Context, url string, source portable.Source) (err error) {
	if newest, err := newestMigration(); err != nil {
		return err
	} else if source.Header().Schema > newest {
		return portable.ErrNewer
	}
	config, err := configure(url, 1, 0)
	if err != nil {
		return err
	}
	requireWritable(config.ConnConfig)
	conn, err := writable(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := mark(ctx, conn); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, Discard(context.WithoutCancel(ctx), url))
		}
	}()
	if err := migrate(ctx, config.ConnConfig, source.Header().Schema); err != nil {
		return err
	}
	if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return load(ctx, tx, source) }); err != nil {
		return translateImport(err)
	}
	if err := migrate(ctx, config.ConnConfig, latest); err != nil {
		return err
	}
	// What the planner knows of an empty database is wrong for a full one.
	_, err = conn.Exec(ctx, `ANALYZE`)
	return translateImport(err)
}

// writable is a connection on which statements may take as long as they need.
func writable(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := configure(url, 1, 0)
	if err != nil {
		return nil, err
	}
	requireWritable(config.ConnConfig)
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("postgres: connecting: %w", err)
	}
	return conn, nil
}

// mark makes the mark in a database without tables.
func mark(ctx context.Context, conn *pgx.Conn) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var tables int
		if err := tx.QueryRow(ctx, countTables).Scan(&tables); err != nil {
			return err
		}
		if tables > 0 {
			return ErrNotEmpty
		}
		_, err := tx.Exec(ctx, `CREATE TABLE `+unfinishedMark+` ()`)
		return err
	})
	if errors.Is(err, ErrNotEmpty) {
		return err
	}
	return translateImport(err)
}

// Finish lets Purse run on a database that Import has filled.
func Finish(ctx context.Context, url string) error {
	return dropTables(ctx, url, unfinishedMark)
}

// Discard removes what Import has made.
func Discard(ctx context.Context, url string) error {
	var names []string
	for _, t := range portable.Tables() {
		names = append(names, t.Name)
	}
	return dropTables(ctx, url, append(names, "units", "locks", "goose_db_version", leaseTable, unfinishedMark)...)
}

func dropTables(ctx context.Context, url string, names ...string) (err error) {
	conn, err := writable(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return translateImport(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, name := range names {
			if _, err := tx.Exec(ctx, `DROP TABLE IF EXISTS `+name+` CASCADE`); err != nil {
				return err
			}
		}
		return nil
	}))
}

// translateImport gives the database's errors their meaning and leaves those of
// the source as they are.
func translateImport(err error) error {
	var refused interface{ SQLState() string }
	if errors.As(err, &refused) {
		return translate(err)
	}
	return err
}

// load takes in all rows, within one transaction.
func load(ctx context.Context, tx pgx.Tx, source portable.Source) error {
	if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return err
	}
	tables, err := describeTables(ctx, tx)
	if err != nil {
		return err
	}
	list := source.Header().Tables
	if len(list) != len(tables) {
		return portable.Misfit(fmt.Sprintf("%d tables, not %d", len(list), len(tables)))
	}
	for i := len(list) - 1; i >= 0; i-- { // a new database has a few rows of its own
		if _, known := tables[list[i].Name]; !known {
			return portable.Misfit("the table " + list[i].Name)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM `+list[i].Name); err != nil {
			return err
		}
	}
	for _, t := range list {
		if err := loadTable(ctx, tx, t, tables[t.Name], source); err != nil {
			return fmt.Errorf("the table %s: %w", t.Name, err)
		}
	}
	// The embedded engine counts entries by the table itself.
	_, err = tx.Exec(ctx, `INSERT INTO sequences AS s (name, next)
		SELECT 'account', coalesce(max(id), 0) + 1 FROM accounts UNION ALL SELECT 'entry', coalesce(max(id), 0) + 1 FROM entries
		ON CONFLICT (name) DO UPDATE SET next = greatest(s.next, excluded.next)`)
	return err
}

// describeTables lists the tables that a source has, with the types of their columns.
func describeTables(ctx context.Context, tx pgx.Tx) (map[string]map[string]string, error) {
	rows, err := tx.Query(ctx, `SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT IN ('units', 'locks', 'goose_db_version', $1, $2)`, leaseTable, unfinishedMark)
	if err != nil {
		return nil, err
	}
	tables := map[string]map[string]string{}
	var name, column, kind string
	_, err = pgx.ForEachRow(rows, []any{&name, &column, &kind}, func() error {
		if tables[name] == nil {
			tables[name] = map[string]string{}
		}
		tables[name][column] = kind
		return nil
	})
	return tables, err
}

// types are those in which a kind is kept.
var types = map[portable.Kind][]string{
	portable.Number: {"bigint", "integer"}, portable.Flag: {"boolean"}, portable.Time: {"timestamp with time zone"},
	portable.Text: {"text"}, portable.Bytes: {"bytea"}, portable.UUID: {"uuid"}, portable.Date: {"date"},
}

func loadTable(ctx context.Context, tx pgx.Tx, t portable.Table, columns map[string]string, source portable.Source) error {
	for _, c := range t.Columns {
		fits := false
		for _, kind := range types[c.Kind] {
			fits = fits || columns[c.Name] == kind
		}
		if !fits {
			return portable.Misfit("the column " + c.Name)
		}
		delete(columns, c.Name)
	}
	names := columnNames(t)
	for name, kind := range columns { // what is left must be a key that only tells rows apart
		if name != "id" || kind != "uuid" {
			return portable.Misfit("no column " + name)
		}
		names = append(names, name)
	}
	in := &incoming{table: t, values: make([]any, len(names))}
	next, stop := iter.Pull2(source.Rows(t))
	defer stop()
	in.next = next
	_, err := tx.CopyFrom(ctx, pgx.Identifier{t.Name}, names, in)
	if in.err != nil {
		return in.err
	}
	return err
}

// incoming is the rows of a table on their way into the database.
type incoming struct {
	table  portable.Table
	next   func() ([]portable.Value, error, bool)
	values []any
	ids    id.Source
	err    error // of the source
}

// Next goes on to the next row.
func (in *incoming) Next() bool {
	row, err, more := in.next()
	if !more || err != nil {
		in.err = err
		return false
	}
	for i, v := range row {
		in.values[i] = taken(in.table.Columns[i].Kind, v)
	}
	if len(in.values) > len(row) {
		in.values[len(row)] = [16]byte(in.ids.New(time.Now()))
	}
	return true
}

// Values is the row at hand.
func (in *incoming) Values() ([]any, error) { return in.values, nil }

// Err is why there are no more.
func (in *incoming) Err() error { return in.err }

// taken is a value as the driver takes it.
func taken(kind portable.Kind, v portable.Value) any {
	if v.Null {
		return nil
	}
	switch kind {
	case portable.Number:
		return v.Number
	case portable.Flag:
		return v.Number != 0
	case portable.Time:
		return time.UnixMicro(v.Number).UTC()
	case portable.Text:
		return legible(string(v.Bytes))
	case portable.UUID:
		return [16]byte(v.Bytes)
	case portable.Date:
		day, err := time.Parse(time.DateOnly, string(v.Bytes))
		return pgtype.Date{Time: day, Valid: err == nil}
	}
	return v.Bytes
}
