package sqlite_test

import (
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// openBeside opens a database as a command does, until the test ends.
func openBeside(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.OpenBeside(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}})
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

func TestACommandAndARunningPurseTakeUpEachOthersIds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	purse := open(t, path, clock.System{})
	cards := ledgertest.Fund(t, purse, 2, 10_000)
	command := openBeside(t, path)
	pay := ledger.Request{Kind: "payment", Postings: []ledger.Posting{{From: cards[0], To: cards[1], Amount: money.New(1, money.USD)}}}
	for range 3 {
		for _, engine := range []*sqlite.Store{purse, command} {
			if outcome, err := engine.Apply(t.Context(), pay); err != nil || outcome.Err != nil {
				t.Fatal(err, outcome.Err)
			}
			if err := engine.Update(t.Context(), func(tx store.Tx) error {
				if _, err := ledger.OpenAccount(tx, 7, ledger.Card, money.USD); err != nil {
					return err
				}
				_, err := ledger.Post(tx, pay)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines := ledgertest.History(t, purse, cards[0])
	for i := 1; i < len(lines); i++ {
		if lines[i].ID >= lines[i-1].ID || lines[i].Transfer.String() >= lines[i-1].Transfer.String() {
			t.Errorf("entries %d and %d, transfers %s and %s do not follow one another", lines[i].ID, lines[i-1].ID, lines[i].Transfer, lines[i-1].Transfer)
		}
	}
	if len(lines) != 13 {
		t.Errorf("%d entries, want the grant and 12 payments", len(lines))
	}
	ledgertest.Verify(t, command)
}

func TestACommandGetsItsTurnWhilePurseIsBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	purse := open(t, path, clock.System{})
	cards := ledgertest.Fund(t, purse, 2, 1_000_000_000)
	command := openBeside(t, path)
	pay := ledger.Request{Kind: "payment", Postings: []ledger.Posting{{From: cards[0], To: cards[1], Amount: money.New(1, money.USD)}}}
	done := make(chan struct{})
	var payers sync.WaitGroup
	for range 64 {
		payers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if outcome, err := purse.Apply(t.Context(), pay); err != nil || outcome.Err != nil && !errors.Is(outcome.Err, ledger.ErrInsufficientFunds) {
					t.Error(err, outcome.Err)
					return
				}
			}
		})
	}
	for i := range 20 {
		if err := command.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta("command", strconv.Itoa(i)) }); err != nil {
			t.Errorf("turn %d: %v", i, err)
		}
	}
	close(done)
	payers.Wait()
	ledgertest.Verify(t, purse)
}

// A command that removes people has the files cleaned after each, and goes on.
func TestACommandIsAsPatientAfterItHasCleanedTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	open(t, path, clock.System{})
	command := openBeside(t, path)
	before, err := command.Patience()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Update(t.Context(), func(tx store.Tx) error {
		tx.Scrub()
		return tx.SetMeta("command", "1")
	}); err != nil {
		t.Fatal(err)
	}
	if after, err := command.Patience(); err != nil || after != before {
		t.Errorf("it waits for %s, and waited for %s before (%v)", after, before, err)
	}
}

func TestACommandLeavesTheSchemaAlone(t *testing.T) {
	for script, want := range map[string]error{
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`: sqlite.ErrNewerSchema,
		lastMigrationUndone(t): sqlite.ErrOtherSchema,
	} {
		path := filepath.Join(t.TempDir(), "purse.db")
		if err := open(t, path, clock.System{}).Close(); err != nil {
			t.Fatal(err)
		}
		execute(t, path, script)
		if _, err := sqlite.OpenBeside(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
