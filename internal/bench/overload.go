package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Overload measures what becomes of a server that is asked for several times what
// it can do: how much of that it still does, how soon it refuses the rest, and how
// soon it is itself again.
type Overload struct {
	Options
	Factor      float64 // what is asked for, to what can be done
	Connections int     // on which that comes
}

// recoveryTime is how long is looked at what comes after.
const recoveryTime = 3 * time.Second

// Run measures and prints.
func (o Overload) Run(ctx context.Context) error {
	if o.Factor <= 1 || o.Connections < o.Clients {
		return fmt.Errorf("an overload is more than once what can be done, on no fewer connections than the %d clients have", o.Clients)
	}
	return o.conduct(ctx, "overload", func(ctx context.Context, s *session) error {
		if err := s.measureEcho(ctx); err != nil {
			return err
		}
		return s.onStage(ctx, o.DatabaseURL, nil, func(ctx context.Context, st *stage) error {
			all, err := st.payers(ctx, o.Clients, cardsEach*o.Clients)
			if err != nil {
				return err
			}
			return o.measure(ctx, st, transferRuns(o.Clients, all)[runRandom])
		})
	})
}

func (o Overload) measure(ctx context.Context, st *stage, random transferRun) error {
	peak, err := st.measureTransfer(ctx, random, Rate{})
	if err != nil {
		return err
	}
	paying := func(name string, clients int) trial {
		return trial{
			name: name, engine: st.engineLabel(), kinds: []string{"transfer"}, clients: clients, cold: true, every: time.Second,
			worker: func(i int, r *rand.Rand) worker { return st.payer(st.people[i%len(st.people)], random.payee(r), r) },
		}
	}
	over := paying("overload", o.Connections)
	over.rate, over.refusals = Rate{PerSecond: o.Factor * peak.Rate}, true
	overloaded, err := st.measure(ctx, over, st.subject())
	if err != nil {
		return err
	}
	after := paying("after the overload", o.Clients)
	after.duration = recoveryTime
	recovered, err := st.measure(ctx, after, st.subject())
	if err != nil {
		return err
	}
	o.conclude(st.report, peak, overloaded, recovered)
	return nil
}

// conclude writes what an overload came to.
func (o Overload) conclude(r *report, peak, overloaded, recovered *line) {
	answered := overloaded.Count + overloaded.Refused
	r.note("asked for %.1f times the peak; sent were %.1f times, the rest found no free connection", o.Factor, float64(answered)/overloaded.Seconds/peak.Rate)
	r.note("served under overload: %.2f of the peak", overloaded.Rate/peak.Rate)
	if overloaded.Refusal != nil {
		r.note("refused with 503: %.1f %% of what was answered, p50 %.1f ms, p99 %.1f ms after it was sent",
			100*float64(overloaded.Refused)/float64(answered), overloaded.Refusal.P50, overloaded.Refusal.P99)
	} else {
		r.note("nothing was refused with 503")
	}
	if overloaded.Memory != nil && peak.Memory != nil {
		r.note("memory at its highest: %d MB, before the overload %d MB", *overloaded.Memory>>20, *peak.Memory>>20)
	}
	if len(recovered.Series) > 0 {
		r.note("served in the first second after: %.2f of the peak", recovered.Series[0].rate()/peak.Rate)
	}
}
