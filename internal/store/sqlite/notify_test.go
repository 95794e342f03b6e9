package sqlite_test

import (
	"path/filepath"
	"testing"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/sqlite"
	"purse/internal/store/storetest"
)

func openForContract(t testing.TB, clock clock.Clock) store.Engine {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "purse.db"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestNotifyContract(t *testing.T) { storetest.Notify(t, openForContract) }
