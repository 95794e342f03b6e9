package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"purse/internal/store/portable"
	"purse/internal/store/storetest"
)

// unwatched is a watch that does not.
func unwatched(s portable.Source) portable.Source { return s }

// written is a backup of storetest.Everything.
func written(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, storetest.Everything()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rowsOf reads all rows of a source, with what they say.
func rowsOf(t testing.TB, s portable.Source) map[string][][]portable.Value {
	t.Helper()
	found := map[string][][]portable.Value{}
	for _, table := range s.Header().Tables {
		for row, err := range s.Rows(table) {
			if err != nil {
				t.Fatal(err)
			}
			kept := slices.Clone(row)
			for i := range kept {
				kept[i].Bytes = slices.Clone(kept[i].Bytes)
			}
			found[table.Name] = append(found[table.Name], kept)
		}
	}
	return found
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	r, err := NewReader(bytes.NewReader(written(t)))
	if err != nil {
		t.Fatal(err)
	}
	source := storetest.Everything()
	got, want := rowsOf(t, r), rowsOf(t, source)
	if err := r.End(); err != nil {
		t.Error(err)
	}
	if r.Header().Schema != source.Header().Schema || !r.Header().At.Equal(source.Header().At) || len(got) != len(want) {
		t.Errorf("the header is %+v", r.Header())
	}
	for table, rows := range want {
		for i, row := range rows {
			for j, v := range row {
				g := got[table][i][j]
				if g.Null != v.Null || g.Number != v.Number || !bytes.Equal(g.Bytes, v.Bytes) {
					t.Errorf("%s row %d column %d: %+v, want %+v", table, i, j, g, v)
				}
			}
		}
	}
}

// large is one table with so many rows that they fill many blocks.
func large(rows int) *one {
	return &one{count: rows, table: portable.Table{
		Name: "entries", Rows: int64(rows),
		Columns: []portable.Column{{Name: "id", Kind: portable.Number}, {Name: "hash", Kind: portable.Bytes}},
	}}
}

// one is a database of one table, of rows that no compression makes smaller.
type one struct {
	table portable.Table
	count int
}

func (o *one) Header() portable.Header {
	return portable.Header{Schema: 1, Engine: "memory", Tables: []portable.Table{o.table}}
}

func (o *one) Rows(portable.Table) iter.Seq2[[]portable.Value, error] {
	return func(yield func([]portable.Value, error) bool) {
		hash := sha256.Sum256(nil)
		for n := range o.count {
			hash = sha256.Sum256(hash[:])
			if !yield([]portable.Value{{Number: int64(n)}, {Bytes: hash[:]}}, nil) {
				return
			}
		}
	}
}

func TestABackupThatIsCutOffAnywhereIsRefused(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, large(20_000)); err != nil {
		t.Fatal(err)
	}
	whole := out.Bytes()
	if err := Check(bytes.NewReader(whole), unwatched); err != nil {
		t.Fatal(err)
	}
	if len(whole) < 100<<10 {
		t.Fatalf("it has %d bytes: too few to be cut", len(whole))
	}
	cuts := []int{0, 1, len(magic) - 1, len(magic), len(whole) - 1, len(whole) - 8, len(whole) - 9}
	for at := 4096; at < len(whole); at += 4096 {
		cuts = append(cuts, at, at+1)
	}
	for _, at := range cuts {
		if err := Check(bytes.NewReader(whole[:at]), unwatched); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut off after %d of %d bytes: %v", at, len(whole), err)
		}
	}
	if err := Check(bytes.NewReader(append(whole, 0)), unwatched); !errors.Is(err, ErrDamaged) {
		t.Errorf("with one byte more: %v", err)
	}
}

func TestABackupWithAnyOneByteChangedIsRefusedOrSaysTheSame(t *testing.T) {
	whole := written(t)
	same := content(t, whole)
	refused := 0
	for at := range whole {
		changed := slices.Clone(whole)
		changed[at] ^= 0x55
		err := Check(bytes.NewReader(changed), unwatched)
		if errors.Is(err, ErrDamaged) {
			refused++
			continue
		}
		// The compression has a few bits that say nothing.
		if err != nil || !bytes.Equal(content(t, changed), same) {
			t.Errorf("byte %d of %d changed: %v", at, len(whole), err)
		}
	}
	if refused < len(whole)*9/10 {
		t.Errorf("of %d bytes that were changed, only %d were found out", len(whole), refused)
	}
}

