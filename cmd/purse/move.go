package main

import (
	"context"
	"os"

	"purse/internal/app"
)

type moveCommand struct {
	DatabaseURL string `name:"database-url" default:"${database}" env:"PURSE_DATABASE_URL" placeholder:"URL" help:"Database to copy: sqlite:PATH (${env}; default ${default})."`
	To          string `required:"" placeholder:"URL" help:"Empty PostgreSQL database: postgres://…"`
}

func (moveCommand) Help() string {
	return `Copies an embedded database into an empty PostgreSQL database, and proves the two equal: the number of rows of every table,
the sum of every currency, and the hash of the newest entry of every account. Then it checks the books, as purse verify does, and
says what to do next. Purse must be stopped. Whoever is signed in stays so. The embedded database is left as it is.

Example:
  createdb purse && purse move --database-url sqlite:/var/lib/purse/purse.db --to postgres://localhost/purse`
}

// Run copies the database.
func (c moveCommand) Run(ctx context.Context) error {
	return app.Move(ctx, c.DatabaseURL, c.To, os.Stdout, progress())
}
