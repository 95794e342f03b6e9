package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// worker asks one thing after another, as one client.
type worker interface {
	// prepare does what comes before the next request and is not measured.
	prepare(ctx context.Context) error
	// ask carries out the next request and says of which kind it was. The error is
	// errOverloaded, or whatever else was not as expected.
	ask(ctx context.Context) (kind int, err error)
	// close ends the client's connection.
	close()
}

// load is clients that ask for a while.
type load struct {
	kinds    []string // names of the kinds of requests
	workers  []worker
	duration time.Duration
	requests int64         // to stop after, or 0
	rate     float64       // arrivals a second over all clients, or 0: each asks again as soon as it is answered
	every    time.Duration // between the points of the series
	note     func(*point)  // adds what else is known at a point; it may be nil
}

// point is a stretch of a run.
type point struct {
	At       float64 `json:"at_s"` // its end, since the run began
	Seconds  float64 `json:"seconds"`
	Requests int64   `json:"requests"` // answered as expected
	Errors   int64   `json:"errors"`
	Refused  int64   `json:"refused"` // with 503
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`

	Goroutines int64 `json:"goroutines,omitempty"`
	Heap       int64 `json:"heap_bytes,omitempty"`
	Resident   int64 `json:"resident_bytes,omitempty"`
	Handles    int64 `json:"handles,omitempty"`
}

// rate is how many requests a second were answered as expected.
func (p *point) rate() float64 { return float64(p.Requests) / p.Seconds }

// outcome is what a load came to.
type outcome struct {
	*recorder
	elapsed time.Duration
	offered int64 // requests that were due
	missed  int64 // of those, that no client had been free to send when the time was over
	series  []point
}

// throughput is how many requests a second were answered as expected.
func (o *outcome) throughput() float64 { return float64(o.all.count()) / o.elapsed.Seconds() }

// answerPatience is how long a load waits for its connections before, and for the
// last answers after its time.
const answerPatience = 30 * time.Second

// run has the clients ask until the time is over. The error is ctx's: what was
// answered wrongly is in the outcome.
func (l *load) run(ctx context.Context) (*outcome, error) {
	o := &outcome{recorder: newRecorder(l.kinds)}
	work, cancel := context.WithTimeout(ctx, l.duration+2*answerPatience)
	defer cancel()
	defer func() {
		for _, w := range l.workers {
			w.close()
		}
	}()
	if err := l.connect(work); err != nil {
		return nil, err
	}
	began := time.Now()
	s := schedule{began: began, until: began.Add(l.duration), rate: l.rate, requests: l.requests}
	ended := make(chan struct{})
	var watch, wait sync.WaitGroup
	watch.Go(func() { l.watch(began, o, ended) })
	for _, w := range l.workers {
		wait.Go(func() { s.follow(work, w, o.recorder) })
	}
	wait.Wait()
	o.elapsed = time.Since(began)
	close(ended)
	watch.Wait()
	o.offered, o.missed = s.sent.Load(), 0
	if l.rate > 0 {
		o.offered = int64(l.rate * l.duration.Seconds())
		o.missed = max(0, o.offered-s.sent.Load())
	}
	return o, ctx.Err()
}

// dialer is a worker with a connection.
type dialer interface {
	dial(ctx context.Context) error
}

// dialsAtOnce bounds how many connections are made at the same time.
const dialsAtOnce = 64

// connect makes all connections, so that the first requests do not wait for theirs.
func (l *load) connect(ctx context.Context) error {
	var (
		wait   sync.WaitGroup
		mutex  sync.Mutex
		failed error
	)
	slots := make(chan struct{}, dialsAtOnce)
	for _, w := range l.workers {
		d, ok := w.(dialer)
		if !ok {
			continue
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := d.dial(ctx); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				failed = err
			}
		})
	}
	wait.Wait()
	return failed
}

// watch looks at the run at intervals until it has ended.
func (l *load) watch(began time.Time, o *outcome, ended <-chan struct{}) {
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	last := began
	add := func() {
		now := time.Now()
		p := o.look()
		p.At, p.Seconds = now.Sub(began).Seconds(), now.Sub(last).Seconds()
		last = now
		if l.note != nil {
			l.note(&p)
		}
		o.series = append(o.series, p)
	}
	for {
		select {
		case <-ticker.C:
			add()
		case <-ended:
			if time.Since(last) > l.every/2 || len(o.series) == 0 {
				add()
			}
			return
		}
	}
}

// schedule says when the next request is due. With a rate, requests are due at
// equal distances whatever becomes of those before, and go to whichever client is
// free; how long each took counts from when it was due, so that a server that
// stands still is charged for all who would have come meanwhile.
type schedule struct {
	began, until time.Time
	rate         float64
	requests     int64
	drawn, sent  atomic.Int64
}

// follow has one client send what is due until the time is over.
func (s *schedule) follow(ctx context.Context, w worker, r *recorder) {
	for {
		if err := w.prepare(ctx); err != nil {
			r.record(0, 0, 0, err)
			return
		}
		due, more := s.next(ctx)
		if !more {
			return
		}
		began := time.Now()
		if s.rate == 0 {
			due = began
		}
		if began.After(s.until) {
			return
		}
		s.sent.Add(1)
		kind, err := w.ask(ctx)
		now := time.Now()
		r.record(kind, now.Sub(due), now.Sub(began), err)
		if err != nil && ctx.Err() != nil {
			return
		}
	}
}

// next waits until a request is due.
func (s *schedule) next(ctx context.Context) (due time.Time, more bool) {
	n := s.drawn.Add(1)
	if s.requests > 0 && n > s.requests {
		return time.Time{}, false
	}
	if s.rate == 0 {
		return time.Time{}, true
	}
	due = s.began.Add(time.Duration(float64(n-1) / s.rate * float64(time.Second)))
	if due.After(s.until) {
		return due, false
	}
	wait := time.Until(due)
	if wait <= 0 {
		return due, true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return due, true
	case <-ctx.Done():
		return due, false
	}
}

// failure is what was answered wrongly, or nil.
func (o *outcome) failure() error {
	if o.first == nil && o.refused.count() == 0 {
		return nil
	}
	if o.first == nil {
		return errors.New("some requests were refused with 503")
	}
	return o.first
}
