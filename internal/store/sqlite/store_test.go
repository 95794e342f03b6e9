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

func TestEachBatchThatIsCommittedIsCounted(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "purse.db"), clock.System{})
	before := s.Commits()
	for _, value := range []string{"a", "b", "c"} { // one after the other: none shares a batch
		if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta("test", value) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Commits() - before; got != 3 {
		t.Errorf("%d commits were counted", got)
	}
}
