package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// subject is a server whose use of the machine is measured.
type subject struct {
	pid   func() int
	syncs func(ctx context.Context) (int64, bool) // nil: it has no database
}

// trial is one run to measure.
type trial struct {
	name    string
	engine  string
	kinds   []string
	clients int
	worker  func(client int, r *rand.Rand) worker
	rate    Rate
	every   time.Duration // between points; 0: sixty in the run
	note    func(*point)

	cold     bool          // no warming up
	refusals bool          // answers of 503 are no failure
	duration time.Duration // 0: that of the options
}

// warmUp is how much of a run's time is spent before it is measured. It also says
// what a rate in percent is a share of.
const warmUp = 5

// longestWarmUp bounds that for long runs.
const longestWarmUp = 30 * time.Second

// leastInterval keeps the points of short runs apart.
const leastInterval = 100 * time.Millisecond

// measure runs a trial, after a short run that warms up and is not counted, and
// adds a line to the report. What was answered wrongly is the report's failure; the
// error is one after which there is nothing to go on with.
func (s *session) measure(ctx context.Context, t trial, of subject) (*line, error) {
	rate, err := s.warm(ctx, &t)
	if err != nil {
		return nil, err
	}
	duration := t.duration
	if duration == 0 {
		duration = s.Duration
	}
	s.say("%s: measuring for %s …", t.name, duration)
	before := usageOf(of.pid())
	syncsBefore, syncsKnown := int64(0), false
	if of.syncs != nil {
		syncsBefore, syncsKnown = of.syncs(ctx)
	}
	o, err := s.run(ctx, t, duration, rate)
	if err != nil {
		return nil, err
	}
	after := usageOf(of.pid())
	l := newLine(t, rate, o)
	if before.known && after.known {
		l.CPU, l.Memory = new(share(before, after, o.elapsed)), new(after.peak)
	}
	if syncsKnown {
		if now, known := of.syncs(ctx); known {
			l.Syncs = new(now - syncsBefore)
		}
	}
	s.report.add(l)
	if err := o.failure(); err != nil && !(t.refusals && o.errors == 0) {
		s.report.failed = errors.Join(s.report.failed, fmt.Errorf("%s: %w", t.name, err))
	}
	return l, nil
}

// warm runs a trial for a short time that is not counted. It returns the rate at
// which requests are to arrive, which becomes part of the trial's name.
func (s *session) warm(ctx context.Context, t *trial) (rate float64, err error) {
	if t.cold {
		return t.rate.PerSecond, nil
	}
	s.say("%s: warming up …", t.name)
	warming := *t
	warming.note = nil
	o, err := s.run(ctx, warming, min(longestWarmUp, s.Duration/warmUp), 0)
	if err != nil {
		return 0, err
	}
	if err := o.failure(); err != nil {
		return 0, fmt.Errorf("%s: %w", t.name, err)
	}
	rate = t.rate.of(o.throughput())
	if rate > 0 {
		t.name = fmt.Sprintf("%s at %.0f/s", t.name, rate)
	}
	return rate, nil
}

// run has the trial's clients ask for a while.
func (s *session) run(ctx context.Context, t trial, duration time.Duration, rate float64) (*outcome, error) {
	l := load{kinds: t.kinds, duration: duration, rate: rate, every: t.every, note: t.note}
	if l.every == 0 {
		l.every = max(leastInterval, duration/60)
	}
	for i := range t.clients {
		l.workers = append(l.workers, t.worker(i, rand.New(rand.NewPCG(uint64(i), uint64(duration))))) // #nosec G115 G404 -- who is paid in a measurement is no secret
	}
	return l.run(ctx)
}

// longestEcho bounds that of the echo, which takes nothing from long runs.
const longestEcho = 30 * time.Second

// measureEcho measures the bare echo with bodies like those of a transfer.
func (s *session) measureEcho(ctx context.Context) error {
	body := []byte(`{"from_card_number":"9000000000000000","to_card_number":"9000000000000000","amount":0.01}`)
	t := trial{name: "bare echo", kinds: []string{"echo"}, clients: s.Clients, duration: min(s.Duration, longestEcho), worker: func(int, *rand.Rand) worker {
		return &echoWorker{wire: wire{address: s.echo.address}, body: body}
	}}
	l, err := s.measure(ctx, t, subject{pid: func() int { return s.echo.command.Process.Pid }})
	if err == nil {
		s.report.Echo, l.Echo = l.Rate, l.Rate
	}
	return err
}

type echoWorker struct {
	wire
	body []byte
}

func (w *echoWorker) prepare(context.Context) error { return nil }

func (w *echoWorker) ask(ctx context.Context) (int, error) {
	return 0, w.wire.ask(ctx, "POST", "/", "", w.body)
}

// subject is the stage's server, or this process.
func (st *stage) subject() subject { return subject{pid: st.pid, syncs: st.syncs} }
