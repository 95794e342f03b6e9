package main

import (
	"context"

	"purse/internal/app"
)

// adminCommand is what operators change in a database, also while Purse runs.
type adminCommand struct {
	BotClient botClientCommand `cmd:"" name:"bot-client" help:"Bots that may act for Telegram chats."`
}

// administration is the flags with which every admin command finds its database.
type administration struct {
	DatabaseURL string `name:"database-url" default:"${database}" env:"PURSE_DATABASE_URL" placeholder:"URL" help:"Database: sqlite:PATH or postgres://… (${env}; default ${default})."`
	SecretKey   string `env:"PURSE_SECRET_KEY" placeholder:"BASE64" help:"Root of all keys, as Purse has it; without it the key that purse dev keeps beside the database (${env})."`
}

func (a administration) open(ctx context.Context) (*app.Administration, error) {
	return app.OpenForAdministration(ctx, a.DatabaseURL, a.SecretKey)
}
