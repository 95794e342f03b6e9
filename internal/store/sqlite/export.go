package sqlite

import (
	"context"
	"errors"
	"iter"
	"strings"

	"zombiezen.com/go/sqlite"

	"purse/internal/store/portable"
)

// Export gives fn the whole database as it is at one moment. Whoever writes
// goes on meanwhile; the log keeps what they write until fn returns.
func (r *Reader) Export(ctx context.Context, fn func(portable.Source) error) error {
	return r.tx.view(ctx, func(tx *Tx) error {
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
	e.header = portable.Header{Engine: "sqlite", At: e.tx.now.UTC(), Tables: portable.Tables()}
	if e.header.Schema, err = newestMigration(); err != nil {
		return err
	}
	for i := range e.header.Tables {
		t := &e.header.Tables[i]
		if _, err := e.tx.row(`SELECT count(*) FROM `+t.Name, func(stmt *sqlite.Stmt) { t.Rows = stmt.ColumnInt64(0) }); err != nil {
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
		err := e.tx.rows(`SELECT `+columnList(t)+` FROM `+t.Name+` ORDER BY `+t.Order, func(stmt *sqlite.Stmt) error {
			for i, c := range t.Columns {
				give(&row[i], c, stmt, i)
			}
			if !yield(row, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough ends a query of which no more is wanted.
var errEnough = errors.New("sqlite: enough rows")

func columnList(t portable.Table) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// give reads a column of the row at hand.
func give(v *portable.Value, c portable.Column, stmt *sqlite.Stmt, i int) {
	v.Null = stmt.ColumnIsNull(i)
	if c.Kind.Numeric() {
		v.Number = stmt.ColumnInt64(i)
		v.Null = v.Null || c.Empty && v.Number == 0
		return
	}
	size := stmt.ColumnLen(i)
	if cap(v.Bytes) < size {
		v.Bytes = make([]byte, size)
	}
	v.Bytes = v.Bytes[:size]
	stmt.ColumnBytes(i, v.Bytes)
	v.Null = v.Null || c.Empty && size == 0
}
