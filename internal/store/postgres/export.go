package postgres

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"purse/internal/fault"
	"purse/internal/store/portable"
)

// Export gives fn the whole database as it is at one moment, out of one
// transaction that only reads. Whoever writes goes on meanwhile.
func (r *Reader) Export(ctx context.Context, fn func(portable.Source) error) error {
	return r.store.view(ctx, func(tx *Tx) error {
		// Where the rows go may be slow.
		if err := tx.exec(`SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
			return err
		}
		e := &export{tx: tx}
		if err := e.describe(); err != nil {
			return err
		}
		return fn(e)
	})
}

// export is a snapshot that is given out.
type export struct {
	tx     *Tx
	header portable.Header
}

func (e *export) describe() (err error) {
	e.header = portable.Header{Engine: "postgres", At: e.tx.now.UTC(), Tables: portable.Tables()}
	if e.header.Schema, err = newestMigration(); err != nil {
		return err
	}
	for i := range e.header.Tables {
		t := &e.header.Tables[i]
		if _, err := e.tx.row(`SELECT count(*) FROM `+t.Name, []any{&t.Rows}); err != nil {
			return err
		}
	}
	return nil
}

// Header is what the database is.
func (e *export) Header() portable.Header { return e.header }

// Rows gives the rows of a table.
func (e *export) Rows(t portable.Table) iter.Seq2[[]portable.Value, error] {
	return func(yield func([]portable.Value, error) bool) {
		row := make([]portable.Value, len(t.Columns))
		into := make([]any, len(t.Columns))
		for i := range row {
			into[i] = (*given)(&row[i])
		}
		var unread, enough = error(nil), false
		err := e.tx.rows(`SELECT `+strings.Join(columnNames(t), ", ")+` FROM `+t.Name+` ORDER BY `+t.Order, func(r pgx.Rows) error {
			if unread = r.Scan(into...); unread != nil {
				return unread
			}
			if enough = !yield(row, nil); enough {
				return errEnough
			}
			return nil
		})
		if err != nil && !enough {
			yield(nil, errors.Join(unread, err))
		}
	}
}

// errEnough ends a query of which no more is wanted.
var errEnough = errors.New("postgres: enough rows")

func columnNames(t portable.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// given takes a column of any type as a portable value.
type given portable.Value

// ScanInt64 takes an integer.
func (g *given) ScanInt64(v pgtype.Int8) error {
	g.Null, g.Number = !v.Valid, v.Int64
	return nil
}

// ScanBool takes a flag.
func (g *given) ScanBool(v pgtype.Bool) error {
	g.Null, g.Number = !v.Valid, 0
	if v.Bool {
		g.Number = 1
	}
	return nil
}

// ScanTimestamptz takes a time.
func (g *given) ScanTimestamptz(v pgtype.Timestamptz) error {
	if v.InfinityModifier != pgtype.Finite {
		return fault.ErrInternal.Because(errors.New("postgres: a time without an end"))
	}
	g.Null, g.Number = !v.Valid, 0
	if v.Valid {
		g.Number = v.Time.UnixMicro()
	}
	return nil
}

// ScanBytes takes bytes or text.
func (g *given) ScanBytes(v []byte) error {
	g.Null, g.Bytes = v == nil, append(g.Bytes[:0], v...)
	return nil
}

// ScanUUID takes a UUID.
func (g *given) ScanUUID(v pgtype.UUID) error {
	g.Null, g.Bytes = !v.Valid, append(g.Bytes[:0], v.Bytes[:]...)
	return nil
}

// ScanDate takes a date.
func (g *given) ScanDate(v pgtype.Date) error {
	g.Null, g.Bytes = !v.Valid, g.Bytes[:0]
	if v.Valid {
		g.Bytes = v.Time.AppendFormat(g.Bytes, "2006-01-02")
	}
	return nil
}
