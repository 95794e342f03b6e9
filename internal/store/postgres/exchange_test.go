package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/store/portable"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/store/storetest"
)

func TestExchange(t *testing.T) {
	var databases sync.Map // of tests
	url := func(t testing.TB) string {
		address, known := databases.Load(t)
		if !known {
			address = pgtest.Database(t)
			databases.Store(t, address)
		}
		return address.(string)
	}
	storetest.Exchange(t, storetest.Exchanger{
		Import: func(t testing.TB, source portable.Source) error {
			if err := postgres.Import(t.Context(), url(t), source); err != nil {
				return err
			}
			return postgres.Finish(t.Context(), url(t))
		},
		Export: func(t testing.TB, fn func(portable.Source) error) error {
			r, err := postgres.OpenForReading(t.Context(), postgres.Options{URL: url(t), Clock: clock.System{}})
			if err != nil {
				return err
			}
			return errors.Join(r.Export(t.Context(), fn), r.Close())
		},
		Empty: func(t testing.TB) bool {
			tables, err := postgres.Tables(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			return tables == 0
		},
	})
}

func TestADatabaseThatIsNotYetFinishedIsNotOpened(t *testing.T) {
	ctx, url := t.Context(), pgtest.Database(t)
	if err := postgres.Import(ctx, url, storetest.Everything()); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(ctx, postgres.Options{URL: url, Clock: clock.System{}}); !errors.Is(err, postgres.ErrUnfinished) {
		t.Errorf("opening gives %v", err)
	}
	if err := postgres.Import(ctx, url, storetest.Everything()); !errors.Is(err, postgres.ErrNotEmpty) {
		t.Errorf("a second import gives %v", err)
	}
	if _, err := postgres.OpenForReading(ctx, postgres.Options{URL: url, Clock: clock.System{}}); !errors.Is(err, postgres.ErrUnfinished) {
		t.Errorf("reading gives %v", err)
	}
	if err := postgres.Finish(ctx, url); err != nil {
		t.Fatal(err)
	}
	open(t, url, clock.System{})
}

func TestOfManyImportsIntoOneDatabaseOneSucceeds(t *testing.T) {
	url := pgtest.Database(t)
	var wait sync.WaitGroup
	var mutex sync.Mutex
	good := 0
	for range 8 {
		wait.Go(func() {
			if postgres.Import(context.Background(), url, storetest.Everything()) == nil {
				mutex.Lock()
				good++
				mutex.Unlock()
			}
		})
	}
	wait.Wait()
	if good != 1 {
		t.Errorf("%d succeeded", good)
	}
}
