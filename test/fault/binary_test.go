package fault

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
	"purse/test/fault/cutproxy"
)

// TestTheProgramAnswersAlthoughItsCommitsAreCutOff cuts the whole program off
// at its commits while people register, and while they pay: nobody notices.
func TestTheProgramAnswersAlthoughItsCommitsAreCutOff(t *testing.T) {
	const (
		people  = 6
		payers  = 18
		cutting = 20 // at each moment
	)
	address := pgtest.Database(t)
	proxy, through := cutproxy.Start(t, address)
	purse := apptest.Start(t, apptest.Development(through), "dev", "--listen", "{listen}")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	proxy.Cut(6, cutproxy.AfterCommit)
	crowd, err := apptest.NewCrowd(ctx, purse.Base, people)
	if err != nil {
		t.Fatal(err)
	}
	registering := proxy.Cuts(cutproxy.AfterCommit)
	if registering == 0 {
		t.Error("no connection was cut while people registered")
	}
	var wait sync.WaitGroup
	var stop atomic.Bool
	for caller := range payers {
		wait.Go(func() {
			for n := 0; !stop.Load(); n++ {
				p := crowd.Draw(caller)
				if caller%2 == 0 {
					p.Key = fmt.Sprintf("%d-%d", caller, n)
				}
				if err := crowd.Pay(ctx, purse.Base, p); err != nil {
					t.Errorf("caller %d: %v", caller, err)
					return
				}
			}
		})
	}
	for _, moment := range []cutproxy.Moment{cutproxy.BeforeCommit, cutproxy.LateCommit, cutproxy.AfterCommit} {
		proxy.Cut(4, moment)
		enough := proxy.Cuts(moment) + cutting
		await(t, "the cuts", func() bool { return proxy.Cuts(moment) >= enough || t.Failed() })
	}
	proxy.Cut(0, 0)
	healed := crowd.Acknowledged() + payers
	await(t, "answers after the last cut", func() bool { return crowd.Acknowledged() > healed || t.Failed() })
	stop.Store(true)
	wait.Wait()
	if err := crowd.Check(ctx, purse.Base); err != nil {
		t.Error(err)
	}
	apptest.Verify(t, apptest.Development(address))
	t.Logf("%d cuts while people registered, %d while they paid, %d payments acknowledged", registering, 3*cutting, crowd.Acknowledged())
}

// TestTheProgramOutlivesItsDatabase takes the server away and brings it back:
// the program says so while it lasts, and then goes on, sessions and all.
func TestTheProgramOutlivesItsDatabase(t *testing.T) {
	address, server := pgtest.Database(t), pgtest.Server(t)
	purse := apptest.Start(t, apptest.Development(address), "dev", "--listen", "{listen}")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	person := apptest.NewClient(purse.Base, 1)
	if err := person.Register(ctx); err != nil {
		t.Fatal(err)
	}
	ready := func() int {
		answer, err := person.Call(ctx, http.MethodGet, "/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Status
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "the program to say that it is not ready", func() bool { return ready() == http.StatusServiceUnavailable })
	if answer, err := person.Call(ctx, http.MethodGet, "/healthz", nil); err != nil || answer.Status != http.StatusOK {
		t.Errorf("without a database, /healthz answers with %d: %s %v", answer.Status, answer.Body, err)
	}
	if answer, err := person.Call(ctx, http.MethodPost, "/card/create", nil); err != nil || answer.Status < 500 {
		t.Errorf("without a database, a card was answered with %d: %s %v", answer.Status, answer.Body, err)
	} else {
		t.Logf("without a database, a card is answered with %d", answer.Status)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the program to be ready again", func() bool { return ready() == http.StatusOK })
	if _, err := person.OpenCard(ctx); err != nil {
		t.Error(err)
	}
}
