package sqlite_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/sqlite"
	"purse/internal/store/storetest"
)

func TestContract(t *testing.T) {
	var files sync.Map // of tests, so that a test can open its database again
	storetest.Run(t, func(t testing.TB, c clock.Clock) store.Engine {
		t.Helper()
		path, _ := files.LoadOrStore(t, filepath.Join(t.TempDir(), "purse.db"))
		return open(t, path.(string), c)
	})
}

// open opens a database until the test ends.
func open(t testing.TB, path string, c clock.Clock) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: path, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
