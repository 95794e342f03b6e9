package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/store/schema"
)

// Migrate makes the database at path, or brings its schema up to date, as Open
// does. It returns ErrLocked while a Purse has it open.
func Migrate(ctx context.Context, path string) (err error) {
	lock, err := lockFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return migrate(ctx, path, latest)
}

// Lock keeps every Purse away from the database at path, which it makes when it
// is missing, until unlock. It returns ErrLocked while one has it open.
func Lock(path string) (unlock func() error, err error) {
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

// lockFile takes the lock of a database file, which it makes when it is missing.
func lockFile(path string) (*flock.Flock, error) {
	if err := prepareFile(path); err != nil {
		return nil, fmt.Errorf("sqlite: preparing %s: %w", path, err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if locked, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("sqlite: locking %s: %w", path, err)
	} else if !locked {
		return nil, ErrLocked
	}
	return lock, nil
}

// Migrations lists the migrations of the database at path, and changes nothing
// in it, also while a Purse runs on it.
func Migrations(ctx context.Context, path string) (_ []schema.Migration, err error) {
	conn, err := open(path, readerPragmas, sqlite.OpenReadOnly)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	conn.SetInterrupt(ctx.Done())
	known := false
	applied := map[int64]time.Time{}
	err = sqlitex.ExecuteTransient(conn, `SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version'`, &sqlitex.ExecOptions{
		ResultFunc: func(*sqlite.Stmt) error { known = true; return nil },
	})
	if err == nil && known {
		err = sqlitex.ExecuteTransient(conn, `SELECT version_id, unixepoch(tstamp) FROM goose_db_version WHERE is_applied AND version_id > 0`, &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error {
				applied[stmt.ColumnInt64(0)] = time.Unix(stmt.ColumnInt64(1), 0).UTC()
				return nil
			},
		})
	}
	if err != nil {
		return nil, fmt.Errorf("sqlite: reading the schema version of %s: %w", path, err)
	}
	return schema.List(migrations, "migrations", applied)
}
