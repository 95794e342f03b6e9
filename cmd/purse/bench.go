package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"purse/internal/app"
	"purse/internal/bench"
)

type benchCommand struct {
	Transfer benchTransferCommand `cmd:"" help:"Transfers between cards: random pairs, one hot card, Zipf's law, one client alone."`
	Echo     benchEchoCommand     `cmd:"" hidden:"" help:"The bare echo server that everything is compared with."`
}

// benchOptions are the flags that all measurements share.
type benchOptions struct {
	DatabaseURL string        `name:"database-url" placeholder:"URL" help:"An empty PostgreSQL database, or sqlite:PATH of a file that does not exist; it is left full of made-up people. Without it: SQLite in a temporary directory."`
	Clients     int           `default:"64" help:"People who ask at the same time."`
	Duration    time.Duration `default:"10s" help:"Time for each run; a fifth of it is spent on warming up before."`
	JSON        string        `name:"json" placeholder:"FILE" help:"Write everything that was measured to a file."`
	SVG         string        `name:"svg" placeholder:"FILE" help:"Draw the latencies over time into a file."`
}

// options is what the flags say; the database must be empty.
func (o benchOptions) options(ctx context.Context) (bench.Options, error) {
	program, err := os.Executable()
	if err != nil {
		return bench.Options{}, fmt.Errorf("finding this program: %w", err)
	}
	if o.DatabaseURL != "" {
		if err := app.RequireEmpty(ctx, o.DatabaseURL); err != nil {
			return bench.Options{}, err
		}
	}
	return bench.Options{
		Program: program, DatabaseURL: o.DatabaseURL, Clients: o.Clients, Duration: o.Duration,
		JSON: o.JSON, SVG: o.SVG, Progress: os.Stderr, Terminal: app.IsTerminal(os.Stderr), Out: os.Stdout,
	}, nil
}

// benchArrival says how requests come, and how far in.
type benchArrival struct {
	Rate      bench.Rate `placeholder:"RATE" help:"Let requests arrive at a fixed rate, a share of what was measured first (80%) or requests a second (5000); latencies then count from when each was due."`
	InProcess bool       `help:"Call the services without HTTP."`
}

func (a benchArrival) apply(o bench.Options) bench.Options {
	o.Rate, o.InProcess = a.Rate, a.InProcess
	return o
}

type benchTransferCommand struct {
	benchOptions `embed:""`
	benchArrival `embed:""`
	Cards        int `default:"10000" help:"Cards over all people."`
}

func (benchTransferCommand) Help() string {
	return `Starts a Purse of its own on an empty database, signs people up, and measures POST /card/transfer on real
connections, every transfer durable before it is answered. The share of a bare echo in the same run says how
much of the machine Purse leaves; compare shares between machines, not figures. At the end every card's balance
is held against what the clients were told, and the books are verified. docs/performance.md explains the table.

Examples:
  purse bench transfer
  purse bench transfer --clients 256 --duration 30s --json transfer.json --svg transfer.svg
  purse bench transfer --rate 80%
  purse bench transfer --in-process
  createdb purse_bench && purse bench transfer --database-url postgres://localhost/purse_bench`
}

// Run measures and prints a table.
func (c benchTransferCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Transfer{Options: c.apply(options), Cards: c.Cards}.Run(ctx)
}

type benchEchoCommand struct {
	Listen string `default:"127.0.0.1:0" help:"Address to listen on."`
}

func (benchEchoCommand) Help() string {
	return "Example:\n  purse bench echo --listen 127.0.0.1:9999"
}

// Run serves until it is told to stop.
func (c benchEchoCommand) Run(ctx context.Context) error { return bench.Echo(ctx, c.Listen) }
