package wallet_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/identity"
	"purse/internal/job"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/wallet"
)

// runner schedules the fees of a node as a Purse does.
func (n node) runner(c clock.Clock) *job.Runner {
	n.t.Helper()
	r, err := job.New(job.Config{Store: store.Narrow[job.Tx](n.engine), Clock: c, Log: slog.New(slog.DiscardHandler), Jobs: []job.Job{
		{Name: "wallet-fees", Next: job.Every(6 * time.Hour), Sooner: n.fees.Next, Run: n.fees.Charge},
	}})
	n.must(err)
	n.must(r.Register(n.t.Context()))
	return r
}

func TestAdvancingTheClockByNinetyDaysTakesThreeFeesOfEachWallet(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		c := &clock.Movable{}
		c.AdvanceTo(time.Now().Add(100 * day))
		n := newNode(t, e.Open(t, c))
		ann := n.person()
		views := []wallet.View{n.wallet(ann, money.KZT, "1000"), n.wallet(ann, money.USD, "10"), n.wallet(ann, money.EUR, "0.50")}
		n.must(n.runner(c).RunDueUntil(t.Context(), c, c.Now().Add(90*day)))
		for i, want := range []string{"400.00", "8.80", "0.14"} {
			seen := n.see(views[i])
			if seen.Balance.String() != want || seen.Active != (i < 2) {
				t.Errorf("%s has %s, active %v; want %s", seen.Currency, seen.Balance, seen.Active, want)
			}
			if due := views[i].FeeDueAt.Add(90 * day); seen.Active && !seen.FeeDueAt.Equal(due) {
				t.Errorf("%s is due at %s, want %s", seen.Currency, seen.FeeDueAt, due)
			}
		}
		ledgertest.Verify(t, n.engine)
	})
}

func TestAfterAYearWithoutAnyNodeOneFeeIsTaken(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		url, c := e.URL(t), newClock()
		first := enginetest.Open(t, url, c)
		n := newNode(t, first)
		n.runner(c)
		v := n.wallet(n.person(), money.KZT, "5000")
		n.must(first.Close())
		c.Advance(365 * day)
		n = newNode(t, enginetest.Open(t, url, c))
		r := n.runner(c)
		for range 3 {
			n.must(r.RunDue(t.Context()))
		}
		if seen := n.see(v); seen.Balance.String() != "4800.00" || !seen.FeeDueAt.Equal(c.Now().Add(wallet.Period)) {
			t.Errorf("%s, due %s", seen.Balance, seen.FeeDueAt)
		}
	})
}

func TestClosedWalletsAreAskedForNoFee(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		c := newClock()
		n := newNode(t, e.Open(t, c))
		left := n.person()
		gone, stays := n.wallet(left, money.KZT, "0"), n.wallet(n.person(), money.KZT, "5000")
		n.must(n.engine.Update(t.Context(), func(tx store.Tx) error { return ledger.CloseAll(tx, left) }))
		c.Advance(wallet.Period)
		n.must(n.fees.Charge(t.Context()))
		c.Advance(wallet.Period)
		n.must(n.fees.Charge(t.Context()))
		if seen := n.see(stays); seen.Balance.String() != "4600.00" {
			t.Errorf("the other paid to %s", seen.Balance)
		}
		if seen := n.see(gone); seen.Active || seen.FeeDueAt.Before(c.Now().AddDate(90, 0, 0)) || !seen.UpdatedAt.Equal(gone.UpdatedAt) {
			t.Errorf("%+v", seen)
		}
		ledgertest.Verify(t, n.engine)
	})
}

