package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"purse/internal/store/postgres"
	"purse/internal/store/schema"
	"purse/internal/store/sqlite"
)

// ErrNewerSchema is a database that has migrations unknown to this program.
var ErrNewerSchema = errors.New("the database was made by a newer version of Purse; run that version, or a newer one")

// MigrationStatus lists the migrations of a database on out, and changes
// nothing in it. It returns ErrNewerSchema after the list when a newer version
// of Purse has made some.
func MigrationStatus(ctx context.Context, databaseURL string, out io.Writer) error {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	list, err := migrations(ctx, s)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	pending, newer := 0, false
	for _, m := range list {
		name, state := m.Name, "pending"
		if !m.Known() {
			name, newer = "(of a newer version)", true
		}
		if m.Applied() {
			state = "applied " + m.At.UTC().Format(time.RFC3339)
		} else {
			pending++
		}
		fmt.Fprintf(table, "%05d\t%s\t%s\n", m.Version, name, state)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	switch {
	case newer:
		return fmt.Errorf("%s: %w", s.database(), ErrNewerSchema)
	case pending > 0:
		_, err = fmt.Fprintf(out, "%d pending; apply with: purse migrate up\n", pending)
	default:
		_, err = fmt.Fprintln(out, "up to date")
	}
	return err
}

// MigrateUp applies the pending migrations of a database, which it makes if it
// is an embedded one, and names them on out.
func MigrateUp(ctx context.Context, databaseURL string, out io.Writer) error {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	var before []schema.Migration
	if _, err := os.Stat(s.DatabasePath); err == nil || s.DatabaseURL != "" {
		if before, err = migrations(ctx, s); err != nil {
			return err
		}
	}
	had := map[int64]bool{}
	for _, m := range before {
		had[m.Version] = m.Applied()
	}
	if s.DatabaseURL != "" {
		err = postgres.Migrate(ctx, s.DatabaseURL)
	} else {
		err = sqlite.Migrate(ctx, s.DatabasePath)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.database(), err)
	}
	after, err := migrations(ctx, s)
	if err != nil {
		return err
	}
	for _, m := range after {
		if m.Applied() && !had[m.Version] {
			fmt.Fprintf(out, "applied %05d %s\n", m.Version, m.Name)
		}
	}
	_, err = fmt.Fprintln(out, "up to date")
	return err
}

func migrations(ctx context.Context, s Settings) ([]schema.Migration, error) {
	if s.DatabaseURL != "" {
		list, err := postgres.Migrations(ctx, s.DatabaseURL)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.database(), err)
		}
		return list, nil
	}
	if _, err := os.Stat(s.DatabasePath); err != nil {
		return nil, s.missing()
	}
	return sqlite.Migrations(ctx, s.DatabasePath)
}
