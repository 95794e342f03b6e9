package limit

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/internal/clock"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestABudgetIsSpentAtOnceAndFillsUpEvenly(t *testing.T) {
	now := clock.NewManual(noon)
	memory := NewMemory(now)
	rate := Rate{Count: 5, Period: time.Minute} // one more each 12 s
	for _, step := range []struct {
		at        time.Duration
		allowed   bool
		remaining int
		wait      time.Duration
		reset     time.Duration
	}{
		{0, true, 4, 0, 12 * time.Second},
		{0, true, 3, 0, 24 * time.Second},
		{0, true, 2, 0, 36 * time.Second},
		{0, true, 1, 0, 48 * time.Second},
		{0, true, 0, 0, time.Minute},
		{0, false, 0, 12 * time.Second, time.Minute},
		{5 * time.Second, false, 0, 7 * time.Second, time.Minute}, // being refused costs nothing
		{12*time.Second - time.Microsecond, false, 0, time.Microsecond, time.Minute},
		{12 * time.Second, true, 0, 0, 72 * time.Second},
		{12 * time.Second, false, 0, 12 * time.Second, 72 * time.Second},
		{37 * time.Second, true, 1, 0, 84 * time.Second}, // two are back, one is taken
		{84 * time.Second, true, 4, 0, 96 * time.Second}, // full again
		{720 * time.Hour, true, 4, 0, 720*time.Hour + 12*time.Second},
	} {
		now.Set(noon.Add(step.at))
		got := memory.Take(t.Context(), Key{Class: "c", ID: 1}, rate)
		want := Decision{Allowed: step.allowed, Remaining: step.remaining, RetryAfter: step.wait, Reset: noon.Add(step.reset)}
		if got != want {
			t.Errorf("at %s: got %+v, want %+v", step.at, got, want)
		}
	}
}

func TestWhatADecisionTellsIsWhatHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := clock.NewManual(noon)
		rate := Rate{Count: rapid.IntRange(1, 70).Draw(t, "count"), Period: time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "period"))}
		memory := NewMemory(now)
		take := func(m *Memory) Decision { return m.Take(context.Background(), Key{Class: "c", ID: 1}, rate) }
		allowed, began := 0, now.Now()
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			now.Advance(time.Duration(rapid.Int64Range(0, 2*int64(rate.Pace().Interval)).Draw(t, "pause")))
			if d := take(memory); d.Allowed {
				allowed++
				if most := rate.Count + int(now.Now().Sub(began)/rate.Pace().Interval); allowed > most {
					t.Fatalf("%d allowed, at most %d may be", allowed, most)
				}
			}
		}
		// A limiter that goes on from what another has told decides as that one does.
		before := now.Now()
		last := take(memory)
		other := NewMemory(now)
		other.Learn(Key{Class: "c", ID: 1}, last.Reset.Sub(before))
		for i := range last.Remaining {
			if d := take(other); !d.Allowed || d.Remaining != last.Remaining-i-1 {
				t.Fatalf("request %d of %d that remain: %+v", i+1, last.Remaining, d)
			}
		}
		refused := take(other)
		if refused.Allowed || refused.Remaining != 0 || refused.RetryAfter <= 0 {
			t.Fatalf("when nothing remains: %+v", refused)
		}
		now.Advance(refused.RetryAfter - time.Microsecond)
		if early := take(other); early.Allowed {
			t.Fatalf("passed before its time: %+v", early)
		}
		now.Advance(time.Microsecond)
		if inTime := take(other); !inTime.Allowed {
			t.Fatalf("did not pass in its time: %+v", inTime)
		}
		now.Set(take(other).Reset)
		if d := take(other); !d.Allowed || d.Remaining != rate.Count-1 {
			t.Fatalf("not full at its reset: %+v", d)
		}
	})
}

func TestAClockThatIsPutBackKeepsNobodyWaiting(t *testing.T) {
	now := clock.NewManual(noon)
	memory := NewMemory(now)
	rate := Rate{Count: 2, Period: time.Minute}
	take := func() Decision { return memory.Take(t.Context(), Key{Class: "c", ID: 1}, rate) }
	take()
	take()
	now.Set(noon.Add(-time.Hour))
	if d := take(); d.Allowed || d.RetryAfter != 30*time.Second {
		t.Errorf("an hour before: %+v", d)
	}
	now.Advance(30 * time.Second)
	if d := take(); !d.Allowed {
		t.Errorf("after the wait: %+v", d)
	}
}

func TestWhatIsLearntNeverGivesBack(t *testing.T) {
	memory := NewMemory(clock.NewManual(noon))
	rate := Rate{Count: 2, Period: time.Minute}
	key := Key{Class: "c", ID: 1}
	memory.Take(t.Context(), key, rate)
	memory.Take(t.Context(), key, rate)
	memory.Learn(key, time.Second)
	if memory.Take(t.Context(), key, rate).Allowed {
		t.Error("a budget that was spent here was filled by what is known elsewhere")
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
		if n := len(memory.shard[i].budgets); n > keysPerShard {
			t.Errorf("shard %d holds %d keys", i, n)
		}
	}
}

func TestKeysWhoseBudgetIsFullAreForgottenFirst(t *testing.T) {
	now := noon.UnixMicro()
	s := shard{budgets: map[Key]budget{{ID: 1}: budget(now), {ID: 2}: budget(now + 1)}}
	s.evict(now)
	if _, kept := s.budgets[Key{ID: 2}]; !kept || len(s.budgets) != 1 {
		t.Errorf("left %v", s.budgets)
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
