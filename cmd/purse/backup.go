package main

import (
	"context"
	"os"

	"purse/internal/app"
	"purse/internal/backup"
)

type backupCommand struct {
	database       `embed:""`
	File           string   `arg:"" help:"Where to write it; a file that is there is never overwritten."`
	EncryptTo      []string `name:"encrypt-to" sep:"none" placeholder:"RECIPIENT" help:"Encrypt to this public key (age1…, as age-keygen prints it); may be given several times."`
	PassphraseFile string   `name:"passphrase-file" placeholder:"FILE" help:"Encrypt with the passphrase in the first line of this file, of 12 characters or more."`
}

func (backupCommand) Help() string {
	return `Writes the whole database, as it is at one moment, into one compressed file, while Purse goes on serving and
writing. The file fits either engine: purse restore brings it back into SQLite or PostgreSQL. It has its name only when it is
whole and on disk, can be read by this user only, and ends with a sum over all of it.

Card and social security numbers in it stay encrypted with PURSE_SECRET_KEY: without that key they are lost. Keep the key
apart from the backups. Everything else, names and balances among it, is readable unless the backup is encrypted.

Examples:
  purse backup /var/backups/purse-2026-01-31.backup
  purse backup --encrypt-to age1… purse-2026-01-31.backup
  purse backup --passphrase-file /etc/purse/backup-passphrase purse-2026-01-31.backup`
}

// Run writes the backup.
func (c backupCommand) Run(ctx context.Context) error {
	return app.Backup(ctx, c.DatabaseURL, c.File, backup.Lock{Recipients: c.EncryptTo, PassphraseFile: c.PassphraseFile}, os.Stdout, progress())
}
