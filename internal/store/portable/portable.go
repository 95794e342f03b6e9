// Package portable is a whole database in a form that is no engine's own:
// which tables there are, of what their columns are made, and rows as plain
// values. A backup holds it, and each engine gives it out and takes it in, so
// that what one has kept goes into another. It knows neither SQL nor files.
package portable

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"time"

	"purse/internal/fault"
)

// Kind is what a column holds.
type Kind string

// The kinds. Those of the first line are numbers, the others bytes.
const (
	Number, Flag, Time      Kind = "number", "flag", "time"        // Flag is 0 or 1, Time is microseconds since 1970 in UTC
	Text, Bytes, UUID, Date Kind = "text", "bytes", "uuid", "date" // a Date is YYYY-MM-DD, a UUID 16 bytes
)

// Numeric reports whether a value of this kind is in Value.Number.
func (k Kind) Numeric() bool { return k == Number || k == Flag || k == Time }

func (k Kind) known() bool {
	switch k {
	case Number, Flag, Time, Text, Bytes, UUID, Date:
		return true
	}
	return false
}

// Column is one column of a table.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Empty says that the embedded engine keeps 0 or "" where there is nothing.
	Empty bool `json:"-"`
}

// Table is one table. A key that only tells its rows apart is not among the
// columns: whoever takes the rows in makes it anew.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    int64    `json:"rows"` // how many there are
	Order   string   `json:"-"`    // the columns by which rows are given out
}

// Value is one value of a row.
type Value struct {
	Null   bool
	Number int64
	Bytes  []byte
}

// ErrInvalid is a value that is not of its column's kind, or a table that could
// be none.
var ErrInvalid = errors.New("portable: not a database of Purse")

// Check returns ErrInvalid unless the value is one of the kind.
func (v Value) Check(kind Kind) error {
	valid := true
	switch {
	case v.Null:
	case kind == Flag:
		valid = v.Number == 0 || v.Number == 1
	case kind == UUID:
		valid = len(v.Bytes) == 16
	case kind == Date:
		_, err := time.Parse(time.DateOnly, string(v.Bytes))
		valid = err == nil
	}
	if !valid {
		return fmt.Errorf("%w: a value that is no %s", ErrInvalid, kind)
	}
	return nil
}

// Header says what a database is.
type Header struct {
	Schema int64     `json:"schema"` // the version of its schema
	Engine string    `json:"engine"` // that it was on
	At     time.Time `json:"at"`     // of the snapshot
	Tables []Table   `json:"tables"` // in an order in which rows only refer to rows before them
}

// Rows is how many rows there are in all.
func (h Header) Rows() (rows int64) {
	for _, t := range h.Tables {
		rows += t.Rows
	}
	return rows
}

const (
	mostTables  = 1000
	mostColumns = 1000
)

var name = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// Check returns ErrInvalid unless the header could be one: its names are safe
// to write into SQL, and nothing is there twice.
func (h Header) Check() error {
	if h.Schema < 1 || len(h.Tables) == 0 || len(h.Tables) > mostTables {
		return fmt.Errorf("%w: schema %d with %d tables", ErrInvalid, h.Schema, len(h.Tables))
	}
	tables := map[string]bool{}
	for _, t := range h.Tables {
		if !name.MatchString(t.Name) || tables[t.Name] || t.Rows < 0 || len(t.Columns) == 0 || len(t.Columns) > mostColumns {
			return fmt.Errorf("%w: a table %.70q", ErrInvalid, t.Name)
		}
		tables[t.Name] = true
		columns := map[string]bool{}
		for _, c := range t.Columns {
			if !name.MatchString(c.Name) || columns[c.Name] || !c.Kind.known() {
				return fmt.Errorf("%w: a column %.70q", ErrInvalid, c.Name)
			}
			columns[c.Name] = true
		}
	}
	return nil
}

// Source is where a database comes from: one snapshot of an engine, or a file.
type Source interface {
	Header() Header
	// Rows gives the rows of a table. The tables are asked for in the order of the
	// header, each once. A row is the caller's only until the next one; after an
	// error there is none.
	Rows(t Table) iter.Seq2[[]Value, error]
}

// ErrNewer is a database or a backup that a newer version of Purse has made.
var ErrNewer = fault.Define(fault.Unavailable, "portable.newer", "it was made by a newer version of Purse; use that version, or a newer one")

// Misfit says that a source does not have the tables and columns that a database
// of its version of the schema has.
func Misfit(what string) error {
	return fmt.Errorf("%w of its version: %s", ErrInvalid, what)
}

// Watch is a source that tells now and then how many rows have gone through.
func Watch(ctx context.Context, s Source, progress func(done, total int64)) Source {
	return &watched{Source: s, ctx: ctx, progress: progress, total: s.Header().Rows()}
}

type watched struct {
	Source
	ctx         context.Context
	progress    func(done, total int64)
	done, total int64
}

// Rows gives the rows, and ends with the context.
func (w *watched) Rows(t Table) iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		const often = 4096
		for row, err := range w.Source.Rows(t) {
			if w.done++; w.done%often == 0 {
				w.progress(w.done, w.total)
				err = errors.Join(err, w.ctx.Err())
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
