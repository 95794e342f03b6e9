package model

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"purse/internal/apptest"
	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/test/fault/cutproxy"
)

const (
	workers = 4
	jars    = 3
)

// together has several workers ask at once, each for people of its own. All pay
// into some cards whose owners do nothing: what those have in the end is the sum.
// Meanwhile the program is killed, and its database cut off.
func (w *world) together(one *worker, seed uint64, operations int, proxy *cutproxy.Proxy) {
	w.Helper()
	there := one.spread()
	var common []*account
	for n := range jars {
		p := one.join([]string{"bank", "wallet", "wallet"}[n%3])
		one.people = append(one.people, p)
		if len(p.wallets) == 0 {
			currency := []string{"", "KZT", "EUR"}[n]
			a := w.opened(p, wallet, currency+" money", currency)
			var made shownWallet
			one.decode(one.do(one.atWallet(p, "POST", "create/", "name", quote(a.name), "amount_currency", quote(currency)), 201), &made)
			a.id, a.number = made.ID, made.Number
			p.wallets = append(p.wallets, a)
		}
		a := w.opened(p, card, "", p.wallets[0].currency)
		one.grantTo(a)
		var made shownCard
		one.decode(one.do(one.bank(p, "POST", "/card/create"), 200), &made)
		a.id, a.number, a.jar = made.ID, made.Number, true
		p.cards = append(p.cards, a)
		common = append(common, a)
	}
	for _, p := range one.people { // signing in cannot be repeated at will
		for _, surface := range surfaces {
			if p.uses(surface) {
				one.credential(p, surface)
			}
		}
	}
	w.trouble.Store(true)
	if proxy != nil {
		proxy.Cut(50, cutproxy.AfterCommit)
	}
	until := w.asked.Load() + int64(operations)
	var wait sync.WaitGroup
	for n := range workers {
		part := w.worker(fmt.Sprintf("worker %d", n+1), seed+uint64(n)+1, nil)
		part.jars, part.ended = common, runtime.Goexit
		for i, p := range there {
			if i%workers == n {
				part.people = append(part.people, p)
			}
		}
		wait.Go(func() {
			for w.asked.Load() < until && !w.Failed() {
				if part.step(); part.chance(200) {
					part.compareAll(20)
				}
				if part.chance(50) && part.fault == nil {
					part.hangUpAlone()
				}
			}
			part.glance()
		})
	}
	done := make(chan struct{})
	go func() {
		wait.Wait()
		close(done)
	}()
	w.killAt(until-int64(operations)*3/4, done)
	w.killAt(until-int64(operations)/4, done)
	<-done
	w.trouble.Store(false)
	if proxy != nil {
		proxy.Cut(0, 0)
		w.faults["cuts while several asked"] = proxy.Cuts(cutproxy.AfterCommit) - w.faults["cuts "+cutproxy.AfterCommit.String()]
	}
	if w.Failed() {
		w.FailNow()
	}
}

// spread is the people who are there, two for each worker at least, and those first
// who use all surfaces, so that each worker has one of them.
func (w *worker) spread() []*person {
	var able, others []*person
	for _, p := range w.people {
		switch {
		case p.uses("wallet"):
			able = append(able, p)
		case !p.gone:
			others = append(others, p)
		}
	}
	for len(able) < workers || len(able)+len(others) < 2*workers {
		p := w.join("wallet")
		w.people, able = append(w.people, p), append(able, p)
	}
	return slices.Concat(able, others)
}

// hangUpAlone is hangUp for one of several, who must not count together.
func (w *worker) hangUpAlone() {
	after := w.moment()
	w.fault = func(c call) (apptest.Answer, error) {
		ctx, cancel := context.WithTimeout(w.Context(), after)
		defer cancel()
		return w.send(ctx, c)
	}
}

// killAt ends the program with kill -9 and starts it again, when so many operations were asked.
func (w *world) killAt(operations int64, done chan struct{}) {
	w.Helper()
	for w.asked.Load() < operations {
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond): // between looks; nothing is asserted on it
		}
	}
	w.faults["kill -9 while several asked"]++
	w.purse.Load().Kill()
	w.start()
}

// checkBooks asks the store itself: what is owed to all people in each currency is
// what the model says, so that no account was overlooked.
func (w *world) checkBooks() {
	w.Helper()
	want := map[string]int64{}
	for _, p := range w.people {
		for _, list := range [][]*account{p.wallets, p.cards, p.goals, {p.box}} {
			for _, a := range list {
				if a != nil {
					want[a.currency] += a.balance
				}
			}
		}
	}
	engine := enginetest.Open(w.T, w.direct, clock.System{})
	err := engine.View(w.Context(), func(tx store.Tx) error {
		totals, err := ledger.Totals(tx.(ledger.AuditTx))
		for _, total := range totals {
			if currency := total.Currency.Code(); total.Owed.Minor() != want[currency] {
				w.Errorf("all people have %s %s, want %s", total.Owed, currency, text(want[currency], currency))
			}
			delete(want, total.Currency.Code())
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	for currency, left := range want {
		if left != 0 {
			w.Errorf("all people should have %s %s, and have nothing", text(left, currency), currency)
		}
	}
}
