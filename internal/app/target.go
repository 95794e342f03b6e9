package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"purse/internal/backup"
	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/portable"
	"purse/internal/store/postgres"
	"purse/internal/store/sqlite"
)

// target is a new database while it is filled: nobody else opens it before it
// is finished, and nothing of it stays when it is not.
type target interface {
	// fill takes in all of a source.
	fill(ctx context.Context, source portable.Source) error
	// open opens it for units of work, and read for looking.
	open(ctx context.Context) (store.Engine, error)
	read(ctx context.Context) (reader, error)
	// finish gives it to whoever opens it next.
	finish(ctx context.Context) error
	// discard removes it, unless it is finished.
	discard(ctx context.Context) error
}

// newTarget refuses a database that has anything in it.
func newTarget(ctx context.Context, s Settings) (target, error) {
	if s.DatabaseURL == "" {
		return newFileTarget(s.DatabasePath)
	}
	tables, err := postgres.Tables(ctx, s.DatabaseURL)
	if err == nil && tables > 0 {
		err = postgres.ErrNotEmpty
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.database(), err)
	}
	return &serverTarget{url: s.DatabaseURL}, nil
}

// fileTarget is an embedded database, filled beside its place under another name.
type fileTarget struct {
	path, partial string
	unlock        func() error // nil while nothing is there
}

// errNotEmpty is a file where the new database would be.
var errNotEmpty = errors.New("there is a file already; a database is restored to a new place only: name one with --database-url sqlite:PATH, or move away PATH, PATH-wal and PATH-shm, all three")

func newFileTarget(path string) (*fileTarget, error) {
	t := &fileTarget{path: path, partial: path + ".partial"}
	return t, t.refuseFiles()
}

// refuseFiles refuses what is there already; the log of another database would
// damage this one.
func (t *fileTarget) refuseFiles() error {
	for _, path := range []string{t.path, t.path + "-wal", t.path + "-shm"} {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s: %w", path, errNotEmpty)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (t *fileTarget) fill(ctx context.Context, source portable.Source) (err error) {
	if t.unlock, err = sqlite.Lock(t.partial); err != nil { // another restore to the same place has it
		return err
	}
	return sqlite.Import(ctx, t.partial, source)
}

// open does not take the lock, which fill has taken.
func (t *fileTarget) open(ctx context.Context) (store.Engine, error) {
	return openBeside(ctx, Settings{DatabasePath: t.partial}, clock.System{})
}

func (t *fileTarget) read(ctx context.Context) (reader, error) {
	return openForReading(ctx, Settings{DatabasePath: t.partial}, clock.System{})
}

func (t *fileTarget) finish(context.Context) error {
	if err := errors.Join(sqlite.Settle(t.partial), t.refuseFiles()); err != nil {
		return err
	}
	if err := backup.Name(t.partial, t.path); err != nil {
		return err
	}
	return t.release()
}

func (t *fileTarget) discard(context.Context) error {
	if t.unlock == nil {
		return nil
	}
	return errors.Join(sqlite.Remove(t.partial), t.release())
}

// release gives back the lock, which is of no more use.
func (t *fileTarget) release() error {
	unlock := t.unlock
	t.unlock = nil
	return errors.Join(os.Remove(t.partial+".lock"), unlock())
}

// serverTarget is a PostgreSQL database, marked until it is finished.
type serverTarget struct {
	url   string
	began bool
}

func (t *serverTarget) options() postgres.Options {
	return postgres.Options{URL: t.url, Clock: clock.System{}, Unfinished: true}
}

func (t *serverTarget) fill(ctx context.Context, source portable.Source) error {
	err := postgres.Import(ctx, t.url, source)
	t.began = err == nil // when it fails it has tidied up by itself
	return err
}

func (t *serverTarget) open(ctx context.Context) (store.Engine, error) {
	engine, err := postgres.Open(ctx, t.options())
	if err != nil {
		return nil, err
	}
	return engine, nil
}

func (t *serverTarget) read(ctx context.Context) (reader, error) {
	r, err := postgres.OpenForReading(ctx, t.options())
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (t *serverTarget) finish(ctx context.Context) error {
	err := postgres.Finish(ctx, t.url)
	t.began = err != nil
	return err
}

func (t *serverTarget) discard(ctx context.Context) error {
	if !t.began {
		return nil
	}
	return postgres.Discard(ctx, t.url)
}
