package fault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"

	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/postgres/pgtest"
	"purse/test/fault/cutproxy"
)

// TestOneKeyAtTwoNodesIsOneTransfer sends every key to two nodes at once, many
// times over, while the commits of one node are cut off.
func TestOneKeyAtTwoNodesIsOneTransfer(t *testing.T) {
	const keys, senders = 40, 8
	address := pgtest.Database(t)
	proxy, through := cutproxy.Start(t, address)
	nodes := [2]store.Engine{open(t, through), open(t, address)}
	ids := ledgertest.Fund(t, nodes[1], 4, opening)
	proxy.Cut(5, cutproxy.AfterCommit)

	ways := []struct {
		name   string
		send   func(ctx context.Context, node store.Engine, request ledger.Request) (ledger.Transfer, error)
		rivals bool // half of the senders ask for something else under the same key
	}{
		{"in a batch", inBatch, false},
		{"in a unit of work", inUnit, false},
		{"in a batch, with rivals", inBatch, true},
		{"in a unit of work, with rivals", inUnit, true},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			for k := range keys {
				key := fmt.Sprintf("%s %d", way.name, k)
				made := make([]ledger.TransferID, senders)
				refused := make([]error, senders)
				var wait sync.WaitGroup
				for s := range senders {
					wait.Go(func() {
						what, from, to := "the same", ids[0], ids[1]
						if way.rivals && s >= senders/2 {
							what, from, to = "another", ids[2], ids[3]
						}
						transfer, err := way.send(context.Background(), nodes[s%2], ledger.Request{
							Kind: "transfer", Meta: fmt.Sprintf(`{"key":%q}`, key), Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(1, money.USD)}},
							Key: &ledger.Key{KeyName: ledger.KeyName{Scope: "keys", Value: key}, Fingerprint: sha256.Sum256([]byte(what))},
						})
						made[s], refused[s] = transfer.ID, err
					})
				}
				wait.Wait()
				one := oneOf(t, key, made, refused)
				for s := range senders {
					loser := way.rivals && made[s] != one
					switch {
					case loser && !errors.Is(refused[s], ledger.ErrKeyReused):
						t.Errorf("%s: a rival got %s, %v", key, made[s], refused[s])
					case !loser && (refused[s] != nil || made[s] != one):
						t.Errorf("%s: a sender got %s, %v, another one %s", key, made[s], refused[s], one)
					}
				}
			}
		})
	}
	seen := map[string]int{}
	for _, from := range []ledger.AccountID{ids[0], ids[2]} {
		for _, line := range ledgertest.History(t, nodes[1], from) {
			if line.Amount.Sign() < 0 {
				seen[line.Meta]++
			}
		}
	}
	for meta, times := range seen {
		if times != 1 {
			t.Errorf("%s moved money %d times", meta, times)
		}
	}
	if len(seen) != len(ways)*keys {
		t.Errorf("%d keys moved money, want %d", len(seen), len(ways)*keys)
	}
	ledgertest.Verify(t, nodes[1])
	t.Logf("%d keys, %d requests, %d commits cut off", len(ways)*keys, len(ways)*keys*senders, proxy.Cuts(cutproxy.AfterCommit))
}

// oneOf is the transfer that a key has made: the first that anyone was told of.
func oneOf(t *testing.T, key string, made []ledger.TransferID, refused []error) ledger.TransferID {
	t.Helper()
	for s := range made {
		if refused[s] == nil {
			return made[s]
		}
	}
	t.Fatalf("%s: nobody got a transfer: %v", key, refused)
	return ledger.TransferID{}
}

func inBatch(ctx context.Context, node store.Engine, request ledger.Request) (ledger.Transfer, error) {
	return ledger.NewBook(store.Ledger(node)).Transfer(ctx, request)
}

func inUnit(ctx context.Context, node store.Engine, request ledger.Request) (ledger.Transfer, error) {
	key := request.Key
	request.Key = nil
	return ledger.TransferOnce(ctx, node, key, func(tx store.Tx) (ledger.Transfer, error) { return ledger.Post(tx, request) })
}
