package main

import (
	"context"
	"os"

	"purse/internal/app"
)

type verifyCommand struct {
	database `embed:""`
}

func (verifyCommand) Help() string {
	return `Reads the whole ledger in one snapshot, changing nothing, and checks that every currency sums to zero, every
balance is the sum of its entries, every posting has two equal sides, no account is below its floor, and every
hash chain replays. Works while Purse runs. Exits with 0 when all holds, with 1 when something does not: the
offending rows are printed. When all holds it ends with a line for each currency: what is owed to customers (the sum
of their accounts), and the balances of the accounts through which cash came in (below zero) and went out.

Examples:
  purse verify
  purse verify --database-url sqlite:/var/lib/purse/purse.db`
}

// Run verifies the ledger.
func (c verifyCommand) Run(ctx context.Context) error {
	return app.Verify(ctx, c.DatabaseURL, os.Stdout, progress())
}
