package main

import (
	"context"
	"os"

	"purse/internal/app"
	"purse/internal/backup"
)

type restoreCommand struct {
	File           string `arg:"" help:"The backup."`
	DatabaseURL    string `name:"database-url" default:"${database}" env:"PURSE_DATABASE_URL" placeholder:"URL" help:"Where to: sqlite:PATH of a new file, or postgres://… of an empty database (${env}; default ${default})."`
	Identity       string `placeholder:"FILE" help:"File with the secret key of age for a backup that was encrypted to a public one."`
	PassphraseFile string `name:"passphrase-file" placeholder:"FILE" help:"File with the passphrase of the backup in its first line."`
}

func (restoreCommand) Help() string {
	return `Makes a new database out of a backup, on either engine; one that has anything in it is refused. First the whole file is
checked, and nothing is touched when it is damaged, cut off, or made by a newer Purse. The schema is brought up to date. Then
every invariant of the ledger is checked, as purse verify does, and every session, renewable token, code and link is ended:
everybody signs in again. No Purse opens the database before all of that has gone well, and nothing of it stays when it has not.

Start Purse with the PURSE_SECRET_KEY that it had when the backup was made.

Examples:
  purse restore /var/backups/purse-2026-01-31.backup --database-url sqlite:/var/lib/purse/purse.db
  purse restore --identity backup-key.txt purse-2026-01-31.backup
  createdb purse && purse restore purse-2026-01-31.backup --database-url postgres://localhost/purse`
}

// Run restores the backup.
func (c restoreCommand) Run(ctx context.Context) error {
	return app.Restore(ctx, c.DatabaseURL, c.File, backup.Key{IdentityFile: c.Identity, PassphraseFile: c.PassphraseFile}, os.Stdout, progress())
}
