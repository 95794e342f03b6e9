package bench

import (
	"errors"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of latencies that are kept apart: to a thousandth, from
// half a microsecond to two minutes. What is longer counts as two minutes.
const (
	leastLatency   = time.Microsecond
	mostLatency    = 2 * time.Minute
	latencyFigures = 3
)

// histogram is a distribution of latencies in bounded memory.
type histogram struct{ inner *hdrhistogram.Histogram }

func newHistogram() histogram {
	return histogram{hdrhistogram.New(int64(leastLatency), int64(mostLatency), latencyFigures)}
}

func (h histogram) record(latency time.Duration) {
	_ = h.inner.RecordValue(int64(max(0, min(latency, mostLatency)))) // it is within the range
}

// quantile is the latency below which that share of the requests stayed, 0 when
// there were none.
func (h histogram) quantile(q float64) time.Duration {
	return time.Duration(h.inner.ValueAtQuantile(100 * q))
}

func (h histogram) count() int64 { return h.inner.TotalCount() }

// max is the longest latency, 0 when there were none.
func (h histogram) max() time.Duration {
	if h.count() == 0 {
		return 0
	}
	return time.Duration(h.inner.Max())
}

// recorder gathers what the clients of a run were answered.
type recorder struct {
	mutex    sync.Mutex
	kinds    []kindRecord
	all      histogram // of what was answered as expected
	refused  histogram // of 503
	errors   int64     // answers that nobody expected, and broken connections
	first    error     // of those
	interval histogram // of what was answered as expected since the last look
	since    struct{ errors, refused int64 }
}

// kindRecord is what requests of one kind were answered.
type kindRecord struct {
	name      string
	latencies histogram
	errors    int64
}

func newRecorder(kinds []string) *recorder {
	r := &recorder{all: newHistogram(), refused: newHistogram(), interval: newHistogram()}
	for _, name := range kinds {
		r.kinds = append(r.kinds, kindRecord{name: name, latencies: newHistogram()})
	}
	return r
}

// record counts one answer: err is nil, errOverloaded, or what was wrong. The
// latency counts from when the request was due; service is without the time for
// which its client could not send it yet.
func (r *recorder) record(kind int, latency, service time.Duration, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch {
	case err == nil:
		r.kinds[kind].latencies.record(latency)
		r.all.record(latency)
		r.interval.record(latency)
	case errors.Is(err, errOverloaded):
		r.refused.record(service)
		r.since.refused++
	default:
		r.kinds[kind].errors++
		r.errors++
		r.since.errors++
		if r.first == nil {
			r.first = err
		}
	}
}

// look is what happened since the last look.
func (r *recorder) look() point {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	h := r.interval
	p := point{
		Requests: h.count(), Errors: r.since.errors, Refused: r.since.refused,
		P50: milliseconds(h.quantile(0.50)), P99: milliseconds(h.quantile(0.99)), Max: milliseconds(h.max()),
	}
	h.inner.Reset()
	r.since.errors, r.since.refused = 0, 0
	return p
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
