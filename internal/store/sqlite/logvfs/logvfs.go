// Package logvfs is SQLite's own way to files, but for the write-ahead log:
// there, writes that follow each other are gathered in memory and reach the
// file as one, at the latest when SQLite reads, measures, truncates or syncs
// it. A commit of many pages is otherwise two system calls a page. It knows
// nothing of Purse's rows.
//
// What is durable does not change: SQLite shows a commit to nobody before its
// sync of the log has returned (https://sqlite.org/wal.html), and a sync here
// writes everything that was gathered before it syncs. What cannot be written
// stays gathered and is tried again, so that nothing is forgotten that SQLite
// believes to be written. But nothing outlives its transaction: what is still
// gathered when SQLite lets go of the lock for writers belongs to work that was
// undone, and the place it was meant for may be another process's next.
package logvfs

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Name is the VFS's, for the vfs parameter of a database's URI.
const Name = "purse-log"

// capacity bounds what is gathered, in bytes: about 30 pages. It must stay below
// 128 KiB: SQLite's files count the bytes of one write with 17 bits.
const capacity = 124 << 10

// Register makes the VFS known to SQLite; doing it again does nothing.
var Register = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	base := sqlite3.Xsqlite3_vfs_find(tls, 0)
	if base == 0 {
		return errors.New("logvfs: SQLite has no file system")
	}
	name, err := libc.CString(Name)
	if err != nil {
		return fmt.Errorf("logvfs: %w", err)
	}
	ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
	if ours == 0 {
		return errors.New("logvfs: no memory")
	}
	vfs := at[sqlite3.Tsqlite3_vfs](ours)
	*vfs = *at[sqlite3.Tsqlite3_vfs](base)
	vfs.FzName = name
	vfs.FpNext = 0
	// Behind the file of the system below, each file has room for a gathered.
	below = int(vfs.FszOsFile+7) &^ 7
	vfs.FszOsFile = int32(below + int(unsafe.Sizeof(gathered{})))
	openBelow = function[openFunc](vfs.FxOpen)
	vfs.FxOpen = pointer(&opening)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("logvfs: SQLite refused the registration (%d)", rc)
	}
	return nil
})

// The shapes of SQLite's methods, as the translation of its C calls them.
type (
	openFunc     = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	plainFunc    = func(tls *libc.TLS, file uintptr) int32
	transferFunc = func(tls *libc.TLS, file, buffer uintptr, n int32, offset sqlite3.Tsqlite3_int64) int32
	truncateFunc = func(tls *libc.TLS, file uintptr, size sqlite3.Tsqlite3_int64) int32
	syncFunc     = func(tls *libc.TLS, file uintptr, flags int32) int32
	lockFunc     = func(tls *libc.TLS, file uintptr, first, n, flags int32) int32
	sizeFunc     = func(tls *libc.TLS, file, size uintptr) int32
)

// Function values that C structures point to must not move or be collected.
var (
	opening  openFunc     = openFile
	closing  plainFunc    = closeLog
	read     transferFunc = readFile
	write    transferFunc = writeFile
	truncate truncateFunc = truncateFile
	syncing  syncFunc     = syncFile
	size     sizeFunc     = sizeFile
	lock     lockFunc     = lockFile
	leave    plainFunc    = closeBelow
)

// Set once, by Register.
var (
	below     int // bytes of a file of the system below
	openBelow openFunc
)

// gathered is what a file of a database or of its log adds to SQLite's own.
// SQLite keeps it, in its memory, and calls for one file from one goroutine at a
// time.
type gathered struct {
	methods uintptr // of the file below
	ours    uintptr // the methods that stand before them
	log     uintptr // of a database: the file of its log, when it is open

	// Of a log:
	database uintptr
	buffer   uintptr // capacity bytes; offset and length say what they are
	offset   int64
	length   int64
}

func of(file uintptr) *gathered { return at[gathered](file + uintptr(below)) }

// original gives the methods of the file below.
func (g *gathered) original() *sqlite3.Tsqlite3_io_methods {
	return at[sqlite3.Tsqlite3_io_methods](g.methods)
}

// methods gives the methods that SQLite calls for a file.
func methods(file uintptr) *sqlite3.Tsqlite3_io_methods {
	return at[sqlite3.Tsqlite3_io_methods](at[sqlite3.Tsqlite3_file](file).FpMethods)
}

// openFile opens a file as SQLite does and stands before a database and its log.
func openFile(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	*of(file) = gathered{}
	rc := openBelow(tls, vfs, name, file, flags, outFlags)
	switch {
	case rc != sqlite3.SQLITE_OK:
	case flags&sqlite3.SQLITE_OPEN_MAIN_DB != 0 && methods(file).FxShmLock != 0:
		if standBefore(tls, file) {
			methods(file).FxShmLock = pointer(&lock)
			methods(file).FxClose = pointer(&leave)
		}
	case flags&sqlite3.SQLITE_OPEN_WAL != 0:
		openLog(tls, file, sqlite3.Xsqlite3_database_file_object(tls, name))
	}
	return rc
}

