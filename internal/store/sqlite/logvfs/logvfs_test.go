package logvfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// log is the file of a log that was opened as SQLite opens one.
type log struct {
	tls      *libc.TLS
	database uintptr
	file     uintptr
	path     string
}

func openTestLog(t *testing.T) *log {
	t.Helper()
	if err := Register(); err != nil {
		t.Fatal(err)
	}
	l := &log{tls: libc.NewTLS(), path: filepath.Join(t.TempDir(), "test.db-wal")}
	name, err := libc.CString(Name)
	if err != nil {
		t.Fatal(err)
	}
	vfs := sqlite3.Xsqlite3_vfs_find(l.tls, name)
	libc.Xfree(l.tls, name)
	allocate := func() uintptr {
		return libc.Xcalloc(l.tls, 1, libc.Tsize_t(at[sqlite3.Tsqlite3_vfs](vfs).FszOsFile))
	}
	l.database, l.file = allocate(), allocate()
	databaseName, logName := cName(l.tls, l.path[:len(l.path)-len("-wal")]), cName(l.tls, l.path)
	const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE
	if rc := openFile(l.tls, vfs, databaseName, l.database, flags|sqlite3.SQLITE_OPEN_MAIN_DB, 0); rc != 0 {
		t.Fatalf("opening the database: %d", rc)
	}
	if rc := openBelow(l.tls, vfs, logName, l.file, flags|sqlite3.SQLITE_OPEN_WAL, 0); rc != 0 {
		t.Fatalf("opening the log: %d", rc)
	}
	openLog(l.tls, l.file, l.database)
	t.Cleanup(func() {
		for _, file := range []uintptr{l.file, l.database} {
			if rc := function[plainFunc](methods(file).FxClose)(l.tls, file); rc != 0 {
				t.Errorf("closing: %d", rc)
			}
			libc.Xfree(l.tls, file)
		}
		libc.Xfree(l.tls, databaseName)
		libc.Xfree(l.tls, logName)
		l.tls.Close()
	})
	return l
}

// cName gives a file's name as SQLite does: parameters may follow, here none.
func cName(tls *libc.TLS, name string) uintptr {
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(len(name)+8))
	copy(unsafe.Slice(at[byte](p), len(name)), name)
	return p
}

func (l *log) write(b []byte, offset int64) int32 {
	p := libc.Xmalloc(l.tls, libc.Tsize_t(len(b)))
	defer libc.Xfree(l.tls, p)
	copy(unsafe.Slice(at[byte](p), len(b)), b)
	return function[transferFunc](methods(l.file).FxWrite)(l.tls, l.file, p, int32(len(b)), offset)
}

func (l *log) read(n int, offset int64) ([]byte, int32) {
	p := libc.Xcalloc(l.tls, 1, libc.Tsize_t(n))
	defer libc.Xfree(l.tls, p)
	rc := function[transferFunc](methods(l.file).FxRead)(l.tls, l.file, p, int32(n), offset)
	return bytes.Clone(unsafe.Slice(at[byte](p), n)), rc
}

func (l *log) sync() int32 {
	return function[syncFunc](methods(l.file).FxSync)(l.tls, l.file, sqlite3.SQLITE_SYNC_NORMAL)
}

func (l *log) size(t *testing.T) int64 {
	p := libc.Xmalloc(l.tls, 8)
	defer libc.Xfree(l.tls, p)
	if rc := function[sizeFunc](methods(l.file).FxFileSize)(l.tls, l.file, p); rc != 0 {
		t.Fatalf("size: %d", rc)
	}
	return *at[int64](p)
}

func (l *log) truncate(size int64) int32 {
	return function[truncateFunc](methods(l.file).FxTruncate)(l.tls, l.file, size)
}

// letGo is the end of a transaction: the lock of writers is given back.
func (l *log) letGo() {
	l.with(l.database, func(below *sqlite3.Tsqlite3_io_methods) {
		below.FxShmLock = pointer(&nothing) // there is no shared memory here
	}, func() {
		lockFile(l.tls, l.database, writersLock, 1, sqlite3.SQLITE_SHM_UNLOCK|sqlite3.SQLITE_SHM_EXCLUSIVE)
	})
}

