package ledger_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	zombiezen "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres"
	"purse/internal/store/sqlite"
)

// TestVerifyReportsEveryBreach breaks a sound book in one place after another.
// Accounts: 1 cash, 2 ann, 3 bob, 4 closed, 5 cash in EUR, 6 eve.
func TestVerifyReportsEveryBreach(t *testing.T) {
	enginetest.Each(t, everyBreach)
}

func everyBreach(t *testing.T, engine enginetest.Engine) {
	for _, test := range []struct {
		name string
		sql  string
		want []ledger.Rule
	}{
		{"nothing", `SELECT 1`, nil},
		{"money made of nothing", `UPDATE accounts SET balance = balance + 1 WHERE id = 1`, []ledger.Rule{ledger.RuleBalance, ledger.RuleCurrencySum}},
		{"money moved without entries", `UPDATE accounts SET balance = balance + CASE WHEN id = 1 THEN 1 ELSE -1 END WHERE id IN (1, 2)`, []ledger.Rule{ledger.RuleBalance}},
		{"money moved into another currency", `UPDATE accounts SET currency = 'USD' WHERE id = 6`, []ledger.Rule{ledger.RuleCurrencySum}},
		{"a currency that is none", `UPDATE accounts SET currency = 'XXX' WHERE id = 4`, []ledger.Rule{ledger.RuleCurrencySum}},
		{"a balance after an entry", `UPDATE entries SET balance_after = balance_after + 1 WHERE id = 3`, []ledger.Rule{ledger.RuleBalanceAfter, ledger.RuleHash}},
		{"a number left out", `UPDATE entries SET seq = seq + 1 WHERE id = 3`, []ledger.Rule{ledger.RuleSequence, ledger.RuleHash}},
		{"a link to another entry", `UPDATE entries SET previous_id = 1 WHERE id = 3`, []ledger.Rule{ledger.RulePrevious}},
		{"a hash", `UPDATE entries SET hash = {zeros} WHERE id = 3`, []ledger.Rule{ledger.RuleHash}},
		{"what a transfer was for", `UPDATE transfers SET meta = '{}' WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleHash}},
		{"the kind of a transfer", `UPDATE transfers SET kind = 'gift' WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleHash}},
		{"who made a transfer", `UPDATE transfers SET actor_id = 9 WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleHash}},
		{"when a transfer was made", `UPDATE transfers SET at = {later} WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleHash}},
		{"what a transfer takes back", `UPDATE transfers SET reverses = NULL WHERE reverses IS NOT NULL`, []ledger.Rule{ledger.RuleHash}},
		{"an amount on one side", `UPDATE entries SET amount = amount - 1 WHERE id = 3`, []ledger.Rule{ledger.RulePosting, ledger.RuleBalanceAfter, ledger.RuleHash, ledger.RuleBalance}},
		{"an amount on both sides", `UPDATE entries SET amount = amount + CASE WHEN amount < 0 THEN -1 ELSE 1 END WHERE id IN (3, 4)`, []ledger.Rule{ledger.RuleBalanceAfter, ledger.RuleHash, ledger.RuleBalance}},
		{"the other side's account", `UPDATE entries SET counter_id = 4 WHERE id = 3`, []ledger.Rule{ledger.RulePosting, ledger.RuleHash}},
		{"an entry on another account", `UPDATE entries SET account_id = 6 WHERE id = 4`, []ledger.Rule{ledger.RulePosting, ledger.RuleSequence, ledger.RulePrevious, ledger.RuleBalanceAfter, ledger.RuleHash, ledger.RuleBalance}},
		{"an account's newest entry", `UPDATE accounts SET last_entry_id = 1 WHERE id = 2`, []ledger.Rule{ledger.RuleNewest}},
		{"an account's newest hash", `UPDATE accounts SET last_hash = {zeros} WHERE id = 2`, []ledger.Rule{ledger.RuleNewest}},
		{"an account's count of entries", `UPDATE accounts SET entries = entries + 1 WHERE id = 2`, []ledger.Rule{ledger.RuleNewest}},
		{"an entry without a transfer", `DELETE FROM transfers WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleEntryTransfer}},
		{"an entry without an account", `DELETE FROM accounts WHERE id = 6`, []ledger.Rule{ledger.RuleEntryAccount, ledger.RuleCurrencySum}},
		{"a transfer without entries", `INSERT INTO transfers SELECT {id}, kind, actor_id, meta, at, NULL, 999, 2 FROM transfers WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleTransferEntries}},
		{"a transfer that names another's entries", `INSERT INTO transfers SELECT {id}, kind, actor_id, meta, at, NULL, 3, 2 FROM transfers WHERE first_entry_id = 3`, []ledger.Rule{ledger.RuleTransferEntries}},
		{"a transfer that says less than it did", `UPDATE transfers SET entry_count = 2 WHERE entry_count = 4`, []ledger.Rule{ledger.RuleTransferEntries}},
		{"the newest transfer removed from the end", `DELETE FROM entries WHERE id >= (SELECT max(id) - 1 FROM entries)`, []ledger.Rule{ledger.RuleTransferEntries, ledger.RuleBalance, ledger.RuleNewest}},
		{"one entry removed", `DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)`, []ledger.Rule{ledger.RuleTransferEntries, ledger.RuleBalance, ledger.RuleNewest}},
		{"more held than there is", `UPDATE accounts SET held = balance + 1 WHERE id = 3`, []ledger.Rule{ledger.RuleFloor, ledger.RuleHeld}},
		{"less held than promised", `UPDATE accounts SET held = 0 WHERE id = 2`, []ledger.Rule{ledger.RuleHeld}},
		{"a hold of another amount", `UPDATE holds SET amount = amount + 1 WHERE state = 'held'`, []ledger.Rule{ledger.RuleHeld}},
		{"a hold opened again", `UPDATE holds SET state = 'held' WHERE state = 'voided'`, []ledger.Rule{ledger.RuleHeld}},
		{"a status that is none", `UPDATE accounts SET status = 'lost' WHERE id = 3`, []ledger.Rule{ledger.RuleStatus}},
		{"a customer's account that is blocked", `UPDATE accounts SET status = 'blocked' WHERE id = 3`, nil},
		{"an account of the system that is blocked", `UPDATE accounts SET status = 'blocked' WHERE id = 1`, []ledger.Rule{ledger.RuleStatus}},
		{"a closed account with money", `UPDATE accounts SET status = 'closed' WHERE id = 6`, []ledger.Rule{ledger.RuleClosed}},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := engine.URL(t)
			s := enginetest.Open(t, url, clock.NewManual(start))
			soundBook(t, s)
			corrupt(t, url, test.sql)
			for _, span := range []int{1, 2, 1000} {
				rules, done := broken(t, s, span)
				slices.Sort(test.want)
				if !slices.Equal(rules, test.want) {
					t.Errorf("following %d accounts at once: got %v, want %v", span, rules, test.want)
				}
				if !done {
					t.Errorf("following %d accounts at once: the progress did not reach its end", span)
				}
			}
		})
	}
}

