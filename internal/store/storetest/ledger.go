package storetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// accounts is what the rows of accounts promise.
func accounts(t *testing.T, open Open) {
	full := ledger.Account{
		Owner: 7, Kind: ledger.Savings, Currency: money.KWD, Balance: money.New(5000, money.KWD), Held: money.New(1200, money.KWD),
		Status: ledger.Frozen, CreatedAt: start.Add(1234567 * time.Microsecond), Entries: 3, LastEntry: 9, LastHash: ledger.Hash{1, 2, 3},
	}
	insert := func(t *testing.T, e store.Engine, a ledger.Account) ledger.Account {
		t.Helper()
		update(t, e, func(tx store.Tx) (err error) {
			if a.ID, err = tx.NewAccountID(); err != nil {
				return err
			}
			return tx.InsertAccount(a)
		})
		return a
	}

	t.Run("an account is read as it was written", func(t *testing.T) {
		e, _ := fresh(t, open)
		want := insert(t, e, full)
		view(t, e, func(tx store.Tx) error {
			got, err := ledger.One(tx, want.ID)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			return err
		})
	})

	t.Run("Append changes what moves and nothing else", func(t *testing.T) {
		e, _ := fresh(t, open)
		want, other := insert(t, e, full), insert(t, e, full)
		want.Balance, want.Held, want.Status = money.New(1, money.KWD), money.New(0, money.KWD), ledger.Closed
		want.Entries, want.LastEntry, want.LastHash = 4, 11, ledger.Hash{9}
		update(t, e, func(tx store.Tx) error { return tx.Append(ledger.Changes{Accounts: []ledger.Account{want}}) })
		view(t, e, func(tx store.Tx) error {
			got, err := tx.Accounts([]ledger.AccountID{want.ID, other.ID})
			if !slices.Equal(got, []ledger.Account{want, other}) {
				t.Errorf("got %+v, want %+v", got, []ledger.Account{want, other})
			}
			return err
		})
	})

	t.Run("accounts that do not exist are left out", func(t *testing.T) {
		e, _ := fresh(t, open)
		a := insert(t, e, full)
		view(t, e, func(tx store.Tx) error {
			got, err := tx.Accounts([]ledger.AccountID{a.ID, a.ID + 1})
			if len(got) != 1 || got[0].ID != a.ID {
				t.Errorf("got %+v", got)
			}
			return err
		})
	})

	t.Run("an owner's accounts are listed by id, the system's never", func(t *testing.T) {
		e, _ := fresh(t, open)
		mine, other, system := full, full, full
		other.Owner, system.Owner = 8, 0
		var want []ledger.AccountID
		for _, a := range []ledger.Account{mine, other, system, mine} {
			if a = insert(t, e, a); a.Owner == 7 {
				want = append(want, a.ID)
			}
		}
		view(t, e, func(tx store.Tx) error {
			found, err := tx.AccountsOf(7)
			var got []ledger.AccountID
			for _, a := range found {
				got = append(got, a.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if of, _ := tx.AccountsOf(0); len(of) != 0 {
				t.Errorf("the system's accounts are listed: %+v", of)
			}
			return err
		})
	})

	t.Run("a system account is found by kind and currency", func(t *testing.T) {
		e, _ := fresh(t, open)
		find := func(kind ledger.AccountKind, currency money.Currency) (id ledger.AccountID) {
			view(t, e, func(tx store.Tx) (err error) {
				id, err = tx.SystemAccount(kind, currency)
				return err
			})
			return id
		}
		if got := find(ledger.Fees, money.USD); got != 0 {
			t.Errorf("before it was set: %d", got)
		}
		a := insert(t, e, ledger.Account{Kind: ledger.Fees, Currency: money.USD, Balance: money.New(0, money.USD), Held: money.New(0, money.USD), Status: ledger.Open})
		update(t, e, func(tx store.Tx) error { return tx.SetSystemAccount(ledger.Fees, money.USD, a.ID) })
		if got := find(ledger.Fees, money.USD); got != a.ID {
			t.Errorf("got %d, want %d", got, a.ID)
		}
		if other, another := find(ledger.Fees, money.EUR), find(ledger.Bills, money.USD); other != 0 || another != 0 {
			t.Errorf("another currency gave %d, another kind %d", other, another)
		}
	})
}

// bank is a database with the system's cash and two customers.
type bank struct {
	store.Engine
	cash, ann, bob ledger.AccountID
}

func openBank(t *testing.T, open Open) bank {
	t.Helper()
	e, _ := fresh(t, open)
	b := bank{Engine: e}
	update(t, e, func(tx store.Tx) (err error) {
		b.cash, err = ledger.System(tx, ledger.CashIn, money.USD)
		must(err)
		for i, id := range []*ledger.AccountID{&b.ann, &b.bob} {
			a, err := ledger.OpenAccount(tx, ledger.OwnerID(i+1), ledger.Card, money.USD)
			must(err)
			*id = a.ID
		}
		return nil
	})
	return b
}

// pay moves cents from the system to ann, through Apply.
func (b bank) pay(t *testing.T, cents int64, meta string) ledger.Transfer {
	t.Helper()
	outcome, err := b.Apply(context.Background(), ledger.Request{Kind: "grant", Actor: 1, Meta: meta, Postings: []ledger.Posting{{From: b.cash, To: b.ann, Amount: money.New(cents, money.USD)}}})
	must(errors.Join(err, outcome.Err))
	return outcome.Transfer
}

// transfers is what the rows of transfers promise.
func transfers(t *testing.T, open Open) {
	t.Run("a transfer is read as it was made", func(t *testing.T) {
		b := openBank(t, open)
		var first, second ledger.Transfer
		update(t, b, func(tx store.Tx) (err error) {
			first, err = ledger.Post(tx, ledger.Request{Kind: "grant", Actor: 3, Meta: `{"note":"für dich"}`, Postings: []ledger.Posting{
				{From: b.cash, To: b.ann, Amount: money.New(500, money.USD)}, {From: b.ann, To: b.bob, Amount: money.New(200, money.USD)},
			}})
			must(err)
			second, err = ledger.Reverse(tx, first.ID, 4, "")
			return err
		})
		view(t, b, func(tx store.Tx) error {
			for _, want := range []ledger.Transfer{first, second} {
				got, err := tx.Transfer(want.ID)
				must(err)
				same := got.ID == want.ID && got.Kind == want.Kind && got.Actor == want.Actor && got.Meta == want.Meta && got.At.Equal(want.At) &&
					got.Reverses == want.Reverses && slices.Equal(got.Entries, want.Entries)
				if !same || len(got.Entries) != 4 {
					t.Errorf("got %+v, want %+v", got, want)
				}
			}
			reversal, err := tx.ReversalOf(first.ID)
			must(err)
			none, err := tx.ReversalOf(second.ID)
			if reversal != second.ID || !none.IsZero() {
				t.Errorf("reversals: got %v and %v, want %v and none", reversal, none, second.ID)
			}
			return err
		})
	})

	t.Run("a transfer that does not exist is not found", func(t *testing.T) {
		b := openBank(t, open)
		view(t, b, func(tx store.Tx) error {
			_, err := tx.Transfer(ledger.TransferID{1})
			refused(t, "Transfer", err, ledger.ErrNoTransfer)
			return nil
		})
	})

	t.Run("ids grow in the order of transfers, also when the clock goes back and after opening again", func(t *testing.T) {
		b := openBank(t, open)
		before := b.pay(t, 1, "")
		for range 3 {
			after := b.pay(t, 1, "")
			if bytes.Compare(before.ID[:], after.ID[:]) >= 0 {
				t.Errorf("%v does not come after %v", after.ID, before.ID)
			}
			before = after
		}
		must(b.Close())
		c := clock.NewManual(start.Add(-time.Hour))
		b.Engine = open(t, c)
		after := b.pay(t, 1, "")
		if bytes.Compare(before.ID[:], after.ID[:]) >= 0 {
			t.Errorf("after opening again %v does not come after %v", after.ID, before.ID)
		}
		if last := before.Entries[1].ID; after.Entries[0].ID <= last {
			t.Errorf("after opening again entry %d does not come after %d", after.Entries[0].ID, last)
		}
	})

	t.Run("a transfer that panics undoes itself alone, and the panic goes on in its caller", func(t *testing.T) {
		b := openBank(t, open)
		const each = 20
		var wait sync.WaitGroup
		for i := range 2 * each {
			wait.Go(func() {
				if i%2 == 0 {
					b.pay(t, 1, "")
					return
				}
				request := ledger.Request{Kind: "grant", Refusal: thrower{}, Postings: []ledger.Posting{{From: b.cash, To: b.bob, Amount: money.New(1, money.USD)}}}
				if met := caught(func() { _, _ = b.Apply(context.Background(), request) }); met != "thrown" {
					t.Errorf("the caller met %v, want the panic", met)
				}
			})
		}
		wait.Wait()
		view(t, b, func(tx store.Tx) error {
			for id, want := range map[ledger.AccountID]int64{b.ann: each, b.bob: 0} {
				a, err := ledger.One(tx, id)
				must(err)
				if got := a.Balance.Minor(); got != want {
					t.Errorf("account %d has %d, want %d", id, got, want)
				}
			}
			return nil
		})
	})

	t.Run("what is refused in a batch leaves no rows", func(t *testing.T) {
		b := openBank(t, open)
		outcome, err := b.Apply(context.Background(), ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: b.ann, To: b.bob, Amount: money.New(1, money.USD)}}})
		must(err)
		refused(t, "Apply", outcome.Err, ledger.ErrInsufficientFunds)
		view(t, b, func(tx store.Tx) error {
			lines, err := tx.Lines(b.ann, 0, 10)
			if len(lines) != 0 {
				t.Errorf("there are entries: %+v", lines)
			}
			return err
		})
	})
}

