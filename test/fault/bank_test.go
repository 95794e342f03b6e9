package fault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

const (
	accounts = 12
	callers  = 48
	opening  = 10_000_000 // cents on each account: nothing is refused for want of funds
)

// bank is callers who transfer at the nodes of one database and remember what they were told.
// Every transfer carries a label of its own, so that it can be found again.
type bank struct {
	nodes    []store.Engine
	accounts []ledger.AccountID

	stopping atomic.Bool
	wait     sync.WaitGroup

	mutex        sync.Mutex
	acknowledged map[string]ledger.TransferID // by label
	unknown      map[string]error             // of those whose callers never got to know
}

// open opens a node until the test ends.
func open(t testing.TB, address string) store.Engine {
	t.Helper()
	return enginetest.Open(t, address, clock.System{})
}

func newBank(t testing.TB, nodes ...store.Engine) *bank {
	t.Helper()
	b := &bank{nodes: nodes, accounts: ledgertest.Fund(t, nodes[0], accounts, opening), acknowledged: map[string]ledger.TransferID{}, unknown: map[string]error{}}
	t.Cleanup(b.stop) // before its nodes are closed
	return b
}

// run lets all callers transfer until stop.
func (b *bank) run() {
	for c := range callers {
		b.wait.Go(func() {
			for n := 0; !b.stopping.Load(); n++ {
				label := fmt.Sprintf(`{"label":"%d-%d"}`, c, n)
				id, err := b.transfer(c, n, label)
				b.mutex.Lock()
				if err == nil {
					b.acknowledged[label] = id
				} else {
					b.unknown[label] = err
				}
				b.mutex.Unlock()
			}
		})
	}
}

// stop ends the callers; each waits for its answer.
func (b *bank) stop() {
	b.stopping.Store(true)
	b.wait.Wait()
}

// answered is how many transfers have been acknowledged so far.
func (b *bank) answered() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.acknowledged)
}

// unanswered is how many callers were not told what became of a transfer.
func (b *bank) unanswered() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.unknown)
}

// errOther is a key that was answered with two transfers.
var errOther = errors.New("the same key was answered with another transfer")

// transfer asks for one transfer in one of the ways there are: in a batch, with
// a key or without, or in a unit of work of its own. Who has a key asks until
// there is an answer, and now and then once more.
func (b *bank) transfer(c, n int, label string) (ledger.TransferID, error) {
	ctx := context.Background()
	node := b.nodes[c/4%len(b.nodes)]
	from, to := b.accounts[c%accounts], b.accounts[(c+1+n%(accounts-1))%accounts]
	request := ledger.Request{Kind: "transfer", Meta: label, Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(int64(1+n%7), money.USD)}}}
	switch c % 4 {
	case 0, 1:
		outcome, err := node.Apply(ctx, request)
		return outcome.Transfer.ID, errors.Join(err, outcome.Err)
	case 2:
		request.Key = &ledger.Key{KeyName: ledger.KeyName{Scope: "bank", Value: label}, Fingerprint: sha256.Sum256([]byte(label))}
		outcome, err := node.Apply(ctx, request)
		for err != nil && fault.KindOf(err) == fault.Unavailable && !b.stopping.Load() {
			outcome, err = node.Apply(ctx, request)
		}
		if err != nil || outcome.Err != nil || n%8 != 0 {
			return outcome.Transfer.ID, errors.Join(err, outcome.Err)
		}
		again, err := node.Apply(ctx, request)
		if err == nil && again.Err == nil && again.Transfer.ID != outcome.Transfer.ID {
			return outcome.Transfer.ID, errOther
		}
		return outcome.Transfer.ID, nil
	}
	var made ledger.Transfer
	err := node.Update(ctx, func(tx store.Tx) (err error) {
		made, err = ledger.Post(tx, request)
		return err
	})
	return made.ID, err
}

// check reads every history through e and compares it with what the callers
// were told.
func (b *bank) check(t *testing.T, e store.Engine) {
	t.Helper()
	found := map[string][]ledger.TransferID{} // by label
	for _, account := range b.accounts {
		for _, line := range ledgertest.History(t, e, account) {
			if line.Amount.Sign() < 0 {
				found[line.Meta] = append(found[line.Meta], line.Transfer)
			}
		}
	}
	for label, id := range b.acknowledged {
		if got := found[label]; len(got) != 1 || got[0] != id {
			t.Errorf("transfer %s %s was acknowledged, and the histories have %v", label, id, got)
		}
	}
	for label, err := range b.unknown {
		if errors.Is(err, errOther) || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("transfer %s: %v", label, err)
		}
	}
	for label, ids := range found {
		_, told := b.acknowledged[label]
		_, lost := b.unknown[label]
		if len(ids) != 1 || !told && !lost {
			t.Errorf("transfer %s is in the histories %d times; acknowledged: %v, unknown: %v", label, len(ids), told, lost)
		}
	}
	if sum := ledgertest.Sum(t, e, b.accounts); sum != accounts*opening {
		t.Errorf("the accounts hold %d cents, and began with %d", sum, accounts*opening)
	}
	ledgertest.Verify(t, e)
	if len(b.acknowledged) == 0 {
		t.Error("nothing was acknowledged, so nothing was tested")
	}
}
