package main

import (
	"context"

	"purse/internal/admin"
)

type adminGroupCommand struct {
	Create groupCreateCommand `cmd:"" help:"Make a group."`
	List   groupListCommand   `cmd:"" help:"List the groups."`
	Add    groupAddCommand    `cmd:"" help:"Put a user into a group."`
	Remove groupRemoveCommand `cmd:"" help:"Take a user out of a group."`
}

type groupCreateCommand struct {
	aboutPeople `embed:""`
	Name        string `arg:"" help:"Name, at most 64 characters."`
}

func (groupCreateCommand) Help() string {
	return `Example:
  purse admin group create "First customers"`
}

// Run makes the group.
func (c groupCreateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.CreateGroup(ctx, c.Name) })
}

type groupListCommand struct {
	aboutPeople `embed:""`
}

func (groupListCommand) Help() string {
	return `Example:
  purse admin group list --json`
}

// Run lists the groups.
func (c groupListCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.ListGroups(ctx) })
}

type userAndGroup struct {
	oneUser `embed:""`
	Group   string `arg:"" help:"Name of the group."`
}

type groupAddCommand struct {
	userAndGroup `embed:""`
}

func (groupAddCommand) Help() string {
	return `Example:
  purse admin group add ann@example.com "First customers"`
}

// Run puts the user in.
func (c groupAddCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.JoinGroup(ctx, c.User, c.Group) })
}

type groupRemoveCommand struct {
	userAndGroup `embed:""`
}

func (groupRemoveCommand) Help() string {
	return `Example:
  purse admin group remove ann@example.com "First customers"`
}

// Run takes the user out.
func (c groupRemoveCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.LeaveGroup(ctx, c.User, c.Group) })
}
