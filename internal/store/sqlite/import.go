package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/store/portable"
)

// Import makes a new database at path, in place of what an import that was cut
// off has left, and brings its schema up to date from the version that the
// source has. The caller has the Lock, and removes the file when this fails: it
// is of no use. It returns portable.ErrNewer for a newer schema.
func Import(ctx context.Context, path string, source portable.Source) error {
	header := source.Header()
	if newest, err := newestMigration(); err != nil {
		return err
	} else if header.Schema > newest {
		return portable.ErrNewer
	}
	if err := errors.Join(Remove(path), prepareFile(path)); err != nil {
		return err
	}
	if err := migrate(ctx, path, header.Schema); err != nil {
		return err
	}
	if err := load(ctx, path, source); err != nil {
		return err
	}
	return migrate(ctx, path, latest)
}

// Settle brings everything into the one file at path, which nobody else has
// open, and has the disk keep it.
func Settle(path string) error {
	conn, err := open(path, sharedPragmas, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	err = sqlitex.ExecuteTransient(conn, "PRAGMA wal_checkpoint(TRUNCATE)", nil)
	if err = errors.Join(err, conn.Close()); err != nil { // the last to close removes the log
		return fmt.Errorf("sqlite: settling %s: %w", path, err)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("sqlite: settling %s: its log is not empty", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Remove removes the database at path, which nobody has open, with its
// companions but for the lock.
func Remove(path string) (err error) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if failed := os.Remove(path + suffix); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// loadPragmas are for a file that is thrown away when anything goes wrong: the
// disk has to keep it once, at the end.
var loadPragmas = []string{"journal_mode = OFF", "synchronous = OFF", "foreign_keys = ON", "temp_store = MEMORY", "trusted_schema = OFF", "cache_size = -49152"}

func load(ctx context.Context, path string, source portable.Source) (err error) {
	conn, err := open(path, loadPragmas, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	conn.SetInterrupt(ctx.Done())
	tx := &Tx{conn: conn}
	if err := tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	tables, err := tx.describeTables()
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
		if err := tx.exec(`DELETE FROM ` + list[i].Name); err != nil {
			return err
		}
	}
	for _, t := range list {
		if err := tx.load(t, tables[t.Name], source); err != nil {
			return fmt.Errorf("the table %s: %w", t.Name, err)
		}
	}
	return tx.exec("COMMIT")
}

// column is a column as the database has it.
type column struct {
	text     bool
	required bool // NOT NULL
	made     bool // a key that the database makes when it is not given
}

// describeTables lists the tables that are Purse's own, with their columns.
func (tx *Tx) describeTables() (map[string]map[string]column, error) {
	tables := map[string]map[string]column{}
	err := tx.rows(`SELECT t.name, c.name, c.type, c."notnull", c.pk = 1 AND c.type = 'INTEGER' AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 1)
		FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND t.name <> 'goose_db_version'`, func(stmt *sqlite.Stmt) error {
		name := stmt.ColumnText(0)
		if tables[name] == nil {
			tables[name] = map[string]column{}
		}
		tables[name][stmt.ColumnText(1)] = column{text: stmt.ColumnText(2) == "TEXT", required: stmt.ColumnBool(3), made: stmt.ColumnBool(4)}
		return nil
	})
	return tables, err
}

// load takes in the rows of a table.
func (tx *Tx) load(t portable.Table, columns map[string]column, source portable.Source) error {
	given := make([]column, len(t.Columns))
	places := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		have, known := columns[c.Name]
		if !known {
			return portable.Misfit("the column " + c.Name)
		}
		given[i], places[i] = have, "?"
		delete(columns, c.Name)
	}
	for name, c := range columns {
		if !c.made {
			return portable.Misfit("no column " + name)
		}
	}
	insert := `INSERT INTO ` + t.Name + ` (` + columnList(t) + `) VALUES (` + strings.Join(places, ", ") + `)`
	stmt, err := tx.statement(insert, nil)
	if err != nil {
		return err
	}
	for row, err := range source.Rows(t) {
		if err != nil {
			return err
		}
		for i, v := range row {
			take(stmt, i+1, t.Columns[i].Kind, given[i], v)
		}
		if _, err := stmt.Step(); err != nil {
			return translate(err)
		}
		if err := stmt.Reset(); err != nil {
			return translate(err)
		}
	}
	return nil
}

// take binds a value. Where the database has no NULL, it keeps 0 or "".
func take(stmt *sqlite.Stmt, place int, kind portable.Kind, c column, v portable.Value) {
	switch {
	case v.Null && !c.required:
		stmt.BindNull(place)
	case kind.Numeric():
		if v.Null {
			v.Number = 0
		}
		stmt.BindInt64(place, v.Number)
	case v.Null:
		stmt.BindText(place, "")
	case c.text:
		stmt.BindText(place, string(v.Bytes))
	default:
		stmt.BindBytes(place, v.Bytes)
	}
}
