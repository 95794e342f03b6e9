package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"
)

// Mixed measures a day's traffic over all surfaces: people who are signed in look
// at what they have and move money, see deeds. It can run for long, and says
// whether the server stays as it was.
type Mixed struct {
	Options
	Every time.Duration // between the lines that are printed
}

// mixedPoints is how many lines a run has at least, however short.
const mixedPoints = 10

// Run measures and prints.
func (m Mixed) Run(ctx context.Context) error {
	if m.Clients < 2 {
		return errors.New("at least two people are needed, who pay each other")
	}
	return m.conduct(ctx, "mixed", func(ctx context.Context, s *session) error {
		if err := s.measureEcho(ctx); err != nil {
			return err
		}
		return s.onStage(ctx, m.DatabaseURL, nil, func(ctx context.Context, st *stage) error {
			if err := st.gather(ctx, m.Clients, func(ctx context.Context, p *person) error { return p.joinEverywhere(ctx, st) }); err != nil {
				return err
			}
			if _, err := st.countCards(); err != nil {
				return err
			}
			if err := st.countHoldings(); err != nil {
				return err
			}
			if err := st.enterProcess(ctx); err != nil {
				return err
			}
			return m.measure(ctx, st)
		})
	})
}

func (m Mixed) measure(ctx context.Context, st *stage) error {
	l, err := st.measure(ctx, trial{
		name: "mixed day", engine: st.engineLabel(), kinds: deedNames(), clients: m.Clients, rate: m.Rate,
		every: max(leastInterval, min(m.Every, m.Duration/mixedPoints)),
		worker: func(i int, random *rand.Rand) worker {
			v := &visitor{stage: st, person: st.people[i], random: random}
			if st.purse != nil {
				v.address = st.purse.address
			}
			return v
		},
		note: func(p *point) {
			st.gauge(ctx, p)
			st.clear()
			fmt.Fprintln(m.Out, p)
		},
	}, st.subject())
	if err != nil {
		return err
	}
	l.Trends = trends(l.Series)
	st.report.note("%s", describe(l.Trends))
	return nil
}

// String is a line about a stretch of a long run.
func (p *point) String() string {
	at := time.Duration(p.At * float64(time.Second)).Round(100 * time.Millisecond)
	return fmt.Sprintf("%8s  %6.0f/s  p99 %7.2f ms  errors %d  goroutines %d  heap %d MB  resident %d MB  handles %d",
		at, p.rate(), p.P99, p.Errors+p.Refused, p.Goroutines, p.Heap>>20, p.Resident>>20, p.Handles)
}

// gauge adds to a point what the server takes. What is not known stays zero.
func (st *stage) gauge(ctx context.Context, p *point) {
	if u := usageOf(st.pid()); u.known {
		p.Resident, p.Handles = u.resident, u.handles
	}
	if st.services != nil {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		p.Goroutines, p.Heap = int64(runtime.NumGoroutine()), int64(memory.HeapInuse) // #nosec G115 -- no heap has 2^63 bytes
		return
	}
	const goroutines, heap = "go_goroutines", "go_memstats_heap_inuse_bytes"
	found, err := st.purse.metrics(ctx, goroutines, heap)
	if err != nil {
		fmt.Fprintln(st.Progress, "reading the server's metrics:", err)
	}
	p.Goroutines, p.Heap = int64(found[goroutines]), int64(found[heap])
}
