package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/internal/store/portable"
)

// Exchanger is an engine that gives out and takes in whole databases.
type Exchanger struct {
	// Import fills the database of the test t, and opens it to everybody.
	Import func(t testing.TB, source portable.Source) error
	// Export gives out the database that Import has filled.
	Export func(t testing.TB, fn func(portable.Source) error) error
	// Empty reports whether nothing of a database is there.
	Empty func(t testing.TB) bool
}

// Exchange holds an engine to what it promises about whole databases: what goes
// in comes out, value by value, whatever engine it came from.
func Exchange(t *testing.T, e Exchanger) {
	for name, test := range map[string]func(*testing.T, Exchanger){
		"what goes in comes out":                everythingComesOut,
		"an older schema is brought up to date": olderSchema,
		"a newer schema is refused":             newerSchema,
		"what does not fit is refused":          misfits,
		"an error of the source leaves nothing": brokenSource,
		"the end of the context leaves nothing": cancelledImport,
		"rows are given to whoever stops early": stopsEarly,
		"what refers to nothing leaves nothing": danglingRow,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

// memory is a database that is only rows.
type memory struct {
	header portable.Header
	rows   map[string][][]portable.Value
	err    error // in the middle of the last table
}

func (m *memory) Header() portable.Header { return m.header }

func (m *memory) Rows(t portable.Table) iter.Seq2[[]portable.Value, error] {
	return func(yield func([]portable.Value, error) bool) {
		for _, row := range m.rows[t.Name] {
			if !yield(row, nil) {
				return
			}
		}
		if last := m.header.Tables[len(m.header.Tables)-1].Name; m.err != nil && t.Name == last {
			yield(nil, m.err)
		}
	}
}

// nullable are the columns that may hold nothing, and do so in every second row.
var nullable = strings.Fields(`users.date_of_birth users.social_security users.updated_at transfers.reverses holds.transfer_id sessions.revoked_at
	refresh_tokens.spent_at jobs.lease_until cards.deleted_at savings.deleted_at bills.paid_by gift_messages.sender_id gift_boxes.account_id`)

// words are what some columns must hold.
var words = map[string]string{
	"accounts.status": "blocked", "holds.state": "voided", "outbox.state": "queued", "users.status": "active",
}

// Everything is a database with rows in every table: two, of which the second
// has nothing where there may be nothing. It is no book that balances.
func Everything() portable.Source { return everything(portable.Tables()) }

func everything(tables []portable.Table) *memory {
	m := &memory{header: portable.Header{Schema: portable.Schema, Engine: "memory", At: start, Tables: tables}, rows: map[string][][]portable.Value{}}
	for i, t := range tables {
		for n := int64(1); n <= 2; n++ {
			row := make([]portable.Value, len(t.Columns))
			for j, c := range t.Columns {
				row[j] = example(t.Name+"."+c.Name, c.Kind, n)
			}
			m.rows[t.Name] = append(m.rows[t.Name], row)
		}
		m.header.Tables[i].Rows = 2
	}
	// Sequences that are further than any row, so that no engine moves them on.
	for i, name := range []string{"account", "entry"} {
		m.rows["sequences"][i] = []portable.Value{{Bytes: []byte(name)}, {Number: 1000}}
	}
	return m
}

func example(column string, kind portable.Kind, n int64) portable.Value {
	if n == 2 && slices.Contains(nullable, column) {
		return portable.Value{Null: true}
	}
	if word, must := words[column]; must {
		return portable.Value{Bytes: []byte(word)}
	}
	switch {
	case column == "entries.amount":
		return portable.Value{Number: math.MinInt64 + n}
	case column == "entries.balance_after":
		return portable.Value{Number: math.MaxInt64 - n}
	case kind == portable.Number:
		return portable.Value{Number: n}
	case kind == portable.Flag:
		return portable.Value{Number: n % 2}
	case kind == portable.Time:
		return portable.Value{Number: start.Add(time.Duration(n) * 1234567 * time.Microsecond).UnixMicro()}
	case kind == portable.Text:
		return portable.Value{Bytes: fmt.Appendf(nil, "Ñandú 동전 \n'%d", n)}
	case kind == portable.UUID:
		return portable.Value{Bytes: append(make([]byte, 15), byte(n))}
	case kind == portable.Date:
		return portable.Value{Bytes: []byte("1990-02-28")}
	case column == "pictures.bytes":
		return portable.Value{Bytes: make([]byte, 0, 1)} // no bytes are not nothing
	}
	return portable.Value{Bytes: []byte{0, 0xff, '\'', byte(n)}}
}

// same compares two databases but for the engine and the time.
func same(t *testing.T, got portable.Source, want *memory) {
	t.Helper()
	for i, table := range got.Header().Tables {
		if listed := want.header.Tables[i]; table.Name != listed.Name || table.Rows != listed.Rows {
			t.Errorf("table %s of %d rows, want %s of %d", table.Name, table.Rows, listed.Name, listed.Rows)
		}
		n := 0
		for row, err := range got.Rows(table) {
			if err != nil || n >= len(want.rows[table.Name]) {
				t.Fatalf("%s: row %d, %v", table.Name, n, err)
			}
			for j, v := range row {
				w := want.rows[table.Name][n][j]
				if v.Null != w.Null || !v.Null && (table.Columns[j].Kind.Numeric() && v.Number != w.Number || !table.Columns[j].Kind.Numeric() && string(v.Bytes) != string(w.Bytes)) {
					t.Errorf("%s.%s in row %d is %+v, want %+v", table.Name, table.Columns[j].Name, n, v, w)
				}
			}
			n++
		}
		if n != len(want.rows[table.Name]) {
			t.Errorf("%s: %d rows came out", table.Name, n)
		}
	}
}

func everythingComesOut(t *testing.T, e Exchanger) {
	all := everything(portable.Tables())
	if err := e.Import(t, all); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t, func(s portable.Source) error {
		h := s.Header()
		if h.Schema != portable.Schema || h.Engine == "" || h.At.IsZero() || len(h.Tables) != len(all.header.Tables) {
			t.Errorf("the header is %+v", h)
		}
		if err := h.Check(); err != nil {
			t.Error(err)
		}
		same(t, s, all)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t, func(portable.Source) error { return errOwn }); !errors.Is(err, errOwn) {
		t.Errorf("the closure's error became %v", err)
	}
}

// without is the tables but for some.
func without(names ...string) []portable.Table {
	return slices.DeleteFunc(portable.Tables(), func(t portable.Table) bool { return slices.Contains(names, t.Name) })
}

// olderSchema takes in a database of version 11. Whoever adds a migration takes
// away here what that version did not have.
func olderSchema(t *testing.T, e Exchanger) {
	old := everything(without("gift_messages", "gift_boxes", "email_links"))
	old.header.Schema = 11
	if err := e.Import(t, old); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t, func(s portable.Source) error {
		if h := s.Header(); h.Schema != portable.Schema || len(h.Tables) != len(old.header.Tables)+3 {
			t.Errorf("schema %d with %d tables", h.Schema, len(h.Tables))
		}
		for _, table := range s.Header().Tables {
			if want := len(old.rows[table.Name]); int(table.Rows) != want {
				t.Errorf("%s has %d rows, want %d", table.Name, table.Rows, want)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func newerSchema(t *testing.T, e Exchanger) {
	newer := everything(portable.Tables())
	newer.header.Schema = portable.Schema + 1
	if err := e.Import(t, newer); !errors.Is(err, portable.ErrNewer) || !e.Empty(t) {
		t.Errorf("it is taken in: %v", err)
	}
}

func misfits(t *testing.T, e Exchanger) {
	table := func(change func(*portable.Table)) []portable.Table {
		tables := portable.Tables()
		tables[0].Columns = slices.Clone(tables[0].Columns)
		change(&tables[0])
		return tables
	}
	for what, tables := range map[string][]portable.Table{
		"a table is missing":  without("sessions"),
		"a table is unknown":  table(func(t *portable.Table) { t.Name = "goose_db_version" }),
		"a column is missing": table(func(t *portable.Table) { t.Columns = t.Columns[:1] }),
		"a column is unknown": table(func(t *portable.Table) { t.Columns[0].Name = "rowid" }),
	} {
		if err := e.Import(t, everything(tables)); !errors.Is(err, portable.ErrInvalid) || !e.Empty(t) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func brokenSource(t *testing.T, e Exchanger) {
	broken := everything(portable.Tables())
	broken.err = errOwn
	if err := e.Import(t, broken); !errors.Is(err, errOwn) || !e.Empty(t) {
		t.Errorf("it is taken in: %v", err)
	}
}

func cancelledImport(t *testing.T, e Exchanger) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	many := everything(portable.Tables())
	key := many.rows["meta"][0][1]
	for n := range 5000 {
		many.rows["meta"] = append(many.rows["meta"], []portable.Value{{Bytes: fmt.Appendf(nil, "key %d", n)}, key})
	}
	err := e.Import(t, portable.Watch(ctx, many, func(int64, int64) {}))
	if !errors.Is(err, context.Canceled) || !e.Empty(t) {
		t.Errorf("it is taken in: %v", err)
	}
}

func danglingRow(t *testing.T, e Exchanger) {
	dangling := everything(portable.Tables())
	columns := portable.Tables()
	i := slices.IndexFunc(columns, func(t portable.Table) bool { return t.Name == "wallets" })
	j := slices.IndexFunc(columns[i].Columns, func(c portable.Column) bool { return c.Name == "owner_id" })
	dangling.rows["wallets"][0][j].Number = 99
	if err := e.Import(t, dangling); err == nil || !e.Empty(t) {
		t.Errorf("a wallet of nobody is taken in: %v", err)
	}
}

func stopsEarly(t *testing.T, e Exchanger) {
	if err := e.Import(t, Everything()); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t, func(s portable.Source) error {
		var names []string
		for _, table := range s.Header().Tables {
			for range s.Rows(table) {
				names = append(names, table.Name)
				break
			}
		}
		var want []string
		for _, table := range portable.Tables() {
			want = append(want, table.Name)
		}
		if !reflect.DeepEqual(names, want) {
			t.Errorf("rows came from %v", names)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