// thrower is a refusal that cannot be asked what it is.
type thrower struct{}

func (thrower) Error() string { return "thrower" }
func (thrower) As(any) bool   { panic("thrown") }

// histories is what Lines promises.
func histories(t *testing.T, open Open) {
	b := openBank(t, open)
	var made []ledger.Entry // of ann, newest first
	for i := range 7 {
		transfer := b.pay(t, int64(i+1), strconv.Itoa(i))
		made = slices.Insert(made, 0, transfer.Entries[1])
	}
	stranger := b.pay(t, 1, "").Entries[0].ID // cash's entry
	made = slices.Insert(made, 0, ledger.Entry{})
	view(t, b, func(tx store.Tx) error {
		newest, err := tx.Lines(b.ann, 0, 1)
		must(err)
		made[0] = newest[0].Entry
		for _, test := range []struct {
			name   string
			before ledger.EntryID
			limit  int
			want   []ledger.Entry
		}{
			{"the newest first", 0, 3, made[:3]},
			{"before an entry", made[2].ID, 3, made[3:6]},
			{"to the end", made[5].ID, 10, made[6:]},
			{"before the first", made[7].ID, 10, nil},
			{"of none", 0, 0, nil},
			{"all", 0, 100, made},
		} {
			lines, err := tx.Lines(b.ann, test.before, test.limit)
			must(err)
			var got []ledger.Entry
			for _, l := range lines {
				got = append(got, l.Entry)
				if l.Kind != "grant" || l.Actor != 1 || !l.At.Equal(start) {
					t.Errorf("%s: the transfer of %+v", test.name, l)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
			}
		}
		_, err = tx.Lines(b.ann, stranger, 3)
		refused(t, "another account's entry as a cursor", err, ledger.ErrNoCursor)
		_, err = tx.Lines(b.bob+100, 0, 3)
		refused(t, "an account that does not exist", err, ledger.ErrNoAccount)
		lines, err := tx.Lines(b.bob, 0, 3)
		if len(lines) != 0 {
			t.Errorf("an empty history has %+v", lines)
		}
		return err
	})
}

// keys is what the rows of idempotency keys promise.
func keys(t *testing.T, open Open) {
	record := func(value string, expires time.Time) ledger.KeyRecord {
		return ledger.KeyRecord{Key: ledger.Key{KeyName: ledger.KeyName{Scope: "1 pay", Value: value}, Fingerprint: [32]byte{4}}, Ref: "ref", Refusal: "some.code", ExpiresAt: expires}
	}

	t.Run("live records are found, with all they hold", func(t *testing.T) {
		e, c := fresh(t, open)
		live, short := record("live", start.Add(time.Hour)), record("short", start.Add(time.Minute))
		update(t, e, func(tx store.Tx) error { return tx.Append(ledger.Changes{Keys: []ledger.KeyRecord{live, short}}) })
		c.Advance(time.Minute)
		names := []ledger.KeyName{live.KeyName, short.KeyName, {Scope: "2 pay", Value: "live"}}
		view(t, e, func(tx store.Tx) error {
			found, err := tx.Keys(names)
			if len(found) != 1 || found[0] != live {
				t.Errorf("got %+v, want only %+v", found, live)
			}
			return err
		})
		again := record("short", start.Add(2*time.Hour))
		again.Ref = "another"
		update(t, e, func(tx store.Tx) error { return tx.Append(ledger.Changes{Keys: []ledger.KeyRecord{again}}) })
		view(t, e, func(tx store.Tx) error {
			found, err := tx.Keys(names[1:2])
			if len(found) != 1 || found[0] != again {
				t.Errorf("after its expiry: got %+v, want %+v", found, again)
			}
			return err
		})
	})

	t.Run("expired records are deleted, at most so many", func(t *testing.T) {
		e, c := fresh(t, open)
		var records []ledger.KeyRecord
		for i := range 5 {
			records = append(records, record(strconv.Itoa(i), start.Add(time.Duration(i+1)*time.Minute)))
		}
		update(t, e, func(tx store.Tx) error { return tx.Append(ledger.Changes{Keys: records}) })
		c.Advance(3 * time.Minute)
		for _, want := range []int{2, 1, 0} {
			update(t, e, func(tx store.Tx) error {
				got, err := tx.DeleteKeys(2)
				if got != want {
					t.Errorf("deleted %d, want %d", got, want)
				}
				return err
			})
		}
		view(t, e, func(tx store.Tx) error {
			found, err := tx.Keys([]ledger.KeyName{records[3].KeyName, records[4].KeyName})
			if len(found) != 2 {
				t.Errorf("live records were deleted: %+v are left", found)
			}
			return err
		})
	})
}

// holds is what the rows of holds promise.
func holds(t *testing.T, open Open) {
	b := openBank(t, open)
	hold := func(n byte, state ledger.HoldState, expires time.Time) ledger.Hold {
		return ledger.Hold{ID: ledger.HoldID{n}, Account: b.ann, To: b.bob, Amount: money.New(int64(n), money.USD), State: state, CreatedAt: start, ExpiresAt: expires}
	}
	later, due, dueFirst, ended := hold(1, ledger.Held, start.Add(time.Minute)), hold(2, ledger.Held, start), hold(3, ledger.Held, start.Add(-time.Hour)), hold(4, ledger.Held, start)
	update(t, b, func(tx store.Tx) error {
		must(tx.Append(ledger.Changes{Holds: []ledger.Hold{later, due, dueFirst, ended}}))
		ended.State, ended.Transfer = ledger.Posted, ledger.TransferID{5}
		return tx.Append(ledger.Changes{Holds: []ledger.Hold{ended}})
	})
	view(t, b, func(tx store.Tx) error {
		for _, want := range []ledger.Hold{later, due, dueFirst, ended} {
			got, err := tx.Hold(want.ID)
			must(err)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
		_, err := tx.Hold(ledger.HoldID{9})
		refused(t, "a hold that does not exist", err, ledger.ErrNoHold)
		for limit, want := range [][]ledger.HoldID{1: {dueFirst.ID}, 3: {dueFirst.ID, due.ID}} {
			if want == nil {
				continue
			}
			got, err := tx.DueHolds(limit)
			must(err)
			if !slices.Equal(got, want) {
				t.Errorf("due, at most %d: got %v, want %v", limit, got, want)
			}
		}
		return nil
	})
}
