package postgres_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
)

// BenchmarkTransfer compares, in one run at 64 callers, batches with one
// transaction for each transfer, on random pairs and on one hot account; and
// one caller alone.
func BenchmarkTransfer(b *testing.B) {
	ctx := context.Background()
	s, err := postgres.Open(ctx, postgres.Options{URL: pgtest.Database(b), Clock: clock.System{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const accounts = 10_000
	ids := ledgertest.Fund(b, s, accounts, 1_000_000)
	book := ledger.NewBook(store.Ledger(s))
	random := func(r *rand.Rand) (from, to ledger.AccountID) {
		i := r.IntN(accounts)
		return ids[i], ids[(i+1+r.IntN(accounts-1))%accounts]
	}
	hot := func(r *rand.Rand) (from, to ledger.AccountID) { return ids[1+r.IntN(accounts-1)], ids[0] }
	batched := func(request ledger.Request) error {
		_, err := book.Transfer(ctx, request)
		return err
	}
	single := func(request ledger.Request) error {
		return s.Update(ctx, func(tx store.Tx) error {
			_, err := ledger.Post(tx, request)
			return err
		})
	}
	for _, bench := range []struct {
		name     string
		callers  int
		pick     func(*rand.Rand) (from, to ledger.AccountID)
		transfer func(ledger.Request) error
	}{
		{"alone", 1, random, batched},
		{"one_transaction_each_64_random", 64, random, single},
		{"one_transaction_each_64_hot", 64, hot, single},
		{"batch_64_random", 64, random, batched},
		{"batch_64_hot", 64, hot, batched},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ReportAllocs()
			var wait sync.WaitGroup
			for caller := range bench.callers {
				wait.Go(func() {
					r := rand.New(rand.NewPCG(uint64(caller), 1))
					for left.Add(-1) >= 0 {
						from, to := bench.pick(r)
						if err := bench.transfer(ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(1, money.USD)}}}); err != nil {
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
