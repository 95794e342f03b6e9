package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"purse/internal/identity"
)

type role struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
}

type group struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// CreateRole makes a role of permissions.
func (d Desk) CreateRole(ctx context.Context, name string, permissions []string) error {
	made, err := d.People.CreateRole(ctx, name, permissions)
	if err != nil {
		return explain(err, name)
	}
	permissions = append([]string{}, permissions...) // never null in JSON
	slices.Sort(permissions)
	permissions = slices.Compact(permissions)
	return d.tell(role{int64(made.ID), made.Name, permissions}, "The role %s allows %s. Give it with: purse admin role grant USER %s", made.Name, orNone(permissions), made.Name)
}

// ListRoles prints every role with what it allows.
func (d Desk) ListRoles(ctx context.Context) error {
	all, err := d.People.AllRoles(ctx)
	if err != nil {
		return err
	}
	list, rows := []role{}, [][]string{{"ROLE", "ALLOWS"}}
	for _, r := range all {
		list = append(list, role{int64(r.ID), r.Name, append([]string{}, r.Permissions...)})
		allows := orNone(r.Permissions)
		if slices.Contains(r.Permissions, identity.Everything) {
			allows = "everything"
		}
		rows = append(rows, []string{r.Name, allows})
	}
	if d.JSON {
		return d.tell(list, "")
	}
	return d.table(rows...)
}

// GrantRole gives a role to a user.
func (d Desk) GrantRole(ctx context.Context, name, role string) error {
	return d.change(ctx, name, role, func(ctx context.Context, id identity.UserID) error { return d.People.GrantRole(ctx, id, role) }, tellRoles)
}

// RevokeRole takes a role from a user.
func (d Desk) RevokeRole(ctx context.Context, name, role string) error {
	return d.change(ctx, name, role, func(ctx context.Context, id identity.UserID) error { return d.People.RevokeRole(ctx, id, role) }, tellRoles)
}

func tellRoles(u user) string {
	return fmt.Sprintf("User %d has these roles: %s.", u.ID, orNone(u.Roles))
}

// GrantPermission lets a user do something, whatever their roles are.
func (d Desk) GrantPermission(ctx context.Context, name, permission string) error {
	return d.change(ctx, name, permission, func(ctx context.Context, id identity.UserID) error {
		return d.People.GrantPermission(ctx, id, permission)
	}, tellPermissions)
}

// RevokePermission takes back what was granted directly.
func (d Desk) RevokePermission(ctx context.Context, name, permission string) error {
	return d.change(ctx, name, permission, func(ctx context.Context, id identity.UserID) error {
		return d.People.RevokePermission(ctx, id, permission)
	}, func(u user) string {
		text := tellPermissions(u)
		if slices.Contains(u.Permissions, permission) || slices.Contains(u.Roles, identity.RoleAdmin) {
			text += fmt.Sprintf("\nA role of theirs still allows %s (%s). Take it with: purse admin role revoke %d ROLE", permission, strings.Join(u.Roles, ", "), u.ID)
		}
		return text
	})
}

func tellPermissions(u user) string {
	return fmt.Sprintf("User %d may: %s.", u.ID, orNone(u.Permissions))
}

// CreateGroup makes a group.
func (d Desk) CreateGroup(ctx context.Context, name string) error {
	made, err := d.People.CreateGroup(ctx, name)
	if err != nil {
		return explain(err, name)
	}
	return d.tell(group{int64(made.ID), made.Name}, "The group %q is there. Fill it with: purse admin group add USER %q", made.Name, made.Name)
}

// ListGroups prints every group.
func (d Desk) ListGroups(ctx context.Context) error {
	all, err := d.People.AllGroups(ctx)
	if err != nil {
		return err
	}
	list, rows := []group{}, [][]string{{"GROUP"}}
	for _, g := range all {
		list = append(list, group{int64(g.ID), g.Name})
		rows = append(rows, []string{g.Name})
	}
	switch {
	case d.JSON:
		return d.tell(list, "")
	case len(all) == 0:
		return d.tell(nil, "There are no groups yet. Make one with: purse admin group create NAME")
	}
	return d.table(rows...)
}

// JoinGroup puts a user into a group.
func (d Desk) JoinGroup(ctx context.Context, name, group string) error {
	return d.change(ctx, name, group, func(ctx context.Context, id identity.UserID) error { return d.People.JoinGroup(ctx, id, group) }, tellGroups)
}

// LeaveGroup takes a user out of a group.
func (d Desk) LeaveGroup(ctx context.Context, name, group string) error {
	return d.change(ctx, name, group, func(ctx context.Context, id identity.UserID) error { return d.People.LeaveGroup(ctx, id, group) }, tellGroups)
}

func tellGroups(u user) string {
	return fmt.Sprintf("User %d is in these groups: %s.", u.ID, orNone(u.Groups))
}