// TestNothingIsNamedForSomebodyWhoHasLeft comes with a session that was looked at
// before its owner left.
func TestNothingIsNamedForSomebodyWhoHasLeft(t *testing.T) {
	n := newNode(t, enginetest.SQLite.Open(t, newClock()))
	left := n.person()
	v := n.wallet(left, money.KZT, "0")
	n.must(n.engine.Update(t.Context(), func(tx store.Tx) error { return tx.EraseUser(identity.UserID(left)) }))
	if _, err := n.wallets.Create(t.Context(), left, "Holidays", "USD", nil); !errors.Is(err, identity.ErrNoUser) {
		t.Errorf("created: %v", err)
	}
	if _, err := n.wallets.Rename(t.Context(), left, v.ID, "Holidays"); !errors.Is(err, identity.ErrNoUser) {
		t.Errorf("renamed: %v", err)
	}
}

// TestThreeNodesThatChargeAtOnceTakeOneFee has every node do the whole job at
// the same moments, as if no lease held them apart, while money comes and goes.
func TestThreeNodesThatChargeAtOnceTakeOneFee(t *testing.T) {
	c := newClock()
	address := pgtest.Database(t)
	var nodes []node
	for range 3 {
		nodes = append(nodes, newNode(t, enginetest.Open(t, address, c)))
	}
	const many = 120 // more than one unit charges
	var views []wallet.View
	for i := range many {
		amount := "1000"
		if i%3 == 0 {
			amount = "100" // cannot pay
		}
		views = append(views, nodes[0].wallet(nodes[0].person(), money.KZT, amount))
	}
	c.Advance(wallet.Period)
	cent, err := money.ParseDecimal("0.01")
	nodes[0].must(err)
	var wait sync.WaitGroup
	for i, n := range nodes {
		wait.Go(func() {
			for range 2 {
				if err := n.fees.Charge(context.Background()); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			}
		})
		wait.Go(func() {
			for _, v := range views[i*many/3 : (i+1)*many/3] {
				if _, err := n.wallets.Deposit(context.Background(), wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: cent}); err != nil {
					t.Errorf("node %d: %v", i, err)
				}
			}
		})
	}
	wait.Wait()
	for i, v := range views {
		seen, want := nodes[i%3].see(v), "800.01"
		if i%3 == 0 {
			want = "100.01"
		}
		if seen.Balance.String() != want || seen.Active != (i%3 != 0) {
			t.Errorf("wallet %d has %s, active %v; want %s", i, seen.Balance, seen.Active, want)
		}
	}
	ledgertest.Verify(t, nodes[0].engine)
}

// TestMoneyInAndOutAtOnceWithTheFeeLosesNothing keeps a wallet at the edge of
// what the fee takes while it is charged, drained and filled.
func TestMoneyInAndOutAtOnceWithTheFeeLosesNothing(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		c := newClock()
		n := newNode(t, e.Open(t, c))
		v := n.wallet(n.person(), money.KZT, "300")
		amount, err := money.ParseDecimal("50")
		n.must(err)
		m := wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: amount}
		var in, out int
		for range 4 {
			c.Set(n.see(v).FeeDueAt)
			var mutex sync.Mutex
			var wait sync.WaitGroup
			for range 10 {
				wait.Go(func() {
					if _, err := n.wallets.Deposit(context.Background(), m); err != nil {
						t.Error(err)
					}
				})
				wait.Go(func() {
					_, err := n.wallets.Withdraw(context.Background(), m)
					mutex.Lock()
					defer mutex.Unlock()
					if in++; err == nil {
						out++
					}
				})
				wait.Go(func() {
					if err := n.fees.Charge(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
		}
		fees := 0
		lines, err := n.wallets.History(t.Context(), v.Owner, v.ID, ledger.TransferID{}, 500)
		n.must(err)
		for _, l := range lines {
			if l.Operation == wallet.FeePaid {
				fees++
			}
		}
		seen := n.see(v)
		if want := money.New(int64(300+50*in-50*out-200*fees)*100, money.KZT); seen.Balance != want || fees > 4 {
			t.Errorf("%s after %d in, %d out and %d fees; want %s", seen.Balance, in, out, fees, want)
		}
		if !seen.Active && seen.Balance.Minor() >= wallet.Fee.Minor() {
			t.Errorf("it is blocked with %s", seen.Balance)
		}
		ledgertest.Verify(t, n.engine)
	})
}
