package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/clock"
	"purse/internal/store"
	"purse/internal/store/postgres/pgtest"
)

// openStore opens a new database until the test ends.
func openStore(t *testing.T) (s *Store, url string) {
	t.Helper()
	url = pgtest.Database(t)
	s, err := Open(t.Context(), Options{URL: url, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, url
}

// Whoever has locked rows takes ids while others wait for more of them: what those
// wait for may be a transaction that needs the rows, and no database sees that circle.
func TestIdsAtHandAreTakenWhileOthersWaitForMore(t *testing.T) {
	s, url := openStore(t)
	if err := s.entries.reserve(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	unit, err := conn.Begin(t.Context()) // which has taken a block itself
	if err != nil {
		t.Fatal(err)
	}
	var first int64
	if err := unit.QueryRow(t.Context(), advance, "entry", 1).Scan(&first); err != nil {
		t.Fatal(err)
	}
	reserved := make(chan error, 1)
	go func() { reserved <- s.entries.reserve(t.Context(), 1<<20) }()
	for waits := false; !waits; {
		if err := unit.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	taken := make(chan bool, 1)
	go func() {
		_, ok := s.entries.take(1, 0)
		taken <- ok
	}()
	select {
	case ok := <-taken:
		if !ok {
			t.Error("none were at hand")
		}
	case <-time.After(10 * time.Second): // for ever, unless somebody gives up
		t.Error("who takes ids waits with those who wait for more")
	}
	if err := errors.Join(unit.Rollback(t.Context()), <-reserved); err != nil {
		t.Error(err)
	}
}

// The ids of a unit grow, also when it needs more than were at hand, and then a few.
func TestIdsGrowAfterAUnitHasTakenABlockItself(t *testing.T) {
	s, _ := openStore(t)
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		many := int(s.entries.size) + 1
		first, err := tx.NewEntryIDs(many)
		if err != nil {
			return err
		}
		next, err := tx.NewEntryIDs(1)
		if int64(next) < int64(first)+int64(many) {
			t.Errorf("%d comes after %d to %d", next, first, int(first)+many-1)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