// standBefore gives a file methods of its own, which are still those below. It
// reports whether there was memory for them; without, the file stays as it is.
func standBefore(tls *libc.TLS, file uintptr) bool {
	ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	if ours == 0 {
		return false
	}
	g := of(file)
	g.methods, g.ours = at[sqlite3.Tsqlite3_file](file).FpMethods, ours
	*at[sqlite3.Tsqlite3_io_methods](ours) = *g.original()
	at[sqlite3.Tsqlite3_file](file).FpMethods = ours
	return true
}

// openLog gathers the writes of a log, if its database tells when a transaction
// ends.
func openLog(tls *libc.TLS, file, database uintptr) {
	if of(database).ours == 0 {
		return
	}
	buffer := libc.Xmalloc(tls, capacity)
	if buffer == 0 || !standBefore(tls, file) {
		libc.Xfree(tls, buffer)
		return
	}
	g := of(file)
	g.buffer, g.database = buffer, database
	of(database).log = file
	m := methods(file)
	m.FxClose = pointer(&closing)
	m.FxRead = pointer(&read)
	m.FxWrite = pointer(&write)
	m.FxTruncate = pointer(&truncate)
	m.FxSync = pointer(&syncing)
	m.FxFileSize = pointer(&size)
}

// writersLock is the index of the lock that whoever writes to the log holds, in
// the shared memory of a database (https://sqlite.org/walformat.html#locks).
const writersLock = 0

// lockFile takes or gives back locks of a database; with that of writers goes
// what is still gathered.
func lockFile(tls *libc.TLS, file uintptr, first, n, flags int32) int32 {
	g := of(file)
	if g.log != 0 && first == writersLock && flags&sqlite3.SQLITE_SHM_UNLOCK != 0 {
		of(g.log).length = 0
	}
	return function[lockFunc](g.original().FxShmLock)(tls, file, first, n, flags)
}

func closeLog(tls *libc.TLS, file uintptr) int32 {
	g := of(file)
	of(g.database).log = 0
	libc.Xfree(tls, g.buffer)
	return closeBelow(tls, file)
}

// closeBelow closes a file with the methods it had.
func closeBelow(tls *libc.TLS, file uintptr) int32 {
	g := of(file)
	ours := g.ours
	at[sqlite3.Tsqlite3_file](file).FpMethods = g.methods
	rc := function[plainFunc](g.original().FxClose)(tls, file)
	libc.Xfree(tls, ours)
	return rc
}

func readFile(tls *libc.TLS, file, buffer uintptr, n int32, offset sqlite3.Tsqlite3_int64) int32 {
	g := of(file)
	// Most reads are of what was written long ago.
	if offset < g.offset+g.length && g.offset < offset+int64(n) {
		if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return function[transferFunc](g.original().FxRead)(tls, file, buffer, n, offset)
}

func writeFile(tls *libc.TLS, file, buffer uintptr, n int32, offset sqlite3.Tsqlite3_int64) int32 {
	g := of(file)
	if g.length > 0 && (offset != g.offset+g.length || g.length+int64(n) > capacity) {
		if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if int64(n) > capacity {
		return function[transferFunc](g.original().FxWrite)(tls, file, buffer, n, offset)
	}
	if g.length == 0 {
		g.offset = offset
	}
	libc.Xmemcpy(tls, g.buffer+uintptr(g.length), buffer, libc.Tsize_t(n)) // #nosec G115 -- both are between 0 and capacity
	g.length += int64(n)
	return sqlite3.SQLITE_OK
}

func truncateFile(tls *libc.TLS, file uintptr, size sqlite3.Tsqlite3_int64) int32 {
	g := of(file)
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[truncateFunc](g.original().FxTruncate)(tls, file, size)
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	g := of(file)
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[syncFunc](g.original().FxSync)(tls, file, flags)
}

func sizeFile(tls *libc.TLS, file, size uintptr) int32 {
	g := of(file)
	if rc := g.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[sizeFunc](g.original().FxFileSize)(tls, file, size)
}

// flush writes what was gathered; what fails to be written stays.
func (g *gathered) flush(tls *libc.TLS, file uintptr) int32 {
	if g.length == 0 {
		return sqlite3.SQLITE_OK
	}
	rc := function[transferFunc](g.original().FxWrite)(tls, file, g.buffer, int32(g.length), g.offset) // #nosec G115 -- at most capacity
	if rc == sqlite3.SQLITE_OK {
		g.length = 0
	}
	return rc
}

// at gives the C structure at an address.
func at[T any](address uintptr) *T {
	// The address is C's: the collector neither moves nor frees what is there.
	return *(**T)(unsafe.Pointer(&address))
}

// function gives the function that a C structure points to, and pointer what a
// C structure points to a function with.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }
func pointer[F any](f *F) uintptr       { return *(*uintptr)(unsafe.Pointer(f)) }
