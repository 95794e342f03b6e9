// Package sqlite is the embedded engine: Purse's rows in one SQLite file, with
// one writer that shares each durable commit among all who wait (commit.go),
// and a bounded pool of readers. It holds the SQL of this engine and
// translates its errors; rules live in the domain packages.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // for the migrations, which run through database/sql
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/store"
	"purse/internal/store/sqlite/logvfs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrLocked is a database that another Purse has open.
var ErrLocked = fault.Define(fault.Unavailable, "sqlite.locked", "another Purse has this database open")

// ErrNewerSchema is a database that a newer Purse has changed.
var ErrNewerSchema = fault.Define(fault.Unavailable, "sqlite.newer_schema", "the database was made by a newer version of Purse; run that version, or a newer one")

// Options says how to open a database.
type Options struct {
	Path  string // of the database file; its directory is made when missing
	Clock clock.Clock
}

// Store is an open database. It is an engine in the sense of package store.
type Store struct {
	path    string
	clock   clock.Clock
	lock    *flock.Flock // nil beside a running Purse
	ids     id.Source
	writer  *writer
	readers chan *Tx // idle ones
	all     []*Tx    // every reader, to close

	closing  sync.Once
	closeErr error
}

var _ store.Engine = (*Store)(nil)

// Open makes or opens the database, brings its schema up to date and starts
// its writer. It returns ErrLocked when another process has it open and
// ErrNewerSchema when the schema is newer than this program.
func Open(ctx context.Context, options Options) (*Store, error) {
	lock, err := lockFile(options.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: options.Path, clock: options.Clock, lock: lock}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepareFile makes the directory and an empty file that only this user can
// read; SQLite gives its companions the same permissions.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func (s *Store) start(ctx context.Context) error {
	if err := migrate(ctx, s.path, latest); err != nil {
		return err
	}
	if err := logvfs.Register(); err != nil {
		return err
	}
	conn, err := open(uri(s.path, url.Values{"vfs": {logvfs.Name}}), writerPragmas, sqlite.OpenReadWrite|sqlite.OpenWAL|sqlite.OpenURI)
	if err != nil {
		return err
	}
	s.writer = newWriter(conn, busyTimeout, s.clock, &s.ids)
	// More readers than cores would only take turns away from the writer.
	return s.openReaders(max(2, runtime.GOMAXPROCS(0)))
}

func (s *Store) openReaders(count int) error {
	s.readers = make(chan *Tx, count)
	for range count {
		conn, err := open(s.path, readerPragmas, sqlite.OpenReadWrite|sqlite.OpenWAL)
		if err != nil {
			return err
		}
		tx := &Tx{conn: conn, clock: s.clock}
		s.all = append(s.all, tx)
		s.readers <- tx
	}
	return nil
}

// The pragmas of a connection. synchronous=FULL makes every commit survive a
// power loss; WAL with NORMAL would lose the newest ones. secure_delete zeroes
// what is deleted: what people have taken back is not to be found in the file.
var (
	sharedPragmas = []string{"foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY", "trusted_schema = OFF"}
	writerPragmas = append(slices.Clone(sharedPragmas), "cache_size = -32768", "secure_delete = ON", "wal_autocheckpoint = 16000", "journal_size_limit = 67108864")
	readerPragmas = append(slices.Clone(sharedPragmas), "cache_size = -4096", "query_only = ON")
)

// busyTimeout is how long a connection waits for another process: a backup, or
// a command for operators, which writes for milliseconds.
const busyTimeout = 5 * time.Second

func open(path string, pragmas []string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(path, flags)
	if err != nil {
		return nil, fmt.Errorf("sqlite: opening %s: %w", path, err)
	}
	conn.SetBusyTimeout(busyTimeout)
	for _, pragma := range pragmas {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("sqlite: setting %s on %s: %w", pragma, path, err), conn.Close())
		}
	}
	return conn, nil
}

// uri names a database's file to SQLite, with parameters.
func uri(path string, parameters url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: parameters.Encode()}).String()
}

// latest is the newest version of the schema, for migrate.
const latest = 0

// migrate brings the schema up to a version, each migration in a transaction.
func migrate(ctx context.Context, path string, version int64) (err error) {
	dsn := uri(path, url.Values{"_pragma": {"journal_mode(wal)", "synchronous(full)"}, "_txlock": {"immediate"}})
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return fmt.Errorf("sqlite: opening %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("sqlite: reading migrations: %w", err)
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("sqlite: reading the schema version: %w", err)
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if version == latest {
		version = newest
	}
	if have > newest {
		return ErrNewerSchema
	} else if have >= version {
		return nil
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("sqlite: migrating: %w", err)
	}
	return nil
}

// Update runs fn in the writer's next batch; see unit.Work. It must not be
// called from inside another unit of work.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.writer.do(ctx, &job{fn: func(tx *Tx) error { return fn(tx) }})
}

// Apply carries out one transfer in the writer's next batch; see ledger.Store.
func (s *Store) Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error) {
	j := &job{request: &request}
	if err := s.writer.do(ctx, j); err != nil {
		return ledger.Outcome{}, err
	}
	return j.outcome, nil
}

// Commits is how many batches have been committed since the database was opened.
// Each that wrote anything was one fsync of the log; checkpoints, one in
// thousands of pages, are not among them.
func (s *Store) Commits() int64 { return s.writer.commits.Load() }

// View runs fn on an idle reader; see unit.Work.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) (err error) {
	var tx *Tx
	select {
	case tx = <-s.readers:
	case <-ctx.Done():
		return ctx.Err()
	}
	if tx == nil {
		return errClosed
	}
	defer func() { s.readers <- tx }()
	return tx.view(ctx, func(tx *Tx) error { return fn(tx) })
}

// view runs fn over one snapshot.
func (tx *Tx) view(ctx context.Context, fn func(*Tx) error) (err error) {
	tx.conn.SetInterrupt(ctx.Done())
	defer tx.conn.SetInterrupt(nil)
	tx.readClock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := tx.exec("BEGIN"); err != nil {
		return err
	}
	defer func() {
		tx.conn.SetInterrupt(nil) // the end must happen even when the caller has left
		err = errors.Join(err, tx.exec("ROLLBACK"))
	}()
	return fn(tx)
}

// Close finishes the units of work that were accepted, then closes the
// database. It waits for views that are under way. Closing again does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	var failed []error
	if s.writer != nil {
		failed = append(failed, s.writer.close())
	}
	for range s.all {
		tx := <-s.readers
		failed = append(failed, tx.conn.Close())
	}
	if s.readers != nil {
		close(s.readers) // whoever asks for a reader from now on gets none
	}
	if s.lock != nil {
		failed = append(failed, s.lock.Unlock())
	}
	return errors.Join(failed...)
}
