package main

import (
	"context"
	"os"

	"purse/internal/app"
	"purse/internal/botclient"
)

type botClientCommand struct {
	Add    botClientAddCommand    `cmd:"" help:"Give a client one more secret, and print it this once."`
	List   botClientListCommand   `cmd:"" help:"List the clients and when their secrets were added."`
	Remove botClientRemoveCommand `cmd:"" help:"Remove a client, or one of its secrets."`
}

type botClientAddCommand struct {
	administration `embed:""`
	ID             string `arg:"" help:"The client, as X-Client-Id names it, such as telegram_bot."`
}

func (botClientAddCommand) Help() string {
	return `Makes a secret with which the client may sign, beside those that it has, and prints it on standard output; it cannot be
shown again. It counts on all nodes when the command ends. To change a secret: add, give the client the new one, remove the old one.

Examples:
  purse admin bot-client add telegram_bot
  purse admin bot-client add telegram_bot > /etc/telegram-bot/secret`
}

// Run adds a secret.
func (c botClientAddCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(a *app.Administration) error {
		return a.AddBotClient(ctx, botclient.ID(c.ID), os.Stdout, os.Stderr)
	})
}

type botClientListCommand struct {
	administration `embed:""`
	ID             string `arg:"" optional:"" help:"Only this client."`
}

func (botClientListCommand) Help() string {
	return `Lists the secrets that are kept in the database, by client, without showing them. Those of PURSE_BOT_CLIENTS are not among them.

Example:
  purse admin bot-client list`
}

// Run lists the secrets.
func (c botClientListCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(a *app.Administration) error { return a.ListBotClients(ctx, botclient.ID(c.ID), os.Stdout) })
}

type botClientRemoveCommand struct {
	administration `embed:""`
	ID             string `arg:"" help:"The client."`
	Secret         int64  `placeholder:"NUMBER" help:"Only this secret of the client, by its number in the list."`
}

func (botClientRemoveCommand) Help() string {
	return `Removes a client with all of its secrets, or one secret alone. What they sign is refused on all nodes when
the command ends.

Examples:
  purse admin bot-client remove telegram_bot
  purse admin bot-client remove telegram_bot --secret 3`
}

// Run removes secrets.
func (c botClientRemoveCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(a *app.Administration) error {
		return a.RemoveBotClient(ctx, botclient.ID(c.ID), botclient.SecretID(c.Secret), os.Stdout)
	})
}