// viewer is an engine, or a database opened for reading.
type viewer interface {
	View(ctx context.Context, fn func(store.Tx) error) error
}

// broken is the rules that are broken, and whether the progress ended.
func broken(t *testing.T, book viewer, span int) (rules []ledger.Rule, ended bool) {
	t.Helper()
	before := int64(0)
	err := book.View(t.Context(), func(tx store.Tx) error {
		return ledger.VerifySpan(tx, func(b ledger.Breach) {
			if b.Account == 0 && b.Entry == 0 && b.Transfer.IsZero() && b.Rule != ledger.RuleCurrencySum || b.Detail == "" {
				t.Errorf("a breach that names no row: %v", b)
			}
			rules = append(rules, b.Rule)
		}, func(done, total int64) {
			if done < before || done > total {
				t.Errorf("progress went from %d to %d of %d", before, done, total)
			}
			before, ended = done, done == total
		}, span)
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rules)
	return slices.Compact(rules), ended
}

// corrupt changes rows behind an engine's back, with none of the database's own
// constraints in the way. Placeholders stand for what engines write differently.
func corrupt(t *testing.T, url, sql string) {
	t.Helper()
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
		corruptSQLite(t, path, strings.NewReplacer("{zeros}", "zeroblob(32)", "{id}", "x'0102030405060708090a0b0c0d0e0f10'", "{later}", "at + 1").Replace(sql))
		return
	}
	corruptPostgres(t, url, strings.NewReplacer("{zeros}", `decode(repeat('00', 32), 'hex')`, "{id}", "'01020304-0506-0708-090a-0b0c0d0e0f10'::uuid", "{later}", "at + interval '1 microsecond'").Replace(sql))
}

func corruptSQLite(t *testing.T, path, sql string) {
	t.Helper()
	conn, err := zombiezen.OpenConn(path, zombiezen.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, "PRAGMA ignore_check_constraints = ON;"+sql, nil); err != nil {
		t.Fatal(err)
	}
	if conn.Changes() == 0 && sql != `SELECT 1` {
		t.Fatal("the statement changed nothing")
	}
}

