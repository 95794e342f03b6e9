package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/postgres/pgtest"
)

// A batch of transfers finds its rows by their keys, also in a database that has
// grown since its first batch, and whose tables were never counted: until then the
// planner would read them whole, as was cheaper when they were small.
func TestABatchReadsNoTableFromEndToEnd(t *testing.T) {
	url := pgtest.Database(t)
	s, err := Open(t.Context(), Options{URL: url, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	before := scansOf(t, url)
	written := 0
	for _, accounts := range []int{20, 5000} {
		source, cards := openCards(t, s, accounts)
		for b := range 12 {
			var jobs []*job
			for i := range 20 {
				jobs = append(jobs, &job{request: ledger.Request{
					Kind:     "grant",
					Key:      &ledger.Key{KeyName: ledger.KeyName{Scope: "test", Value: fmt.Sprint(accounts, b, i)}},
					Postings: []ledger.Posting{{From: source, To: cards[(b*20+i)*13%accounts], Amount: money.New(1, money.USD)}},
				}})
			}
			s.writer.commit(jobs)
			for _, j := range jobs {
				if j.err != nil || j.outcome.Err != nil {
					t.Fatal(j.err, j.outcome.Err)
				}
			}
			written += len(jobs) + 1
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// A connection tells the server what it has done when it ends.
	after := scansOf(t, url)
	for wait := time.Now(); after["accounts"].updated < before["accounts"].updated+written && time.Since(wait) < time.Minute; after = scansOf(t, url) {
		time.Sleep(20 * time.Millisecond)
	}
	if n := after["accounts"].updated - before["accounts"].updated; n != written {
		t.Fatalf("%d accounts were written, want %d", n, written)
	}
	for _, table := range []string{"accounts", "transfers", "entries", "idempotency_keys"} {
		if n := after[table].whole - before[table].whole; n != 0 {
			t.Errorf("%s was read from end to end %d times", table, n)
		}
	}
}

// openCards opens accounts, and says from where money comes into them.
func openCards(t *testing.T, s *Store, count int) (source ledger.AccountID, cards []ledger.AccountID) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx store.Tx) (err error) {
		if source, err = ledger.System(tx, ledger.CashIn, money.USD); err != nil {
			return err
		}
		for i := range count {
			a, err := ledger.OpenAccount(tx, ledger.OwnerID(i+1), ledger.Card, money.USD)
			if err != nil {
				return err
			}
			cards = append(cards, a.ID)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return source, cards
}

// scans is what the server has counted of a table.
type scans struct{ whole, updated int }

func scansOf(t *testing.T, url string) map[string]scans {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	found := map[string]scans{}
	rows, _ := conn.Query(t.Context(), `SELECT relname, seq_scan, n_tup_upd FROM pg_stat_user_tables WHERE schemaname = current_schema()`)
	var table string
	var s scans
	if _, err := pgx.ForEachRow(rows, []any{&table, &s.whole, &s.updated}, func() error { found[table] = s; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}
