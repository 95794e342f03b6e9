// Package enginetest runs a test on every engine that this machine has: SQLite
// always, PostgreSQL where its programs are installed (a package that uses it
// calls pgtest.Run in its TestMain). It is imported by tests
// alone; what an engine itself must do is in package storetest.
package enginetest

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/store/sqlite"
)

// Engine is one of the engines.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Each runs a test once on each engine, as subtests that have their names.
func Each(t *testing.T, test func(t *testing.T, e Engine)) {
	t.Helper()
	for _, e := range []Engine{SQLite, Postgres} {
		t.Run(string(e), func(t *testing.T) { test(t, e) })
	}
}

// URL is the address of an empty database. Without
// PostgreSQL the test is skipped.
func (e Engine) URL(t testing.TB) string {
	t.Helper()
	if e != Postgres {
		return sqliteScheme + filepath.Join(t.TempDir(), "purse.db")
	}
	return pgtest.Database(t)
}

// Open opens a database of its own until the test ends. Closing it twice does
// no harm.
func (e Engine) Open(t testing.TB, c clock.Clock) store.Engine {
	t.Helper()
	return Open(t, e.URL(t), c)
}

const sqliteScheme = "sqlite:"

// Open opens a database by its address until the test ends.
func Open(t testing.TB, databaseURL string, c clock.Clock) store.Engine {
	t.Helper()
	var engine store.Engine
	var err error
	if path, embedded := strings.CutPrefix(databaseURL, sqliteScheme); embedded {
		engine, err = sqlite.Open(context.Background(), sqlite.Options{Path: path, Clock: c})
	} else {
		engine, err = postgres.Open(context.Background(), postgres.Options{URL: databaseURL, Clock: c})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine
}
