package main

import (
	"context"
	"os"

	"purse/internal/app"
)

type migrateCommand struct {
	Status migrateStatusCommand `cmd:"" help:"List the migrations that a database has had, and those it has not; changes nothing."`
	Up     migrateUpCommand     `cmd:"" help:"Apply those that it has not had."`
}

type migrateStatusCommand struct {
	database `embed:""`
}

func (migrateStatusCommand) Help() string {
	return `Lists every step of the database's schema with the time at which it was applied, or "pending". Works while Purse
runs. Exits with 1 when a newer version of Purse has changed the database: this one will not open it.

Examples:
  purse migrate status
  purse migrate status --database-url 'postgres://purse:password@db.example.com/purse'`
}

// Run lists the migrations.
func (c migrateStatusCommand) Run(ctx context.Context) error {
	return app.MigrationStatus(ctx, c.DatabaseURL, os.Stdout)
}

type migrateUpCommand struct {
	database `embed:""`
}

func (migrateUpCommand) Help() string {
	return `Brings the database's schema up to date, each step in a transaction. purse serve does the same when it starts, so this
is for those who want it done before, or by another database user. An embedded database must not be in use;
a PostgreSQL one may be: of several that migrate at once, one does and the others wait.

Examples:
  purse migrate up
  purse migrate up --database-url 'postgres://owner:password@db.example.com/purse'`
}

// Run applies the pending migrations.
func (c migrateUpCommand) Run(ctx context.Context) error {
	return app.MigrateUp(ctx, c.DatabaseURL, os.Stdout)
}
