package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/store/portable"
	"purse/internal/store/sqlite"
	"purse/internal/store/storetest"
)

func TestExchange(t *testing.T) {
	var files sync.Map // of tests
	file := func(t testing.TB) string {
		path, _ := files.LoadOrStore(t, filepath.Join(t.TempDir(), "purse.db"))
		return path.(string)
	}
	storetest.Exchange(t, storetest.Exchanger{
		Import: func(t testing.TB, source portable.Source) error {
			unlock, err := sqlite.Lock(file(t))
			if err != nil {
				return err
			}
			if err = sqlite.Import(t.Context(), file(t), source); err != nil {
				err = errors.Join(err, sqlite.Remove(file(t)))
			} else {
				err = sqlite.Settle(file(t))
			}
			return errors.Join(err, unlock())
		},
		Export: func(t testing.TB, fn func(portable.Source) error) error {
			r, err := sqlite.OpenForReading(t.Context(), file(t), clock.System{})
			if err != nil {
				return err
			}
			return errors.Join(r.Export(t.Context(), fn), r.Close())
		},
		Empty: func(t testing.TB) bool {
			left, err := os.ReadDir(filepath.Dir(file(t)))
			if err != nil {
				t.Fatal(err)
			}
			return len(left) <= 1 // the lock
		},
	})
}
