package wallet_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// BenchmarkHistory reads the newest page of a wallet, and one from its middle,
// at a thousand and a million entries: they cost the same. Run it by hand; the
// large wallet takes a minute to fill.
func BenchmarkHistory(b *testing.B) {
	for _, entries := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) { history(b, entries) })
	}
}

func history(b *testing.B, entries int) {
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "purse.db"), Clock: newClock()})
	if err != nil {
		b.Fatal(err)
	}
	n := newNode(b, s)
	v := n.wallet(n.person(), money.KZT, "0")
	middle := fill(b, s, v.ID, entries)
	for name, before := range map[string]ledger.TransferID{"newest": {}, "middle": middle} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				lines, err := n.wallets.History(context.Background(), v.Owner, v.ID, before, 100)
				if err != nil || len(lines) != 100 {
					b.Fatal(len(lines), err)
				}
			}
		})
	}
	n.must(s.Close())
}

// fill makes deposits into an account, many in a unit, and returns one of the middle.
func fill(b *testing.B, s store.Engine, account ledger.AccountID, entries int) (middle ledger.TransferID) {
	b.Helper()
	const load = 1_000
	for done := 0; done < entries; done += load {
		err := s.Update(context.Background(), func(tx store.Tx) error {
			cash, err := ledger.System(tx, ledger.CashIn, money.KZT)
			if err != nil {
				return err
			}
			requests := make([]ledger.Request, load)
			for i := range requests {
				requests[i] = ledger.Request{Kind: statement.KindDeposit, Postings: []ledger.Posting{{From: cash, To: account, Amount: money.New(1, money.KZT)}}}
			}
			outcomes, err := ledger.Apply(tx, requests)
			if err == nil && done <= entries/2 {
				middle = outcomes[load/2].Transfer.ID
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return middle
}
