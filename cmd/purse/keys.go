package main

import (
	"context"
	"os"

	"purse/internal/app"
)

// keysCommand is the root key and its change.
type keysCommand struct {
	New    keysNewCommand    `cmd:"" help:"Make a key for PURSE_SECRET_KEY."`
	Rotate keysRotateCommand `cmd:"" help:"Re-encrypt everything with the first key of PURSE_SECRET_KEY, while Purse runs."`
}

type keysNewCommand struct{}

func (keysNewCommand) Help() string {
	return `Prints 32 random bytes in base64. Nothing else knows them: keep them apart from the database's backups.

Example:
  (umask 077; purse keys new > purse.key)`
}

// Run prints a key.
func (keysNewCommand) Run() error { return app.NewKey(os.Stdout) }

type keysRotateCommand struct {
	administration `embed:""`
}

func (keysRotateCommand) Help() string {
	return `Makes everything that depends on the old key anew with the new one: card and social security numbers, the hashes by
which numbers are found, bot clients' secrets, messages that wait. Purse serves meanwhile, every node with both keys. It can be interrupted and
run again. Cards keep their CVV, people stay signed in, failed sign-ins stay counted.

In this order; docs/operations.md has it in full, also for several nodes:
  1. purse keys new                                    makes the new key
  2. restart Purse with PURSE_SECRET_KEY=NEW,OLD
  3. PURSE_SECRET_KEY=NEW,OLD purse keys rotate
  4. restart Purse with PURSE_SECRET_KEY=NEW

Examples:
  purse keys rotate
  purse keys rotate --database-url 'postgres://purse:password@db.example.com/purse'`
}

// Run re-encrypts.
func (c keysRotateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(a *app.Administration) error { return a.RotateKeys(ctx, os.Stdout, progress()) })
}