// with does something while the file below has other methods.
func (l *log) with(file uintptr, change func(below *sqlite3.Tsqlite3_io_methods), do func()) {
	g := of(file)
	kept := g.methods
	g.methods = libc.Xmalloc(l.tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	*g.original() = *at[sqlite3.Tsqlite3_io_methods](kept)
	change(g.original())
	do()
	libc.Xfree(l.tls, g.methods)
	g.methods = kept
}

var nothing lockFunc = func(*libc.TLS, uintptr, int32, int32, int32) int32 { return 0 }

func (l *log) onDisk(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever the order of calls, a log reads as if each write had reached the file
// at once, and after a sync it has.
func TestGatheredWritesReadAsIfWritten(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := openTestLog(t)
			r := rand.New(rand.NewPCG(seed, 1))
			var model []byte
			end := int64(0) // of the write before
			for range 300 {
				switch what := r.IntN(20); {
				case what < 12: // as the log grows
					b := random(r, 1+r.IntN(9000))
					if r.IntN(8) == 0 {
						end = r.Int64N(int64(len(model)) + 1)
					}
					if rc := l.write(b, end); rc != 0 {
						t.Fatalf("write: %d", rc)
					}
					if grown := int(end) + len(b); grown > len(model) {
						model = append(model, make([]byte, grown-len(model))...)
					}
					copy(model[end:], b)
					end += int64(len(b))
				case what < 16:
					if len(model) == 0 {
						continue
					}
					offset := r.IntN(len(model))
					n := 1 + r.IntN(min(9000, len(model)-offset))
					if got, rc := l.read(n, int64(offset)); rc != 0 || !bytes.Equal(got, model[offset:offset+n]) {
						t.Fatalf("reading %d bytes at %d: %d, and not what was written", n, offset, rc)
					}
				case what < 17:
					if got := l.size(t); got != int64(len(model)) {
						t.Fatalf("the size is %d, want %d", got, len(model))
					}
				case what < 18:
					cut := r.IntN(len(model) + 1)
					if rc := l.truncate(int64(cut)); rc != 0 {
						t.Fatalf("truncate: %d", rc)
					}
					model = model[:cut]
					end = min(end, int64(cut))
				default:
					if rc := l.sync(); rc != 0 {
						t.Fatalf("sync: %d", rc)
					}
					if !bytes.Equal(l.onDisk(t), model) {
						t.Fatal("after a sync the file is not what was written")
					}
				}
			}
		})
	}
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// A disk that is full is told of, and forgets nothing while its transaction lasts.
func TestWhatCannotBeWrittenIsKeptAndTriedAgain(t *testing.T) {
	l := openTestLog(t)
	want := bytes.Repeat([]byte("frame"), 1000)
	if rc := l.write(want, 0); rc != 0 {
		t.Fatalf("write: %d", rc)
	}
	l.whileFull(func() {
		if rc := l.sync(); rc != sqlite3.SQLITE_FULL {
			t.Errorf("a sync on a full disk gives %d", rc)
		}
		if _, rc := l.read(10, 10); rc != sqlite3.SQLITE_FULL {
			t.Errorf("a read of what could not be written gives %d", rc)
		}
		if rc := l.write(want, 100_000); rc != sqlite3.SQLITE_FULL {
			t.Errorf("a write elsewhere gives %d", rc)
		}
	})
	if rc := l.sync(); rc != 0 || !bytes.Equal(l.onDisk(t), want) {
		t.Errorf("with room again the sync gives %d, and %d bytes are there", rc, len(l.onDisk(t)))
	}
}

// What a transaction gathered and did not commit is not written after its end,
// when its place may be another's.
func TestNothingGatheredOutlivesItsTransaction(t *testing.T) {
	l := openTestLog(t)
	if rc := l.write([]byte("undone"), 0); rc != 0 {
		t.Fatalf("write: %d", rc)
	}
	l.letGo()
	if rc := l.sync(); rc != 0 || len(l.onDisk(t)) != 0 {
		t.Errorf("after its end %q is written (%d)", l.onDisk(t), rc)
	}
}

func (l *log) whileFull(do func()) {
	l.with(l.file, func(below *sqlite3.Tsqlite3_io_methods) { below.FxWrite = pointer(&full) }, do)
}

var full transferFunc = func(*libc.TLS, uintptr, uintptr, int32, sqlite3.Tsqlite3_int64) int32 { return sqlite3.SQLITE_FULL }
