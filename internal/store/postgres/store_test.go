package postgres_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestContract(t *testing.T) {
	var databases sync.Map // of tests, so that a test can open its database again
	storetest.Run(t, func(t testing.TB, c clock.Clock) store.Engine {
		t.Helper()
		address, known := databases.Load(t)
		if !known {
			address = pgtest.Database(t)
			databases.Store(t, address)
		}
		return open(t, address.(string), c)
	})
}

// open opens a database until the test ends.
func open(t testing.TB, address string, c clock.Clock) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), postgres.Options{URL: address, Clock: c})
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
