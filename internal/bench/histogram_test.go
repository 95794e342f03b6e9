package bench

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreWithinAThousandthOfTheTrueOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := newHistogram()
	var all []time.Duration
	for range 100_000 {
		latency := time.Duration(random.ExpFloat64() * float64(5*time.Millisecond))
		h.record(latency)
		all = append(all, latency)
	}
	slices.Sort(all)
	for _, q := range []float64{0.5, 0.95, 0.99, 0.999} {
		want, got := all[int(q*float64(len(all)))], h.quantile(q)
		if diff := (got - want).Abs(); diff > want/500+2*leastLatency {
			t.Errorf("quantile %g is %s, want about %s", q, got, want)
		}
	}
	if diff := (h.max() - all[len(all)-1]).Abs(); diff > all[len(all)-1]/500 {
		t.Errorf("the longest is %s, want about %s", h.max(), all[len(all)-1])
	}
	if h.count() != int64(len(all)) {
		t.Errorf("%d were counted of %d", h.count(), len(all))
	}
}

func TestALatencyBeyondTheRangeCountsAsTheLongest(t *testing.T) {
	h := newHistogram()
	h.record(time.Hour)
	h.record(-time.Second)
	if h.count() != 2 || h.max() < mostLatency || h.quantile(0.1) > leastLatency {
		t.Errorf("%d were counted, from %s to %s", h.count(), h.quantile(0.1), h.max())
	}
}

func TestAnEmptyHistogramHasNoLatency(t *testing.T) {
	if h := newHistogram(); h.quantile(0.99) != 0 || h.max() != 0 {
		t.Errorf("p99 %s, max %s", h.quantile(0.99), h.max())
	}
}

func TestARecorderKeepsRefusalsApartFromErrors(t *testing.T) {
	r := newRecorder([]string{"a", "b"})
	broken := errors.New("broken")
	r.record(0, 2*time.Millisecond, time.Millisecond, nil)
	r.record(1, time.Second, 3*time.Millisecond, errOverloaded)
	r.record(1, time.Second, time.Millisecond, broken)
	p := r.look()
	if p.Requests != 1 || p.Refused != 1 || p.Errors != 1 || p.P50 < 1.9 || p.P50 > 2.1 {
		t.Errorf("the interval has %+v", p)
	}
	if again := r.look(); again.Requests+again.Refused+again.Errors != 0 {
		t.Errorf("the next interval has %+v", again)
	}
	if r.all.count() != 1 || r.kinds[0].latencies.count() != 1 || r.kinds[1].errors != 1 || r.first != broken {
		t.Errorf("%d in all, %d of a, %d errors of b, first %v", r.all.count(), r.kinds[0].latencies.count(), r.kinds[1].errors, r.first)
	}
	if got := r.refused.max(); got > 4*time.Millisecond {
		t.Errorf("a refusal took %s, which counts from its sending", got)
	}
}
