package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stub is a client whose requests take a while.
type stub struct {
	takes time.Duration
	err   error
	asked atomic.Int64
}

func (s *stub) prepare(context.Context) error { return nil }
func (s *stub) close()                        {}
func (s *stub) ask(context.Context) (int, error) {
	s.asked.Add(1)
	time.Sleep(s.takes)
	return 0, s.err
}

func runLoad(t *testing.T, l load) *outcome {
	t.Helper()
	l.kinds = []string{"only"}
	o, err := l.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWithARateLatencyCountsFromWhenARequestWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// One client of 10 ms gets 200 requests a second: half of them are due before it is free.
		o := runLoad(t, load{workers: []worker{&stub{takes: 10 * time.Millisecond}}, duration: time.Second, rate: 200, every: 100 * time.Millisecond})
		if got := o.all.max(); got < 450*time.Millisecond {
			t.Errorf("the longest wait is %s: the time before sending is left out", got)
		}
		if o.all.count() != 101 || o.offered != 200 || o.missed != 99 {
			t.Errorf("%d answered of %d, %d missed", o.all.count(), o.offered, o.missed)
		}
	})
}

func TestWithARateFastClientsAreAskedEvenly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := runLoad(t, load{workers: []worker{&stub{takes: time.Millisecond}, &stub{takes: time.Millisecond}}, duration: time.Second, rate: 100, every: 250 * time.Millisecond})
		if o.all.count() < 99 || o.all.count() > 101 || o.missed > 1 {
			t.Errorf("%d answered, %d missed", o.all.count(), o.missed)
		}
		if got := o.all.max(); got > 2*time.Millisecond {
			t.Errorf("the longest took %s", got)
		}
		for _, p := range o.series {
			if p.Requests < 24 || p.Requests > 26 {
				t.Errorf("at %g s: %d requests", p.At, p.Requests)
			}
		}
	})
}

func TestWithoutARateEachClientAsksAgainWhenItIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := runLoad(t, load{workers: []worker{&stub{takes: 10 * time.Millisecond}, &stub{takes: 20 * time.Millisecond}}, duration: time.Second, every: time.Second / 2})
		if got := o.all.count(); got < 150 || got > 152 {
			t.Errorf("%d answers", got)
		}
	})
}

func TestALoadStopsAfterItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{takes: time.Millisecond}
		o := runLoad(t, load{workers: []worker{s, s, s}, duration: time.Minute, requests: 100, every: time.Second})
		if s.asked.Load() != 100 || o.all.count() != 100 {
			t.Errorf("%d asked, %d answered", s.asked.Load(), o.all.count())
		}
	})
}

func TestWhatWasAnsweredWronglyIsTheOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := errors.New("wrong")
		o := runLoad(t, load{workers: []worker{&stub{takes: time.Second, err: wrong}}, duration: 3 * time.Second, every: time.Second})
		if !errors.Is(o.failure(), wrong) || o.errors == 0 || o.all.count() != 0 {
			t.Errorf("%v, %d errors, %d answers", o.failure(), o.errors, o.all.count())
		}
	})
}

func TestATallyFindsWhatWasNotDone(t *testing.T) {
	var l tally
	a, b := l.open("a", 1000), l.open("b", 0)
	l.moved(a, b, 300)
	l.moved(b, nobody, 50)
	if err := errors.Join(l.check(a, 700), l.check(b, 250)); err != nil {
		t.Error(err)
	}
	if l.check(a, 701) == nil || l.check(b, 300) == nil {
		t.Error("a balance that is another was taken")
	}
}
