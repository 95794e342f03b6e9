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
	"strings"
	"text/tabwriter"
	"time"
)

// Transfer says what to measure.
type Transfer struct {
	Program     string        // the purse binary
	DatabaseURL string        // an empty PostgreSQL database to measure beside an embedded one, or ""
	Clients     int           // people who transfer at the same time
	Cards       int           // over all people
	Duration    time.Duration // of each run
	Progress    io.Writer     // where to say what is going on
	Out         io.Writer     // where the table goes
}

// Run starts what it needs, measures, prints a table and stops what it
// started. It fails when any request is answered otherwise than expected.
func (t Transfer) Run(ctx context.Context) error {
	directory, err := os.MkdirTemp("", "purse-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	echo, err := start(ctx, directory, t.Program, "bench", "echo", "--listen", "{listen}")
	if err != nil {
		return err
	}
	defer echo.stop()
	s := sheet{table: tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', tabwriter.AlignRight), echo: echo}
	fmt.Fprintln(s.table, "run\tclients\trequests/s\tp50\tp99\tshare of echo\t")
	embedded := "sqlite:" + filepath.Join(directory, "purse.db")
	if t.DatabaseURL == "" {
		err = t.engine(ctx, &s, "", directory, embedded)
	} else if err = t.engine(ctx, &s, "SQLite, ", directory, embedded); err == nil {
		err = t.engine(ctx, &s, "PostgreSQL, ", directory, t.DatabaseURL)
	}
	if err != nil {
		return err
	}
	if err := s.table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "%severy transfer was answered after its commit was on disk\n", s.notes())
	return err
}

// sheet is what has been measured so far.
type sheet struct {
	table   *tabwriter.Writer
	echo    *process
	top     float64 // requests a second of the bare echo
	engines []engine
}

// engine is what was measured on one database.
type engine struct {
	name   string
	rates  []float64 // of random pairs, one card, one client
	memory int64     // bytes
}

// notes are the lines below the table.
func (s *sheet) notes() string {
	var text strings.Builder
	for _, e := range s.engines {
		fmt.Fprintf(&text, "%sone card to random pairs: %.2f; server's resident memory at its highest: %d MB\n", e.name, e.rates[1]/e.rates[0], e.memory>>20)
	}
	if len(s.engines) == 2 {
		a, b := s.engines[0].rates, s.engines[1].rates
		fmt.Fprintf(&text, "PostgreSQL to SQLite in this run: random pairs %.2f, one card %.2f, one client %.2f\n", b[0]/a[0], b[1]/a[1], b[2]/a[2])
	}
	return text.String()
}

// engine measures a Purse on one database, and first of all the bare echo.
func (t Transfer) engine(ctx context.Context, s *sheet, name, directory, database string) error {
	purse, err := start(ctx, directory, t.Program, "dev", "--database-url", database, "--rate-limits", "off", "--card-grant", "1000000", "--listen", "{listen}")
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
	to := func(address string) func(*person, *rand.Rand) []byte {
		return func(p *person, r *rand.Rand) []byte { return p.transfer(address, p.pick(r), all[r.IntN(len(all))]) }
	}
	hot := func(p *person, r *rand.Rand) []byte { return p.transfer(purse.address, p.pick(r), all[0]) }
	run := func(name, address string, clients int, request func(*person, *rand.Rand) []byte) (float64, error) {
		result, err := t.measure(ctx, name, address, people[:clients], request)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if s.top == 0 {
			s.top = result.rate
		}
		fmt.Fprintf(s.table, "%s\t%d\t%.0f\t%.2f ms\t%.2f ms\t%.2f\t\n", name, clients, result.rate,
			milliseconds(result.quantile(0.50)), milliseconds(result.quantile(0.99)), result.rate/s.top)
		return result.rate, nil
	}
	if s.top == 0 {
		if _, err := run("bare echo", s.echo.address, t.Clients, to(s.echo.address)); err != nil {
			return err
		}
	}
	measured := engine{name: name}
	for _, r := range []struct {
		name    string
		clients int
		request func(*person, *rand.Rand) []byte
	}{
		{"random pairs", t.Clients, to(purse.address)},
		{"all to one card", t.Clients, hot},
		{"one client alone", 1, to(purse.address)},
	} {
		rate, err := run(name+r.name, purse.address, r.clients, r.request)
		if err != nil {
			return err
		}
		measured.rates = append(measured.rates, rate)
	}
	measured.memory, err = purse.peakMemory()
	s.engines = append(s.engines, measured)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
