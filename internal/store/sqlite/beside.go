package sqlite

import (
	"context"
	"errors"
	"time"

	"zombiezen.com/go/sqlite"
)

// besidePatience is how long a command waits for its turn to write: a busy Purse
// lets go of the database for a moment between two batches only.
const besidePatience = 30 * time.Second

// OpenBeside opens a database for the short work of a command, also while a
// Purse runs on it: it does not take the lock that keeps a second Purse away,
// and leaves the schema alone. SQLite lets one of the two write at a time, and
// whoever comes after the other takes up its ids (catchUp). It returns
// ErrNewerSchema or ErrOtherSchema unless the schema is this program's.
func OpenBeside(ctx context.Context, options Options) (*Store, error) {
	s := &Store{path: options.Path, clock: options.Clock}
	if err := s.startBeside(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) startBeside(ctx context.Context) error {
	if err := s.openReaders(1); err != nil {
		return err
	}
	if err := s.all[0].refuseOtherSchema(ctx); err != nil {
		return err
	}
	conn, err := open(s.path, sharedPragmas, sqlite.OpenReadWrite|sqlite.OpenWAL)
	if err != nil {
		return err
	}
	s.writer = newWriter(conn, besidePatience, s.clock, &s.ids)
	return nil
}

// begin begins the transaction of a batch, with ids that follow the newest in
// the database.
func (w *writer) begin() error {
	if err := w.tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return w.catchUp()
}

// catchUp lets new ids follow those in the database at the first batch, and
// when another process has written since the last one.
func (w *writer) catchUp() error {
	version := int64(0)
	if _, err := w.tx.row("PRAGMA data_version", func(stmt *sqlite.Stmt) { version = stmt.ColumnInt64(0) }); err != nil {
		return err
	}
	if version == w.version {
		return nil
	}
	w.tx.remembered.forget()
	if err := w.tx.resume(); err != nil {
		return err
	}
	w.version = version
	return nil
}
