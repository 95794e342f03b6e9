package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// execute runs a script on the file, beside a Purse or without one.
func execute(t *testing.T, path, script string) {
	t.Helper()
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyOnePurseOpensADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	first := open(t, path, clock.System{})
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}}); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("the second got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path, clock.System{})
}

func TestASchemaOfAnotherVersionIsRefused(t *testing.T) {
	for _, test := range []struct {
		name          string
		script        string
		open, reading error
	}{
		{"newer", `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`, sqlite.ErrNewerSchema, sqlite.ErrNewerSchema},
		{"older", lastMigrationUndone(t), nil, sqlite.ErrOtherSchema},
		{"none", `DROP TABLE goose_db_version`, errAny, sqlite.ErrOtherSchema},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "purse.db")
			if err := open(t, path, clock.System{}).Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, path, test.script)
			if _, err := sqlite.OpenForReading(t.Context(), path, clock.System{}); !errors.Is(err, test.reading) {
				t.Errorf("for reading: got %v, want %v", err, test.reading)
			}
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: clock.System{}})
			if err == nil {
				defer s.Close()
			}
			if test.open == errAny && err == nil || test.open != errAny && !errors.Is(err, test.open) {
				t.Errorf("got %v, want %v", err, test.open)
			}
		})
	}
}

// lastMigrationUndone is a script that takes the newest migration back.
func lastMigrationUndone(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	newest := files[len(files)-1]
	text, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	_, down, found := strings.Cut(string(text), "-- +goose Down")
	if !found {
		t.Fatal("the newest migration cannot be undone")
	}
	version, _, _ := strings.Cut(filepath.Base(newest), "_")
	return down + "DELETE FROM goose_db_version WHERE version_id >= " + version
}

var errAny = errors.New("any error")

func TestReadingBesideARunningPurseChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	if _, err := sqlite.OpenForReading(t.Context(), path, clock.System{}); err == nil {
		t.Error("a file that is not there was opened")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
	s := open(t, path, clock.System{})
	r, err := sqlite.OpenForReading(t.Context(), path, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta("a", "1") }); err != nil {
		t.Fatal(err)
	}
	var seen string
	if err := r.View(t.Context(), func(tx store.Tx) (err error) { seen, err = tx.Meta("a"); return err }); err != nil || seen != "1" {
		t.Errorf("it saw %q, %v", seen, err)
	}
	if err := r.View(t.Context(), func(tx store.Tx) error { return tx.SetMeta("a", "2") }); err == nil {
		t.Error("it wrote")
	}
}

// batches is a clock that counts how often it is asked. The writer asks it
// once for each commit.
type batches struct {
	clock.System
	asked atomic.Int64
}

func (b *batches) Now() time.Time {
	b.asked.Add(1)
	return b.System.Now()
}

// together makes the units wait for each other, so that they share a commit,
// and returns how many commits they took.
func together(t *testing.T, s *sqlite.Store, c *batches, units []func() error) (commits int64, outcomes []error) {
	t.Helper()
	entered, release := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		err := s.Update(context.Background(), func(store.Tx) error {
			close(entered)
			<-release
			return nil
		})
		if err != nil {
			t.Errorf("the unit before: %v", err)
		}
	})
	<-entered
	before := c.asked.Load()
	outcomes = make([]error, len(units))
	for i, unit := range units {
		wait.Go(func() { outcomes[i] = unit() })
		for s.Waiting() <= i { // in this order
			runtime.Gosched()
		}
	}
	close(release)
	wait.Wait()
	return c.asked.Load() - before, outcomes
}

