package main

import (
	"context"
	"errors"
	"os"

	"purse/internal/admin"
	"purse/internal/app"
)

// adminCommand is what operators change in a database, also while Purse runs.
type adminCommand struct {
	Create     adminCreateCommand     `cmd:"" help:"Make an administrator; asks for the password."`
	User       adminUserCommand       `cmd:"" help:"Show a user, or let or keep them from acting."`
	Role       adminRoleCommand       `cmd:"" help:"Roles: make them, list them, give and take them."`
	Permission adminPermissionCommand `cmd:"" help:"Permissions that a user has directly."`
	Group      adminGroupCommand      `cmd:"" help:"Groups of users, which grant nothing."`
	BotClient  botClientCommand       `cmd:"" name:"bot-client" help:"Bots that may act for Telegram chats."`
}

func (adminCommand) Help() string {
	return `Acts on the database of PURSE_DATABASE_URL, also while Purse runs on it: a command that changes what a user or a
bot may do ends when the next request on any node finds the change. That takes about a second, or no time with the
PURSE_REDIS_URL of the running Purse, by which its nodes are told. USER is an id, e-mail, phone or login.
PURSE_SECRET_KEY must be the key with which Purse runs; purse dev keeps its own beside the database, where it is found.

Examples:
  purse admin create --email root@example.com
  purse admin user show ann@example.com
  purse admin role grant ann@example.com ADMIN
  purse admin role revoke 7 USER                    7 may do nothing that a permission guards
  purse admin permission grant 7 USE_MONEY
  purse admin bot-client add telegram_bot`
}

// administration is the flags with which every admin command finds its database.
type administration struct {
	database  `embed:""`
	SecretKey string `env:"PURSE_SECRET_KEY" placeholder:"BASE64" help:"Root of all keys, as Purse has it; without it the key that purse dev keeps beside the database (${env})."`
	RedisURL  string `name:"redis-url" env:"PURSE_REDIS_URL" placeholder:"URL" help:"Redis or Valkey of the running Purse, as it has it: tells its nodes of the change, and keeps the tokens of Telegram chats (${env})."`
}

// do opens the database for one piece of work.
func (a administration) do(ctx context.Context, work func(*app.Administration) error) (err error) {
	opened, err := app.OpenForAdministration(ctx, a.DatabaseURL, a.SecretKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	if err := opened.UseRedis(ctx, a.RedisURL); err != nil {
		return err
	}
	return work(opened)
}

// aboutPeople is the flags of the commands about people.
type aboutPeople struct {
	administration `embed:""`
	JSON           bool `name:"json" help:"Answer in JSON."`
}

// do opens the database for one piece of work with people.
func (a aboutPeople) do(ctx context.Context, work func(admin.Desk) error) error {
	return a.administration.do(ctx, func(opened *app.Administration) error {
		people, err := opened.People()
		if err != nil {
			return err
		}
		return work(admin.Desk{People: people, Out: os.Stdout, JSON: a.JSON})
	})
}
