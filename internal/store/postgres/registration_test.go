package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/clock"
	"purse/internal/identity"
	"purse/internal/store"
	"purse/internal/store/postgres/pgtest"
)

// TestARegistrationThatIsReplacedWhileOldOnesGoStays has somebody register again
// while another unit of work, which removes what is old, waits for theirs to end.
func TestARegistrationThatIsReplacedWhileOldOnesGoStays(t *testing.T) {
	address := pgtest.Database(t)
	now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	s := open(t, address, now)
	register := func(tx store.Tx) error {
		return tx.PutRegistration(identity.Registration{Email: "ann@example.com", CreatedAt: tx.Now()})
	}
	if err := s.Update(t.Context(), register); err != nil {
		t.Fatal(err)
	}
	old := now.Now()
	now.Advance(24 * time.Hour)
	removal := make(chan error, 1)
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := register(tx); err != nil {
			return err
		}
		go func() {
			removal <- s.Update(t.Context(), func(tx store.Tx) error {
				_, err := tx.DeleteRegistrations(old, 9)
				return err
			})
		}()
		return awaitLock(t, address, "DELETE FROM registrations")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-removal; err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx store.Tx) error {
		if _, found, err := tx.Registration("ann@example.com"); err != nil || !found {
			t.Errorf("the new registration is there: %t, %v", found, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitLock looks again and again until a statement waits for a lock.
func awaitLock(t *testing.T, address, statement string) error {
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	patience := time.After(20 * time.Second)
	for {
		waits := false
		err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND starts_with(query, $1))`, statement).Scan(&waits)
		if err != nil || waits {
			return err
		}
		select {
		case <-patience:
			return errors.New("nobody waits for a lock")
		case <-time.After(10 * time.Millisecond): // between looks; nothing is asserted on it
		}
	}
}
