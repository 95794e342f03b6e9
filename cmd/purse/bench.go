package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"purse/internal/app"
	"purse/internal/bench"
)

type benchCommand struct {
	Transfer benchTransferCommand `cmd:"" help:"Transfers between cards: random pairs, one hot card, Zipf's law, one client alone."`
	Mixed    benchMixedCommand    `cmd:"" help:"A day's traffic over all surfaces, for as long as you like: does the server stay as it was?"`
	Bulk     benchBulkCommand     `cmd:"" help:"A thousand transfers in one request, each on its own or all or none, beside transfers one by one."`
	Growth   benchGrowthCommand   `cmd:"" help:"Transfers, reads, the start and the memory as the ledger grows: does anything cost more?"`
	Read     benchReadCommand     `cmd:"" help:"A balance and a page of history, of a card with few entries and of one with many."`
	Signin   benchSignInCommand   `cmd:"" help:"Signing in, by a password alone and in two steps."`
	Overload benchOverloadCommand `cmd:"" help:"Several times what the server can do: what is served, what is refused, and what comes after."`
	Suite    benchSuiteCommand    `cmd:"" help:"What Purse promises, and what of it this machine reaches."`
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
		if path, embedded := strings.CutPrefix(o.DatabaseURL, "sqlite:"); embedded {
			if path, err = filepath.Abs(path); err != nil { // the server runs elsewhere
				return bench.Options{}, err
			}
			o.DatabaseURL = "sqlite:" + path
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

type benchMixedCommand struct {
	benchOptions `embed:""`
	Rate         bench.Rate    `default:"80%" placeholder:"RATE" help:"How requests arrive: a share of what was measured first, or requests a second; latencies count from when each was due (default ${default})."`
	InProcess    bool          `help:"Call the services without HTTP."`
	Every        time.Duration `default:"1m" help:"Time between the lines that are printed; a tenth of the duration at most."`
}

func (benchMixedCommand) Help() string {
	return `Starts a Purse of its own on an empty database and signs each person up once, and in at all surfaces. Then they look
at cards, histories, wallets, savings, bills and gift messages, pay each other, ask through a Telegram bot, and now
and then sign in again, at a fixed rate. Every minute it prints what was answered and what the server took, and at
the end whether memory, goroutines, open handles and the slowest hundredth have stayed as they were.

Examples:
  purse bench mixed
  purse bench mixed --duration 30m --rate 80% --json mixed.json --svg mixed.svg
  purse bench mixed --rate 1000 --clients 200`
}

// Run measures and prints a table.
func (c benchMixedCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	options.Rate, options.InProcess = c.Rate, c.InProcess
	return bench.Mixed{Options: options, Every: c.Every}.Run(ctx)
}

type benchBulkCommand struct {
	benchOptions `embed:""`
	Cards        int `default:"10000" help:"Cards over all people."`
	Size         int `default:"1000" help:"Transfers in a request."`
}

func (benchBulkCommand) Help() string {
	return `Starts a Purse of its own on an empty database, signs people up, and measures POST /transfers/batch: four clients, each
with many transfers in a request to random cards, in one transaction and with one sync of the disk.

Examples:
  purse bench bulk
  purse bench bulk --size 100 --duration 30s`
}

// Run measures and prints a table.
func (c benchBulkCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Bulk{Options: options, Cards: c.Cards, Size: c.Size}.Run(ctx)
}

type benchGrowthCommand struct {
	benchOptions `embed:""`
	Cards        int     `default:"10000" help:"Cards over all people."`
	Entries      []int64 `default:"10000,1000000,10000000" help:"Entries in the ledger at which to measure, smallest first; a transfer makes two."`
}

func (benchGrowthCommand) Help() string {
	return `Starts a Purse of its own on an empty database and fills the ledger up to each of several sizes with transfers between
random cards. At each it starts the server again and measures the start, the memory, transfers, a balance, and a page
of history. All of it should cost the same at every size. Ten million entries take some minutes to make and 2.5 GB of disk.

Examples:
  purse bench growth
  purse bench growth --entries 10000,100000 --duration 3s`
}

// Run measures and prints a table.
func (c benchGrowthCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Growth{Options: options, Cards: c.Cards, Entries: c.Entries}.Run(ctx)
}

type benchReadCommand struct {
	benchOptions `embed:""`
	benchArrival `embed:""`
	Entries      int `default:"100000" help:"Entries of the card with many; they are made first."`
}

func (benchReadCommand) Help() string {
	return `Starts a Purse of its own on an empty database, pays a card many times, and measures its owner looking at its balance
and at pages of its history, beside those of a card with a thousand entries. Both should cost the same.

Examples:
  purse bench read
  purse bench read --entries 10000000 --duration 30s
  purse bench read --in-process`
}

// Run measures and prints a table.
func (c benchReadCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Read{Options: c.apply(options), Entries: c.Entries}.Run(ctx)
}

type benchSignInCommand struct {
	benchOptions `embed:""`
	benchArrival `embed:""`
}

func (benchSignInCommand) Help() string {
	return `Starts a Purse of its own on an empty database, signs people up, and measures them signing in: by a password, and by a
password and a mailed code. A password is slow to check on purpose, and checked on all processors but one.

Examples:
  purse bench signin
  purse bench signin --clients 8 --rate 10`
}

// Run measures and prints a table.
func (c benchSignInCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.SignIn{Options: c.apply(options)}.Run(ctx)
}

type benchOverloadCommand struct {
	benchOptions `embed:""`
	Factor       float64 `default:"4" help:"What is asked for, in times of what was served at the peak."`
	Connections  int     `default:"2048" help:"Connections on which it comes; the server works on 1,024 requests at once."`
}

func (benchOverloadCommand) Help() string {
	return `Starts a Purse of its own on an empty database, measures how many transfers it serves at its peak, then lets several times
as many arrive, whatever becomes of those before, and then the clients of before alone. It prints how much is served
meanwhile, how much is refused with 503 and how soon, the memory, and what is served in the first second after. A
transfer that was refused must not have been made: the check of the books at the end tells.

Examples:
  purse bench overload
  purse bench overload --factor 10 --connections 4000`
}

// Run measures and prints a table.
func (c benchOverloadCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Overload{Options: options, Factor: c.Factor, Connections: c.Connections}.Run(ctx)
}

type benchSuiteCommand struct {
	benchOptions `embed:""`
	Cards        int `default:"10000" help:"Cards over all people."`
	Transfers    int `default:"1000000" help:"Transfers in the database on which the server is started again."`
}

func (benchSuiteCommand) Help() string {
	return `Measures what Purse promises, on SQLite and, with --database-url, on that PostgreSQL database too, and prints for each
line whether this machine reaches it. The goals are for two processors that client, server and database share. A
goal that is not reached is no failure. make bench runs it, with a PostgreSQL of its own where one is installed.

Examples:
  purse bench suite
  createdb purse_bench && purse bench suite --database-url postgres://localhost/purse_bench`
}

// Run measures and prints a table.
func (c benchSuiteCommand) Run(ctx context.Context) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	return bench.Suite{Options: options, Cards: c.Cards, Transfers: c.Transfers}.Run(ctx)
}

type benchEchoCommand struct {
	Listen string `default:"127.0.0.1:0" help:"Address to listen on."`
}

func (benchEchoCommand) Help() string {
	return "Example:\n  purse bench echo --listen 127.0.0.1:9999"
}

// Run serves until it is told to stop.
func (c benchEchoCommand) Run(ctx context.Context) error { return bench.Echo(ctx, c.Listen) }
