// Package ledgertest helps tests that put an engine under load and then look
// at the whole book. It is imported by tests alone and knows no engine.
package ledgertest

import (
	"context"
	"errors"
	"testing"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// Fund opens count cards of different owners with cents US cents each.
func Fund(t testing.TB, e store.Engine, count int, cents int64) (ids []ledger.AccountID) {
	t.Helper()
	err := e.Update(context.Background(), func(tx store.Tx) error {
		cash, err := ledger.System(tx, ledger.CashIn, money.USD)
		if err != nil {
			return err
		}
		ids = make([]ledger.AccountID, count)
		grants := make([]ledger.Request, count)
		for i := range ids {
			a, err := ledger.OpenAccount(tx, ledger.OwnerID(i+1), ledger.Card, money.USD)
			if err != nil {
				return err
			}
			ids[i] = a.ID
			grants[i] = ledger.Request{Kind: "grant", Postings: []ledger.Posting{{From: cash, To: a.ID, Amount: money.New(cents, money.USD)}}}
		}
		outcomes, err := ledger.Apply(tx, grants)
		for _, outcome := range outcomes {
			err = errors.Join(err, outcome.Err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// Verify fails the test for every invariant that the book breaks.
func Verify(t testing.TB, e store.Engine) {
	t.Helper()
	err := e.View(context.Background(), func(tx store.Tx) error {
		return ledger.Verify(tx.(ledger.AuditTx), func(b ledger.Breach) { t.Errorf("the book is broken: %s", b) }, func(int64, int64) {})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Sum is the total of accounts' balances, read in one snapshot.
func Sum(t testing.TB, e store.Engine, ids []ledger.AccountID) (cents int64) {
	t.Helper()
	err := e.View(context.Background(), func(tx store.Tx) error {
		accounts, err := tx.Accounts(ids)
		for _, a := range accounts {
			cents += a.Balance.Minor()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cents
}

// History is every entry of an account, the newest first, read page by page.
func History(t testing.TB, e store.Engine, account ledger.AccountID) (lines []ledger.Line) {
	t.Helper()
	const page = 500
	for before := ledger.EntryID(0); ; before = lines[len(lines)-1].ID {
		var next []ledger.Line
		err := e.View(context.Background(), func(tx store.Tx) (err error) {
			next, err = tx.Lines(account, before, page)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, next...)
		if len(next) < page {
			return lines
		}
	}
}