func corruptPostgres(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `SET session_replication_role = replica; ALTER TABLE entries DROP CONSTRAINT entries_pkey;
		ALTER TABLE accounts DROP CONSTRAINT accounts_check, DROP CONSTRAINT accounts_held_check, DROP CONSTRAINT accounts_status_check`)
	if err != nil {
		t.Fatal(err)
	}
	if tag, err := conn.Exec(t.Context(), sql); err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("the statement changed nothing: %v", err)
	}
}

// soundBook makes a book with some of everything.
func soundBook(t *testing.T, s store.Engine) {
	t.Helper()
	usd := func(minor int64) money.Amount { return money.New(minor, money.USD) }
	err := s.Update(t.Context(), func(tx store.Tx) error {
		check := func(err error) {
			if err != nil {
				panic(err)
			}
		}
		open := func(owner ledger.OwnerID, currency money.Currency) ledger.AccountID {
			a, err := ledger.OpenAccount(tx, owner, ledger.Card, currency)
			check(err)
			return a.ID
		}
		post := func(postings ...ledger.Posting) ledger.Transfer {
			transfer, err := ledger.Post(tx, ledger.Request{Kind: "transfer", Actor: 1, Meta: `{"note":"x"}`, Postings: postings})
			check(err)
			return transfer
		}
		cash, err := ledger.System(tx, ledger.CashIn, money.USD)
		check(err)
		ann, bob, closed := open(1, money.USD), open(2, money.USD), open(3, money.USD)
		euros, err := ledger.System(tx, ledger.CashIn, money.EUR)
		check(err)
		eve := open(4, money.EUR)
		check(ledger.Close(tx, closed))
		post(ledger.Posting{From: cash, To: ann, Amount: usd(1000)})
		second := post(ledger.Posting{From: ann, To: bob, Amount: usd(300)})
		post(ledger.Posting{From: ann, To: bob, Amount: usd(10)}, ledger.Posting{From: bob, To: ann, Amount: usd(5)})
		_, err = ledger.Reverse(tx, second.ID, 1, "")
		check(err)
		var holds []ledger.Hold
		for range 3 {
			h, err := ledger.NewHold(tx, ann, bob, usd(50), start.Add(time.Hour))
			check(err)
			holds = append(holds, h)
		}
		check(ledger.VoidHold(tx, holds[0].ID))
		_, err = ledger.PostHold(tx, holds[1].ID, usd(20), ledger.Request{Kind: "post"})
		check(err)
		post(ledger.Posting{From: euros, To: eve, Amount: money.New(700, money.EUR)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTotalsAreWhatCustomersHaveAndWhatCameAndWent(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := engine.Open(t, clock.NewManual(start))
		soundBook(t, s)
		usd, eur := func(minor int64) money.Amount { return money.New(minor, money.USD) }, func(minor int64) money.Amount { return money.New(minor, money.EUR) }
		err := s.Update(t.Context(), func(tx store.Tx) error {
			out, err := ledger.System(tx, ledger.CashOut, money.USD)
			if err == nil {
				_, err = ledger.Post(tx, ledger.Request{Kind: "withdrawal", Postings: []ledger.Posting{{From: 2, To: out, Amount: usd(75)}}})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), func(tx store.Tx) error {
			got, err := ledger.Totals(tx)
			want := []ledger.Total{{Currency: money.EUR, Owed: eur(700), CashIn: eur(-700), CashOut: eur(0)}, {Currency: money.USD, Owed: usd(925), CashIn: usd(-1000), CashOut: usd(75)}}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// openForReading opens a database until the test ends, and changes nothing in it.
func openForReading(t *testing.T, url string) viewer {
	t.Helper()
	var r interface {
		viewer
		Close() error
	}
	var err error
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded {
		r, err = sqlite.OpenForReading(t.Context(), path, clock.System{})
	} else {
		r, err = postgres.OpenForReading(t.Context(), postgres.Options{URL: url, Clock: clock.System{}})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestVerifyLooksAtALivingBook(t *testing.T) {
	enginetest.Each(t, livingBook)
}

func livingBook(t *testing.T, engine enginetest.Engine) {
	url := engine.URL(t)
	s := enginetest.Open(t, url, clock.System{})
	ids := ledgertest.Fund(t, s, 4, 1000)
	r := openForReading(t, url)
	ended := make(chan struct{})
	book := ledger.NewBook(store.Ledger(s))
	go func() {
		defer close(ended)
		for i := range 300 {
			if _, err := book.Transfer(t.Context(), ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: ids[i%4], To: ids[(i+1)%4], Amount: money.New(1, money.USD)}}}); err != nil {
				t.Errorf("transfer %d: %v", i, err)
			}
		}
	}()
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
		}
		if rules, _ := broken(t, r, 2); len(rules) > 0 {
			t.Errorf("got %v", rules)
		}
	}
}
