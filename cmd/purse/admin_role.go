package main

import (
	"context"

	"purse/internal/admin"
)

type adminRoleCommand struct {
	Create roleCreateCommand `cmd:"" help:"Make a role of permissions."`
	List   roleListCommand   `cmd:"" help:"List the roles with what they allow."`
	Grant  roleGrantCommand  `cmd:"" help:"Give a role to a user."`
	Revoke roleRevokeCommand `cmd:"" help:"Take a role from a user."`
}

type roleCreateCommand struct {
	aboutPeople `embed:""`
	Name        string   `arg:"" help:"Name in capitals, such as TELLER."`
	Permissions []string `name:"permission" placeholder:"P" help:"Permission that the role gives, in capitals; may be repeated."`
}

func (roleCreateCommand) Help() string {
	return `Purse itself asks for EDIT_PROFILE and USE_MONEY; your own programs may ask for others, which they find in an
account's "permissions".

Example:
  purse admin role create TELLER --permission USE_MONEY --permission COUNT_CASH`
}

// Run makes the role.
func (c roleCreateCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.CreateRole(ctx, c.Name, c.Permissions) })
}

type roleListCommand struct {
	aboutPeople `embed:""`
}

func (roleListCommand) Help() string {
	return `Example:
  purse admin role list`
}

// Run lists the roles.
func (c roleListCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.ListRoles(ctx) })
}

type userAndRole struct {
	oneUser `embed:""`
	Role    string `arg:"" help:"Name of the role."`
}

type roleGrantCommand struct {
	userAndRole `embed:""`
}

func (roleGrantCommand) Help() string {
	return `Example:
  purse admin role grant ann@example.com ADMIN`
}

// Run gives the role.
func (c roleGrantCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.GrantRole(ctx, c.User, c.Role) })
}

type roleRevokeCommand struct {
	userAndRole `embed:""`
}

func (roleRevokeCommand) Help() string {
	return `Every new user has the role USER. Without it they neither move money nor edit their profile, unless they may otherwise.

Example:
  purse admin role revoke ann@example.com USER`
}

// Run takes the role.
func (c roleRevokeCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.RevokeRole(ctx, c.User, c.Role) })
}

type adminPermissionCommand struct {
	Grant  permissionGrantCommand  `cmd:"" help:"Let a user do something, whatever their roles are."`
	Revoke permissionRevokeCommand `cmd:"" help:"Take back what was granted directly."`
}

type userAndPermission struct {
	oneUser    `embed:""`
	Permission string `arg:"" help:"Name of the permission, such as USE_MONEY."`
}

type permissionGrantCommand struct {
	userAndPermission `embed:""`
}

func (permissionGrantCommand) Help() string {
	return `Example:
  purse admin permission grant ann@example.com USE_MONEY`
}

// Run grants the permission.
func (c permissionGrantCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.GrantPermission(ctx, c.User, c.Permission) })
}

type permissionRevokeCommand struct {
	userAndPermission `embed:""`
}

func (permissionRevokeCommand) Help() string {
	return `What a role of the user allows stays; the answer says so.

Example:
  purse admin permission revoke ann@example.com USE_MONEY`
}

// Run takes the permission.
func (c permissionRevokeCommand) Run(ctx context.Context) error {
	return c.do(ctx, func(desk admin.Desk) error { return desk.RevokePermission(ctx, c.User, c.Permission) })
}
