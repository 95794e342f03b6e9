package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"purse/internal/app"
)

// Growth measures whether Purse costs the same on a large book as on a small one:
// transfers, a balance, a page of history, the start, and the memory, each time the
// ledger has grown to one of several sizes.
type Growth struct {
	Options
	Cards   int     // over all people
	Entries []int64 // the sizes of the ledger, smallest first
}

// entriesEach is how many entries a transfer leaves.
const entriesEach = 2

// Run measures and prints.
func (g Growth) Run(ctx context.Context) error {
	switch {
	case g.Clients < 2 || g.Cards < 2*g.Clients:
		return fmt.Errorf("%d clients need at least %d cards, and there must be two", g.Clients, 2*g.Clients)
	case len(g.Entries) == 0 || !slices.IsSorted(g.Entries) || g.Entries[0] < 1:
		return errors.New("say one or more sizes, smallest first")
	}
	return g.conduct(ctx, "growth", func(ctx context.Context, s *session) error {
		return s.onStage(ctx, g.DatabaseURL, nil, g.grow)
	})
}

// grown is what was measured at one size.
type grown struct {
	entries                      int64
	transfers, balances, pages   float64 // a second, of all clients
	transfer                     float64 // one client's alone, p50 in ms
	echo                         float64 // a second: filling takes minutes, in which a machine may become faster or slower
	start                        time.Duration
	memoryAtRest, memoryUnderUse int64
}

func (g Growth) grow(ctx context.Context, st *stage) error {
	all, err := st.payers(ctx, g.Clients, g.Cards)
	if err != nil {
		return err
	}
	var sizes []grown
	for _, entries := range g.Entries {
		start, err := st.startAgain(ctx, entries/entriesEach)
		if err != nil {
			return err
		}
		st.say("%s: clearing up after the filling …", st.engine)
		if err := app.Settle(ctx, st.database); err != nil {
			return err
		}
		if err := st.measureEcho(ctx); err != nil {
			return err
		}
		at := grown{entries: entries, start: start, memoryAtRest: usageOf(st.pid()).resident}
		if err := g.measure(ctx, st, all, &at); err != nil {
			return err
		}
		sizes = append(sizes, at)
	}
	for _, at := range sizes {
		st.report.note("%d entries: start to first answer %.0f ms, memory %d MB at rest and %d MB at most", at.entries, milliseconds(at.start), at.memoryAtRest>>20, at.memoryUnderUse>>20)
	}
	small, large := sizes[0], sizes[len(sizes)-1]
	st.report.note("%d entries to %d: transfers %.2f, balances %.2f, pages of history %.2f; time of one transfer alone %.2f; the bare echo beside them %.2f",
		large.entries, small.entries, large.transfers/small.transfers, large.balances/small.balances, large.pages/small.pages, large.transfer/small.transfer, large.echo/small.echo)
	return nil
}

func (g Growth) measure(ctx context.Context, st *stage, all []*card, at *grown) error {
	runs := transferRuns(g.Clients, all)
	random, alone := runs[runRandom], runs[runAlone]
	for _, r := range []*transferRun{&random, &alone} {
		r.name = fmt.Sprintf("%s, %d entries", r.name, at.entries)
	}
	crowd, err := st.measureTransfer(ctx, random, Rate{})
	if err != nil {
		return err
	}
	one, err := st.measureTransfer(ctx, alone, Rate{})
	if err != nil {
		return err
	}
	at.transfers, at.transfer, at.echo = crowd.Rate, one.Latency.P50, st.report.Echo
	for _, r := range []struct {
		reading
		rate *float64
	}{
		{reading{name: fmt.Sprintf("balance, %d entries", at.entries), card: st.people[0].cards[0]}, &at.balances},
		{reading{name: fmt.Sprintf("history page, %d entries", at.entries), card: st.people[0].cards[0], page: true}, &at.pages},
	} {
		l, err := st.measure(ctx, trial{
			name: r.name, engine: st.engine, kinds: []string{"read"}, clients: g.Clients,
			worker: func(int, *rand.Rand) worker { return st.reader(r.reading) },
		}, st.subject())
		if err != nil {
			return err
		}
		*r.rate = l.Rate
	}
	at.memoryUnderUse = usageOf(st.pid()).peak
	return nil
}