func TestUnitsThatWaitShareACommit(t *testing.T) {
	c := &batches{}
	s := open(t, filepath.Join(t.TempDir(), "purse.db"), c)
	for _, test := range []struct{ units, commits int }{{1, 1}, {100, 1}, {512, 1}, {513, 2}, {1300, 3}} {
		units := make([]func() error, test.units)
		for i := range units {
			units[i] = func() error {
				return s.Update(context.Background(), func(tx store.Tx) error { return tx.SetMeta(fmt.Sprint(i), "1") })
			}
		}
		commits, outcomes := together(t, s, c, units)
		if err := errors.Join(outcomes...); err != nil {
			t.Error(err)
		}
		if commits != int64(test.commits) {
			t.Errorf("%d units took %d commits, want %d", test.units, commits, test.commits)
		}
	}
}

func TestAFailureDisturbsNoNeighbour(t *testing.T) {
	for _, test := range []struct {
		name   string
		script string // makes the database refuse to move 13
		broken bool   // so that it does
		others bool   // the neighbours succeed
	}{
		{"a row that cannot be written", `CREATE TRIGGER broken BEFORE INSERT ON entries WHEN NEW.amount = 13 BEGIN SELECT RAISE(ABORT, 'broken'); END`, true, true},
		{"a transaction that SQLite gives up", `CREATE TRIGGER broken BEFORE INSERT ON entries WHEN NEW.amount = 13 BEGIN SELECT RAISE(ROLLBACK, 'broken'); END`, true, false},
		{"a panic of a closure and a refusal", `SELECT 1`, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &batches{}
			path := filepath.Join(t.TempDir(), "purse.db")
			s := open(t, path, c)
			ids := ledgertest.Fund(t, s, 2, 1_000_000)
			execute(t, path, test.script)
			book := ledger.NewBook(store.Ledger(s))
			transfer := func(amount int64) func() error {
				return func() error {
					_, err := book.Transfer(context.Background(), ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: ids[0], To: ids[1], Amount: money.New(amount, money.USD)}}})
					return err
				}
			}
			set := func(key string, err error) func() error {
				return func() error {
					return s.Update(context.Background(), func(tx store.Tx) error { return errors.Join(tx.SetMeta(key, "1"), err) })
				}
			}
			thrown := false
			commits, outcomes := together(t, s, c, []func() error{
				transfer(10), set("before", nil), transfer(13), transfer(20), set("own", errAny),
				func() error {
					defer func() { thrown = recover() == "thrown" }()
					return s.Update(context.Background(), func(tx store.Tx) error {
						_ = tx.SetMeta("thrown", "1")
						panic("thrown")
					})
				},
				transfer(1 << 40), set("after", nil), transfer(30),
			})
			if commits != 1 {
				t.Fatalf("they took %d commits", commits)
			}
			moved := int64(0)
			for i, amount := range map[int]int64{0: 10, 2: 13, 3: 20, 8: 30} {
				err := outcomes[i]
				if err == nil {
					moved += amount
				}
				want := test.others && !(test.broken && amount == 13)
				if want != (err == nil) || err != nil && fault.KindOf(err) != fault.Internal && fault.KindOf(err) != fault.Unavailable {
					t.Errorf("the transfer of %d got %v", amount, err)
				}
			}
			if test.others && (!errors.Is(outcomes[4], errAny) || !thrown || !errors.Is(outcomes[6], ledger.ErrInsufficientFunds)) {
				t.Errorf("own error %v, panic %v, refusal %v", outcomes[4], thrown, outcomes[6])
			}
			err := s.View(t.Context(), func(tx store.Tx) error {
				for key, i := range map[string]int{"before": 1, "own": 4, "thrown": 5, "after": 7} {
					value, err := tx.Meta(key)
					if want := outcomes[i] == nil && key != "thrown"; err != nil || want != (value == "1") {
						t.Errorf("the unit %q was answered with %v and left %q, %v", key, outcomes[i], value, err)
					}
				}
				a, err := ledger.One(tx, ids[1])
				if got := a.Balance.Minor() - 1_000_000; got != moved {
					t.Errorf("%d were moved, and %d acknowledged", got, moved)
				}
				return errors.Join(err, ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("verify: %v", b) }, func(int64, int64) {}))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
