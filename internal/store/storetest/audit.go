package storetest

import (
	"context"
	"testing"
	"time"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// audits is what the rows of a verification promise: all that is in the book,
// as it is stored. That breaches are found is tested with package ledger.
func audits(t *testing.T, open Open) {
	b := openBank(t, open)
	b.pay(t, 500, `{"note":"für dich"}`)
	b.pay(t, 300, "")
	var held ledger.Hold
	update(t, b, func(tx store.Tx) (err error) {
		held, err = ledger.NewHold(tx, b.ann, b.bob, money.New(100, money.USD), start.Add(time.Hour))
		must(err)
		voided, err := ledger.NewHold(tx, b.ann, b.bob, money.New(50, money.USD), start.Add(time.Hour))
		must(err)
		return ledger.VoidHold(tx, voided.ID)
	})
	view(t, b, func(tx store.Tx) error {
		accounts, entries, transfers, err := tx.AuditSize()
		must(err)
		if accounts != 3 || entries != 4 || transfers != 2 {
			t.Errorf("%d accounts, %d entries, %d transfers", accounts, entries, transfers)
		}
		rest, err := tx.AuditAccounts(b.cash, 1)
		must(err)
		if len(rest) != 1 || rest[0].ID != b.ann || rest[0].Balance != 800 || rest[0].Held != 100 || rest[0].Currency != "USD" || rest[0].Kind != ledger.Card {
			t.Errorf("the account after cash: %+v", rest)
		}
		must(tx.AuditHolds(b.cash, b.bob, func(account ledger.AccountID, cents int64) {
			if account != held.Account || cents != 100 {
				t.Errorf("account %d holds %d", account, cents)
			}
		}))
		must(tx.AuditHolds(b.bob, b.bob, func(ledger.AccountID, int64) { t.Error("a hold outside of the range") }))
		last := ledger.EntryID(0)
		must(tx.AuditEntries(func(e *ledger.AuditEntry) error {
			want, err := b.read(e.Transfer)
			if err != nil || !e.Known || !e.Found || e.ID <= last || e.Of.Meta != want.Meta || e.Count != 2 || e.First != want.Entries[0].ID {
				t.Errorf("got %+v, %v", e, err)
			}
			last = e.ID
			return nil
		}))
		refused(t, "ending early", tx.AuditEntries(func(*ledger.AuditEntry) error { return errOwn }), errOwn)
		return ledger.Verify(tx, func(breach ledger.Breach) { t.Errorf("verify: %v", breach) }, func(int64, int64) {})
	})
}

// read reads a transfer in a view of its own.
func (b bank) read(id ledger.TransferID) (transfer ledger.Transfer, err error) {
	err = b.View(context.Background(), func(tx store.Tx) error {
		transfer, err = tx.Transfer(id)
		return err
	})
	return transfer, err
}
