package httpkit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var one = flight{user: 1, route: "POST /transfer", key: "k"}

func TestARequestWaitsForAnEarlierOneWithItsKey(t *testing.T) {
	var f flights
	var inside, entered atomic.Int32
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			leave, err := f.enter(t.Context(), one, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			if inside.Add(1) != 1 {
				t.Error("two requests with one key at once")
			}
			entered.Add(1)
			inside.Add(-1)
			leave()
		})
	}
	wait.Wait()
	if entered.Load() != 50 || len(f.ends) != 0 {
		t.Errorf("%d entered, %d flights are left", entered.Load(), len(f.ends))
	}
}

func TestAKeyThatStaysInFlightIsRefused(t *testing.T) {
	var f flights
	leave, err := f.enter(t.Context(), one, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.enter(t.Context(), one, time.Millisecond); !errors.Is(err, ErrKeyInFlight) {
		t.Errorf("got %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.enter(gone, one, time.Minute); !errors.Is(err, ErrKeyInFlight) {
		t.Errorf("a client that has left: %v", err)
	}
	for _, other := range []flight{{user: 2, route: one.route, key: one.key}, {user: 1, route: "POST /pay", key: one.key}, {user: 1, route: one.route, key: "l"}} {
		leave, err := f.enter(t.Context(), other, time.Millisecond)
		if err != nil {
			t.Errorf("%+v: %v", other, err)
			continue
		}
		leave()
	}
	leave()
	if leave, err = f.enter(t.Context(), one, time.Millisecond); err != nil {
		t.Fatalf("after it ended: %v", err)
	}
	leave()
}
