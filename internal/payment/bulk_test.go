package payment

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/fault"
	"purse/internal/ledger"
)

// crowded is units of work of which each waits until as many as may are inside.
type crowded struct {
	inside, most atomic.Int64
	full         chan struct{}
	once         sync.Once
}

func (c *crowded) Update(context.Context, func(Tx) error) error {
	now := c.inside.Add(1)
	defer c.inside.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	if now == maxBulks {
		c.once.Do(func() { close(c.full) })
	}
	<-c.full
	return nil
}

func (c *crowded) View(context.Context, func(Tx) error) error { return errors.New("not asked for") }

func TestFewBulksAreInTheStoreAtOnceAndOneWhoWaitsMayLeave(t *testing.T) {
	work := &crowded{full: make(chan struct{})}
	s := New(Options{Work: work})
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if _, err := s.TransferAll(t.Context(), Bulk{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := work.most.Load(); got != maxBulks {
		t.Errorf("%d at once, want %d", got, maxBulks)
	}
	for range maxBulks {
		s.bulks <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.TransferAll(ctx, Bulk{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWhatAKeyRemembersIsReadAsItWas(t *testing.T) {
	var a, b ledger.TransferID
	for i := range a {
		a[i], b[i] = byte(i), 0xff
	}
	all := []Done{{Transfer: a}, {Err: ledger.ErrInsufficientFunds}, {Err: ledger.ErrKeyReused.In(fault.Field{Name: "key"})}, {Transfer: b}}
	ref, err := refOf(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readRef(ref)
	if err != nil || len(got) != len(all) {
		t.Fatalf("%q: %v, %v", ref, got, err)
	}
	for i := range all {
		if got[i].Transfer != all[i].Transfer || fault.From(got[i].Err) != nil != (all[i].Err != nil) || !errors.Is(got[i].Err, all[i].Err) && all[i].Err != nil {
			t.Errorf("%d: %v, want %v", i, got[i], all[i])
		}
	}
	ref, err = refOf(nil, &RefusedAt{17, ledger.ErrSenderBlocked.Because(errors.New("hidden"))})
	if err != nil || strings.Contains(ref, "hidden") {
		t.Fatal(ref, err)
	}
	var at *RefusedAt
	if _, err := readRef(ref); !errors.As(err, &at) || at.Index != 17 || !errors.Is(err, ledger.ErrSenderBlocked) {
		t.Errorf("%q: %v", ref, err)
	}
	for _, lasting := range []error{&RefusedAt{1, ledger.ErrNoReceiver}, ledger.ErrInsufficientFunds, errors.New("ours")} {
		if ref, err := refOf(nil, lasting); ref != "" || err == nil {
			t.Errorf("%v is remembered: %q", lasting, ref)
		}
	}
}

// FuzzRef holds text that is no reference to an error of ours.
func FuzzRef(f *testing.F) {
	for _, ref := range []string{"", "=AAECAwQFBgcICQoLDA0ODw!ledger.insufficient_funds", "-17!ledger.insufficient_funds", "-", "=", "!", "x", "==", "-1=a"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		var at *RefusedAt
		if _, err := readRef(ref); err != nil && !errors.As(err, &at) && fault.KindOf(err) != fault.Internal {
			t.Fatal(err)
		}
	})
}
