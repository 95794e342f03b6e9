package sqlite_test

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
)

// Whatever is done and undone, by the writer or by another process, what the
// writer remembers of accounts is what their rows say.
func TestWhatTheWriterRemembersIsWhatTheRowsSay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.db")
	s := open(t, path, clock.System{})
	cards := ledgertest.Fund(t, s, 20, 10_000)
	command := openBeside(t, path)
	r := rand.New(rand.NewPCG(1, 2))
	pay := func() ledger.Request {
		from := r.IntN(len(cards))
		to := (from + 1 + r.IntN(len(cards)-1)) % len(cards)
		return ledger.Request{Kind: "payment", Postings: []ledger.Posting{{From: cards[from], To: cards[to], Amount: money.New(1+r.Int64N(4000), money.USD)}}}
	}
	post := func(tx store.Tx) error {
		_, err := ledger.Post(tx, pay())
		return err
	}
	steps := map[string]func(){
		"transfers": func() {
			var payers sync.WaitGroup
			for range 10 {
				request := pay()
				payers.Go(func() { _, _ = s.Apply(t.Context(), request) })
			}
			payers.Wait()
		},
		"a closure": func() { _ = s.Update(t.Context(), post) },
		"a closure that fails": func() {
			_ = s.Update(t.Context(), func(tx store.Tx) error {
				_ = post(tx)
				return errAny
			})
		},
		"a closure that panics": func() {
			defer func() { _ = recover() }()
			_ = s.Update(t.Context(), func(tx store.Tx) error {
				_ = post(tx)
				panic("thrown")
			})
		},
		"a part that fails": func() {
			_ = s.Update(t.Context(), func(tx store.Tx) error {
				_ = tx.Savepoint(func() error {
					_ = post(tx)
					return errAny
				})
				return post(tx)
			})
		},
		"a status": func() {
			card := cards[r.IntN(len(cards))]
			_ = s.Update(t.Context(), func(tx store.Tx) error {
				if err := ledger.Freeze(tx, card); err != nil {
					return ledger.Thaw(tx, card)
				}
				return nil
			})
		},
		"a merge": func() {
			_ = s.Update(t.Context(), func(tx store.Tx) error {
				return ledger.Reassign(tx, ledger.OwnerID(1+r.IntN(5)), ledger.OwnerID(6+r.IntN(5)))
			})
		},
		"another process": func() { _ = command.Update(t.Context(), post) },
	}
	names := slices.Sorted(maps.Keys(steps))
	compared := 0
	for range 300 {
		name := names[r.IntN(len(names))]
		steps[name]()
		err := s.EachRemembered(func(remembered, row ledger.Account) {
			compared++
			if remembered != row {
				t.Errorf("after %s the writer remembers %+v, and the row says %+v", name, remembered, row)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	if compared < 300 {
		t.Errorf("only %d accounts were remembered", compared)
	}
	ledgertest.Verify(t, s)
}
