package limit

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/clock"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestAKeyHasItsCountInEachPeriodAndIsToldHowLongToWait(t *testing.T) {
	now := clock.NewManual(noon)
	memory := NewMemory(now)
	rate := Rate{Count: 2, Period: time.Minute}
	for _, step := range []struct {
		at        time.Duration
		allowed   bool
		remaining int
		wait      time.Duration
		reset     time.Duration
	}{
		{0, true, 1, 0, time.Minute},
		{10 * time.Second, true, 0, 0, time.Minute},
		{10 * time.Second, false, 0, 50 * time.Second, time.Minute},
		{time.Minute - 1, false, 0, 1, time.Minute},
		{time.Minute, true, 1, 0, 2 * time.Minute}, // a new period
		{90 * time.Second, true, 0, 0, 2 * time.Minute},
		{100 * time.Second, false, 0, 20 * time.Second, 2 * time.Minute},
		{720 * time.Hour, true, 1, 0, 720*time.Hour + time.Minute}, // the clock was moved
	} {
		now.Set(noon.Add(step.at))
		got := memory.Take(t.Context(), Key{Class: "c", ID: 1}, rate)
		want := Decision{Allowed: step.allowed, Remaining: step.remaining, RetryAfter: step.wait, Reset: noon.Add(step.reset)}
		if got != want {
			t.Errorf("at %s: got %+v, want %+v", step.at, got, want)
		}
	}
}

func TestKeysDoNotShareACounter(t *testing.T) {
	memory := NewMemory(clock.NewManual(noon))
	one := Rate{Count: 1, Period: time.Minute}
	keys := []Key{
		{Class: "a", ID: 1}, {Class: "b", ID: 1}, {Class: "a", ID: 2},
		{Class: "a", Address: netip.MustParseAddr("10.0.0.1")}, {Class: "a", Address: netip.MustParseAddr("10.0.0.2")},
	}
	for _, allowed := range []bool{true, false} {
		for _, key := range keys {
			if got := memory.Take(t.Context(), key, one).Allowed; got != allowed {
				t.Errorf("%v: allowed is %v, want %v", key, got, allowed)
			}
		}
	}
}

func TestManyAtOnceAreAllowedExactlyTheCount(t *testing.T) {
	memory := NewMemory(clock.NewManual(noon))
	var allowed atomic.Int32
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for range 10 {
				if memory.Take(t.Context(), Key{Class: "c", ID: 1}, Rate{30, time.Minute}).Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if allowed.Load() != 30 {
		t.Errorf("%d allowed, want 30", allowed.Load())
	}
}

func TestAFloodOfKeysNeitherGrowsTheMemoryNorFreesALimitedKey(t *testing.T) {
	memory := NewMemory(clock.NewManual(noon))
	rate := Rate{Count: 30, Period: time.Minute}
	guilty := Key{Class: "c", Address: netip.MustParseAddr("192.0.2.1")}
	for range 30 {
		memory.Take(t.Context(), guilty, rate)
	}
	for i := range 3 * shards * keysPerShard {
		memory.Take(t.Context(), Key{Class: "c", ID: int64(i + 1)}, rate)
	}
	if memory.Take(t.Context(), guilty, rate).Allowed {
		t.Error("the flood freed the limited address")
	}
	for i := range memory.shard {
		if n := len(memory.shard[i].windows); n > keysPerShard {
			t.Errorf("shard %d holds %d keys", i, n)
		}
	}
}

func TestKeysWhosePeriodIsOverAreForgottenFirst(t *testing.T) {
	now := noon.UnixNano()
	s := shard{windows: map[Key]window{
		{ID: 1}: {end: now, used: 9},
		{ID: 2}: {end: now + 1, used: 1},
	}}
	s.evict(now)
	if _, kept := s.windows[Key{ID: 2}]; !kept || len(s.windows) != 1 {
		t.Errorf("left %v", s.windows)
	}
}

func TestOffAllowsEverything(t *testing.T) {
	for range 100 {
		if d := (Off{}).Take(t.Context(), Key{}, Rate{Count: 1, Period: time.Minute}); !d.Allowed || d.Remaining != 1 {
			t.Fatalf("got %+v", d)
		}
	}
}

func BenchmarkMemory(b *testing.B) {
	memory := NewMemory(clock.System{})
	b.ReportAllocs()
	for b.Loop() {
		memory.Take(b.Context(), Key{Class: "ordinary", ID: 42}, Rate{1 << 30, time.Minute})
	}
}
