package main

import (
	"context"

	"purse/internal/admin"
)

type adminUserCommand struct {
	Show       userShowCommand       `cmd:"" help:"Show who a user is and what they may do."`
	Activate   userActivateCommand   `cmd:"" help:"Let a user act again."`
	Deactivate userDeactivateCommand `cmd:"" help:"Keep a user from acting, and end their sessions."`
}

type oneUser struct {
	aboutPeople `embed:""`
	User        string `arg:"" help:"Id, e-mail, phone or login."`
}

type userShowCommand struct {
	oneUser `embed:""`
}

func (userShowCommand) Help() string {
	return `Examples:
  purse admin user show ann@example.com
  purse admin user show 7 --json`
}

// Run shows the user.
func (c userShowCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.ShowUser(ctx, c.User) })
}

type userActivateCommand struct {
	oneUser `embed:""`
}

func (userActivateCommand) Help() string {
	return `Example:
  purse admin user activate ann@example.com`
}

// Run activates the user.
func (c userActivateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.Activate(ctx, c.User) })
}

type userDeactivateCommand struct {
	oneUser `embed:""`
}

func (userDeactivateCommand) Help() string {
	return `An inactive user is signed out everywhere and cannot sign in. Their money stays where it is.

Example:
  purse admin user deactivate ann@example.com`
}

// Run deactivates the user.
func (c userDeactivateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.Deactivate(ctx, c.User) })
}
