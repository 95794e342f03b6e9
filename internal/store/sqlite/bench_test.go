package sqlite_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// BenchmarkTransfer compares, in one run and always with 64 callers, group
// commit on random pairs and on one hot account with one commit for each
// transfer.
func BenchmarkTransfer(b *testing.B) {
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program does while little is alive
	}
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(b.TempDir(), "purse.db"), Clock: clock.System{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const accounts, callers = 10_000, 64
	ids := ledgertest.Fund(b, s, accounts, 1_000_000)
	book := ledger.NewBook(store.Ledger(s))
	random := func(r *rand.Rand) (from, to ledger.AccountID) {
		i := r.IntN(accounts)
		return ids[i], ids[(i+1+r.IntN(accounts-1))%accounts]
	}
	hot := func(r *rand.Rand) (from, to ledger.AccountID) { return ids[1+r.IntN(accounts-1)], ids[0] }
	for _, bench := range []struct {
		name  string
		alone bool // one transfer at a time: each has a commit to itself
		pick  func(*rand.Rand) (from, to ledger.AccountID)
	}{
		{"one_commit_each", true, random},
		{"group_commit_random", false, random},
		{"group_commit_hot", false, hot},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ReportAllocs()
			var wait sync.WaitGroup
			var turn sync.Mutex
			for caller := range callers {
				wait.Go(func() {
					r := rand.New(rand.NewPCG(uint64(caller), 1))
					for left.Add(-1) >= 0 {
						from, to := bench.pick(r)
						if bench.alone {
							turn.Lock()
						}
						_, err := book.Transfer(ctx, ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(1, money.USD)}}})
						if bench.alone {
							turn.Unlock()
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transfers/s")
		})
	}
}
