package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"purse/internal/backup"
	"purse/internal/clock"
	"purse/internal/store/portable"
)

// Backup writes the whole database, as it is at one moment, into a new file,
// also while Purse runs on it. It says on out what the file has become, and
// draws its progress on progress unless that is nil.
func Backup(ctx context.Context, databaseURL, path string, lock backup.Lock, out io.Writer, progress *os.File) (err error) {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	reader, err := openForReading(ctx, s, clock.System{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	file, err := backup.Create(path, lock)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var made portable.Header
	var summary backup.Summary
	err = reader.Export(ctx, func(source portable.Source) (err error) {
		made = source.Header()
		bar := progressBar{file: progress, label: "writing"}
		defer bar.clear()
		summary, err = file.Fill(portable.Watch(ctx, source, bar.draw))
		return err
	})
	if err != nil {
		return fmt.Errorf("backup: %w; nothing is left of the file", err)
	}
	_, err = fmt.Fprintf(out, "%s: %d rows of %d tables in %d bytes\nsha256 %s\n", path, summary.Rows, len(made.Tables), summary.Bytes, summary.SHA256)
	return err
}
