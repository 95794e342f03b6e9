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
	Transfer benchTransferCommand `cmd:"" help:"Transfers over HTTP: random pairs, one hot card, one client alone, beside a bare echo."`
	Echo     benchEchoCommand     `cmd:"" hidden:"" help:"The bare echo server that transfers are compared with."`
}

type benchTransferCommand struct {
	DatabaseURL string        `name:"database-url" placeholder:"URL" help:"An empty PostgreSQL database to measure on as well; it is left full of made-up people."`
	Clients     int           `default:"64" help:"People who transfer at the same time."`
	Cards       int           `default:"10000" help:"Cards over all people."`
	Duration    time.Duration `default:"10s" help:"Time for each run."`
}

func (benchTransferCommand) Help() string {
	return `Starts a Purse of its own in a temporary directory, signs people up, and measures POST /card/transfer
on real connections, every transfer durable before it is answered. The share of a bare echo in the same
run says how much of the machine Purse leaves; compare shares between machines, not figures.

With --database-url the same is measured on SQLite and on that PostgreSQL database, one after the other, and the
ratio is printed. The database must be empty, and is of no use afterwards: drop it.

Examples:
  purse bench transfer
  purse bench transfer --clients 256 --duration 30s
  createdb purse_bench && purse bench transfer --database-url postgres://localhost/purse_bench`
}

// Run measures and prints a table.
func (c benchTransferCommand) Run(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if c.DatabaseURL != "" {
		if err := app.RequireEmpty(ctx, c.DatabaseURL); err != nil {
			return err
		}
	}
	return bench.Transfer{Program: program, DatabaseURL: c.DatabaseURL, Clients: c.Clients, Cards: c.Cards, Duration: c.Duration, Progress: os.Stderr, Out: os.Stdout}.Run(ctx)
}

type benchEchoCommand struct {
	Listen string `default:"127.0.0.1:0" help:"Address to listen on."`
}

func (benchEchoCommand) Help() string {
	return "Example:\n  purse bench echo --listen 127.0.0.1:9999"
}

// Run serves until it is told to stop.
func (c benchEchoCommand) Run(ctx context.Context) error { return bench.Echo(ctx, c.Listen) }
