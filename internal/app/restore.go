package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"purse/internal/backup"
	"purse/internal/store"
	"purse/internal/store/portable"
)

// Restore makes a new database out of a backup, on whatever engine the address
// names. Before anybody can open it, every row has been compared with the
// file's sum, the books verify, and every session has ended. It says on out
// what it has found, and leaves nothing behind when it fails.
func Restore(ctx context.Context, databaseURL, path string, key backup.Key, out io.Writer, progress *os.File) (err error) {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	t, err := newTarget(ctx, s)
	if err != nil {
		return err
	}
	// A file that is not whole is found out before there is anything to remove.
	if err := checkBackup(ctx, path, key, progress); err != nil {
		return fmt.Errorf("%s: %w; nothing was restored", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.discard(context.WithoutCancel(ctx)))
		}
	}()
	header, err := fillFromBackup(ctx, t, path, key, progress)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was restored", path, err)
	}
	ended, err := endEverything(ctx, t)
	if err != nil {
		return err
	}
	if err := verifyTarget(ctx, t, out, progress); err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "restored to %s: %d rows, as they were on %s at %s UTC\nsessions ended: %d; everybody signs in again\n",
		s.database(), header.Rows(), header.At.UTC().Format(time.DateOnly), header.At.UTC().Format(time.TimeOnly), ended)
	return err
}

// withBackup opens a backup for fn.
func withBackup(path string, key backup.Key, fn func(io.Reader) error) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	content, err := key.Decrypt(file)
	if err != nil {
		return err
	}
	return fn(content)
}

func checkBackup(ctx context.Context, path string, key backup.Key, progress *os.File) error {
	return withBackup(path, key, func(content io.Reader) error {
		bar := progressBar{file: progress, label: "checking"}
		defer bar.clear()
		return backup.Check(content, func(source portable.Source) portable.Source { return portable.Watch(ctx, source, bar.draw) })
	})
}

func fillFromBackup(ctx context.Context, t target, path string, key backup.Key, progress *os.File) (header portable.Header, err error) {
	err = withBackup(path, key, func(content io.Reader) error {
		source, err := backup.NewReader(content)
		if err != nil {
			return err
		}
		header = source.Header()
		if err := fill(ctx, t, source, progress); err != nil {
			return err
		}
		return source.End()
	})
	return header, err
}

func fill(ctx context.Context, t target, source portable.Source, progress *os.File) error {
	bar := progressBar{file: progress, label: "loading"}
	defer bar.clear()
	return t.fill(ctx, portable.Watch(ctx, source, bar.draw))
}

// endEverything leaves nobody signed in.
func endEverything(ctx context.Context, t target) (sessions int, err error) {
	engine, err := t.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	err = engine.Update(ctx, func(tx store.Tx) (err error) {
		sessions, err = tx.EndEverything()
		return err
	})
	return sessions, err
}

func verifyTarget(ctx context.Context, t target, out io.Writer, progress *os.File) (err error) {
	reader, err := t.read(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	return verify(ctx, reader, out, progress)
}
