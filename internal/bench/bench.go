// Package bench measures Purse as a client sees it: it starts a Purse of its
// own in a temporary directory, signs people up through the bank surface, and
// has them transfer money over real HTTP connections. A bare echo server,
// driven by the same client in the same run, says what the machine could do.
//
// It knows Purse by its surface alone, so it measures any build of it.
package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// Transfer says what to measure.
type Transfer struct {
	Program     string        // the purse binary
	DatabaseURL string        // an empty PostgreSQL database, or "" for one of its own
	Clients     int           // people who transfer at the same time
	Cards       int           // over all people
	Duration    time.Duration // of each run
	Progress    io.Writer     // where to say what is going on
	Out         io.Writer     // where the table goes
}

// Run starts what it needs, measures, prints a table and stops what it
// started. It fails when any request is answered otherwise than expected.
func (t Transfer) Run(ctx context.Context) error {
	echo, err := start(ctx, t.Program, "bench", "echo", "--listen", "{listen}")
	if err != nil {
		return err
	}
	defer echo.stop()
	directory, err := os.MkdirTemp("", "purse-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	database := t.DatabaseURL
	if database == "" {
		database = "sqlite:" + filepath.Join(directory, "purse.db")
	}
	purse, err := startIn(ctx, directory, t.Program, "dev", "--database-url", database, "--rate-limits", "off", "--card-grant", "1000000", "--listen", "{listen}")
	if err != nil {
		return err
	}
	defer purse.stop()
	people, err := t.signUp(ctx, purse)
	if err != nil {
		return err
	}
	all := make([]string, 0, t.Cards)
	for _, p := range people {
		all = append(all, p.cards...)
	}
	random := func(p *person, r *rand.Rand) []byte {
		return p.transfer(purse.address, p.pick(r), all[r.IntN(len(all))])
	}
	hot := func(p *person, r *rand.Rand) []byte { return p.transfer(purse.address, p.pick(r), all[0]) }
	bare := func(p *person, r *rand.Rand) []byte {
		return p.transfer(echo.address, p.pick(r), all[r.IntN(len(all))])
	}

	table := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "run\tclients\trequests/s\tp50\tp99\tshare of echo\t")
	var top float64
	for _, run := range []struct {
		name    string
		address string
		clients int
		request func(*person, *rand.Rand) []byte
	}{
		{"bare echo", echo.address, t.Clients, bare},
		{"random pairs", purse.address, t.Clients, random},
		{"all to one card", purse.address, t.Clients, hot},
		{"one client alone", purse.address, 1, random},
	} {
		result, err := t.measure(ctx, run.name, run.address, people[:run.clients], run.request)
		if err != nil {
			return fmt.Errorf("%s: %w", run.name, err)
		}
		if top == 0 {
			top = result.rate
		}
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%.2f ms\t%.2f ms\t%.2f\t\n", run.name, run.clients, result.rate,
			milliseconds(result.quantile(0.50)), milliseconds(result.quantile(0.99)), result.rate/top)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	memory, err := purse.peakMemory()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "server's resident memory at its highest: %d MB; every transfer was answered after its commit was on disk\n", memory>>20)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
