package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/portable"
	"purse/internal/store/postgres"
	"purse/internal/store/sqlite"
)

// databases is what PURSE_DATABASE_URL may be, for messages.
const databases = "sqlite:PATH, such as sqlite:purse-data/purse.db, or postgres://USER:PASSWORD@HOST:PORT/DATABASE"

// database reads the setting: the path of an embedded database, or the address
// of a PostgreSQL one.
func (p *parser) database(text string) (path, address string) {
	if path, ok := strings.CutPrefix(text, "sqlite:"); ok && path != "" {
		return path, ""
	}
	if u, err := url.Parse(text); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		return "", text
	}
	p.fail("PURSE_DATABASE_URL", "%q is not a database this Purse can open; use %s", redactURL(text), databases)
	return "", ""
}

// parseDatabase reads the one setting that commands for operators need.
func parseDatabase(databaseURL string) (s Settings, err error) {
	p := &parser{}
	s.DatabasePath, s.DatabaseURL = p.database(databaseURL)
	return s, errors.Join(p.wrong...)
}

// notShown stands for an address that may hold a password where none is expected.
const notShown = "(not shown, as it may hold a password)"

// redactURL is a URL without the passwords it may carry, also in its query. What is
// no URL is not shown at all, be it a word before a colon or pairs with a =; nor is
// what names no user and has an @, as after a password with a / in it.
func redactURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Scheme == "" && strings.Contains(text, "=") || u.User == nil && strings.Contains(text, "@") {
		return notShown
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}

// database names the database, for people.
func (s Settings) database() string {
	if s.DatabaseURL != "" {
		return redactURL(s.DatabaseURL)
	}
	return s.DatabasePath
}

// missing is an embedded database that is not there.
func (s Settings) missing() error {
	return fmt.Errorf("there is no database at %s; name it with --database-url sqlite:PATH", s.DatabasePath)
}

// directory is where the files of development are kept.
func (s Settings) directory() string {
	if s.DatabaseURL != "" {
		return "purse-data"
	}
	return filepath.Dir(s.DatabasePath)
}

// openEngine opens the database of the settings.
func openEngine(ctx context.Context, s Settings, clock clock.Clock) (store.Engine, error) {
	if s.DatabaseURL == "" {
		engine, err := sqlite.Open(ctx, sqlite.Options{Path: s.DatabasePath, Clock: clock})
		if err != nil {
			return nil, err
		}
		return engine, nil
	}
	engine, err := postgres.Open(ctx, postgres.Options{URL: s.DatabaseURL, Clock: clock})
	if err != nil {
		return nil, fmt.Errorf("PURSE_DATABASE_URL %s: %w", s.database(), err)
	}
	return engine, nil
}

// reader is a database opened for looking only.
type reader interface {
	View(ctx context.Context, fn func(store.Tx) error) error
	Export(ctx context.Context, fn func(portable.Source) error) error
	Close() error
}

// openForReading opens a database for looking only, while Purse may run on it.
func openForReading(ctx context.Context, s Settings, clock clock.Clock) (reader, error) {
	if s.DatabaseURL != "" {
		r, err := postgres.OpenForReading(ctx, postgres.Options{URL: s.DatabaseURL, Clock: clock})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.database(), err)
		}
		return r, nil
	}
	if _, err := os.Stat(s.DatabasePath); err != nil {
		return nil, s.missing()
	}
	r, err := sqlite.OpenForReading(ctx, s.DatabasePath, clock)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// RequireEmpty refuses a database that has anything in it: a PostgreSQL one with
// tables, or a file that exists.
func RequireEmpty(ctx context.Context, databaseURL string) error {
	s, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	if s.DatabaseURL == "" {
		if _, err := os.Stat(s.DatabasePath); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s exists already; name a file that does not", s.database()), err)
		}
		return nil
	}
	tables, err := postgres.Tables(ctx, s.DatabaseURL)
	if err != nil {
		return fmt.Errorf("%s: %w", s.database(), err)
	}
	if tables > 0 {
		return fmt.Errorf("%s has %d tables already; name an empty database, such as one that createdb has just made", s.database(), tables)
	}
	return nil
}

// Syncs is how often the server of a PostgreSQL database has written its log out
// to disk, for all that it serves. known is false for an embedded database, which
// counts for itself, and where the server does not tell.
func Syncs(ctx context.Context, databaseURL string) (count int64, known bool) {
	s, err := parseDatabase(databaseURL)
	if err != nil || s.DatabaseURL == "" {
		return 0, false
	}
	count, err = postgres.Syncs(ctx, s.DatabaseURL)
	return count, err == nil
}

// Settle does at once what a PostgreSQL server does by itself some time after much
// was written, so that what is measured next does not pay for it. An embedded
// database does it when it is closed.
func Settle(ctx context.Context, databaseURL string) error {
	s, err := parseDatabase(databaseURL)
	if err != nil || s.DatabaseURL == "" {
		return err
	}
	return postgres.Settle(ctx, s.DatabaseURL)
}

// testDatabase reports whether the database answers.
func (a *App) testDatabase(ctx context.Context) error {
	return a.engine.View(ctx, func(tx store.Tx) error {
		_, err := tx.Meta(metaKey)
		return err
	})
}