// rewritten changes what a backup has within its compression.
func rewritten(t testing.TB, change func([]byte) []byte) []byte {
	t.Helper()
	return append([]byte(magic), compressed(t, change(content(t, written(t))))...)
}

func content(t testing.TB, whole []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(whole[len(magic):]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func compressed(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestABackupThatWasTamperedWithIsRefused(t *testing.T) {
	resum := func(text []byte) []byte {
		sum := sha256.Sum256(text)
		return append(text, sum[:]...)
	}
	for what, change := range map[string]func([]byte) []byte{
		"a row of another sum": func(text []byte) []byte { return bytes.Replace(text, []byte("blocked"), []byte("blockee"), 1) },
		"a table that is none": func(text []byte) []byte {
			return resum(bytes.Replace(text[:len(text)-32], []byte(`"name":"sessions"`), []byte(`"name":"sess;DROP"`), 1))
		},
		"a row too few": func(text []byte) []byte {
			return resum(bytes.Replace(text[:len(text)-32], []byte(`"rows":2}]`), []byte(`"rows":3}]`), 1))
		},
		"a row too many": func(text []byte) []byte {
			return resum(bytes.Replace(text[:len(text)-32], []byte(`"rows":2}]`), []byte(`"rows":1}]`), 1))
		},
		"a block larger than any":  func(text []byte) []byte { return []byte{0xff, 0xff, 0xff, 0xff, 0x7f} },
		"a header that is no JSON": func(text []byte) []byte { return resum([]byte{1, '{'}) },
		"a column of an unknown kind": func(text []byte) []byte {
			return resum(bytes.Replace(text[:len(text)-32], []byte(`"kind":"flag"`), []byte(`"kind":"plan"`), 1))
		},
		"a flag of other letters": func(text []byte) []byte {
			return resum(bytes.Replace(text[:len(text)-32], []byte(`"kind":"date"`), []byte(`"kind":"uuid"`), 1))
		},
	} {
		if err := Check(bytes.NewReader(rewritten(t, change)), unwatched); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := Check(bytes.NewReader(rewritten(t, func(text []byte) []byte { return text })), unwatched); err != nil {
		t.Errorf("untouched: %v", err)
	}
}

func TestABackupOfAnotherVersionOfTheFormatIsRefused(t *testing.T) {
	later := strings.Replace(string(written(t)), "backup 1", "backup 2", 1)
	if err := Check(strings.NewReader(later), unwatched); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "this version") {
		t.Errorf("%v", err)
	}
}

func TestARowThatNoBackupCanHoldIsToldWhenItIsWritten(t *testing.T) {
	source := &one{count: 1, table: portable.Table{Name: "pictures", Rows: 2, Columns: large(1).table.Columns}}
	if err := Write(io.Discard, source); err == nil || !strings.Contains(err.Error(), "2 rows were counted and 1 came") {
		t.Errorf("of a row that is missing: %v", err)
	}
	w := &writer{out: io.Discard}
	if err := w.block(make([]byte, mostBlock+1)); err == nil {
		t.Error("a block is written that cannot be read")
	}
}

// FuzzReader reads anything as what is within the compression: it ends with a
// verdict, and an accepted one writes itself again.
func FuzzReader(f *testing.F) {
	whole := content(f, written(f))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{2, '{', '}'})
	f.Add(append([]byte{5}, "{\"a\":"...))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := newReader(bytes.NewReader(text))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("the verdict is %v", err)
			}
			return
		}
		for _, table := range r.Header().Tables {
			for row, err := range r.Rows(table) {
				if err != nil {
					if !errors.Is(err, ErrDamaged) {
						t.Errorf("the verdict is %v", err)
					}
					return
				}
				if len(row) != len(table.Columns) {
					t.Errorf("a row of %d values for %d columns", len(row), len(table.Columns))
				}
			}
		}
		if err := r.End(); err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("the verdict is %v", err)
		}
	})
}
