package identity

import (
	"context"
	"strings"
)

// The roles that exist from the start.
const (
	RoleUser  = "USER"  // every new user has it
	RoleAdmin = "ADMIN" // may do everything
)

// The permissions that Purse itself asks for. Operators may name others.
const (
	EditProfile = "EDIT_PROFILE"
	UseMoney    = "USE_MONEY"
)

// everything is the permission that holds all others; the role ADMIN has it.
const everything = "*"

// RoleID names a role.
type RoleID int64

// Role is a named set of permissions.
type Role struct {
	ID   RoleID
	Name string
}

// GroupID names a group.
type GroupID int64

// Group is a named set of users; it grants nothing.
type Group struct {
	ID   GroupID
	Name string
}

// HasPermission says whether a user may do something, directly or through a
// role. What is granted or taken away counts at once in this process, within a
// second in others.
func (s *Service) HasPermission(ctx context.Context, user UserID, permission string) (bool, error) {
	granted, err := s.granted(ctx, user)
	if err != nil {
		return false, err
	}
	_, has := granted[permission]
	_, all := granted[everything]
	return has || all, nil
}

// Require returns ErrNoPermission unless the user may do something.
func (s *Service) Require(ctx context.Context, user UserID, permission string) error {
	has, err := s.HasPermission(ctx, user, permission)
	if err == nil && !has {
		return ErrNoPermission
	}
	return err
}

func (s *Service) granted(ctx context.Context, user UserID) (map[string]struct{}, error) {
	granted, epoch, found := s.permissions.get(user)
	if found {
		return granted, nil
	}
	granted = map[string]struct{}{}
	err := s.work.View(ctx, func(tx Tx) error {
		names, err := tx.Permissions(user)
		clear(granted)
		for _, name := range names {
			granted[name] = struct{}{}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	granted, _ = s.permissions.offer(user, granted, epoch, func(_, _ map[string]struct{}) bool { return false })
	return granted, nil
}

// changePermissions runs fn for a user that exists and makes it count at once.
func (s *Service) changePermissions(ctx context.Context, user UserID, fn func(tx Tx) error) error {
	defer s.permissions.forget(user)
	return s.work.Update(ctx, func(tx Tx) error {
		if _, err := tx.User(user); err != nil {
			return err
		}
		return fn(tx)
	})
}

// GrantPermission and RevokePermission change what a user may do directly; what
// a role allows stays. ErrNoUser.
func (s *Service) GrantPermission(ctx context.Context, user UserID, permission string) error {
	return s.changePermissions(ctx, user, func(tx Tx) error { return tx.SetPermission(user, permission, true) })
}

// RevokePermission: see GrantPermission.
func (s *Service) RevokePermission(ctx context.Context, user UserID, permission string) error {
	return s.changePermissions(ctx, user, func(tx Tx) error { return tx.SetPermission(user, permission, false) })
}

// GrantRole gives a user a role. ErrNoUser, ErrNoRole.
func (s *Service) GrantRole(ctx context.Context, user UserID, role string) error {
	return s.setRole(ctx, user, role, true)
}

// RevokeRole takes a role from a user. ErrNoUser, ErrNoRole.
func (s *Service) RevokeRole(ctx context.Context, user UserID, role string) error {
	return s.setRole(ctx, user, role, false)
}

func (s *Service) setRole(ctx context.Context, user UserID, name string, given bool) error {
	return s.changePermissions(ctx, user, func(tx Tx) error {
		role, err := tx.RoleNamed(name)
		if err != nil {
			return err
		}
		return tx.SetRole(user, role.ID, given)
	})
}

// CreateRole makes a role of permissions. ErrNameTaken.
func (s *Service) CreateRole(ctx context.Context, name string, permissions []string) (role Role, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		number, err := tx.NextID("role")
		if err != nil {
			return err
		}
		role = Role{ID: RoleID(number), Name: strings.TrimSpace(name)}
		return tx.InsertRole(role, permissions)
	})
	return role, err
}

// CreateGroup makes a group. ErrNameTaken.
func (s *Service) CreateGroup(ctx context.Context, name string) (group Group, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		number, err := tx.NextID("group")
		if err != nil {
			return err
		}
		group = Group{ID: GroupID(number), Name: strings.TrimSpace(name)}
		return tx.InsertGroup(group)
	})
	return group, err
}

// JoinGroup puts a user into a group. ErrNoUser, ErrNoGroup.
func (s *Service) JoinGroup(ctx context.Context, user UserID, group string) error {
	return s.setGroup(ctx, user, group, true)
}

// LeaveGroup takes a user out of a group. ErrNoUser, ErrNoGroup.
func (s *Service) LeaveGroup(ctx context.Context, user UserID, group string) error {
	return s.setGroup(ctx, user, group, false)
}

func (s *Service) setGroup(ctx context.Context, user UserID, name string, member bool) error {
	return s.changePermissions(ctx, user, func(tx Tx) error {
		group, err := tx.GroupNamed(name)
		if err != nil {
			return err
		}
		return tx.SetGroup(user, group.ID, member)
	})
}

// Standing is what a user is in Purse: roles and groups by id, and permissions
// by name, direct ones and those of roles.
type Standing struct {
	Roles       []Role
	Groups      []Group
	Permissions []string
}

// Standing reads it. ErrNoUser.
func (s *Service) Standing(ctx context.Context, user UserID) (standing Standing, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		_, err := tx.User(user)
		if err != nil {
			return err
		}
		if standing.Roles, err = tx.Roles(user); err != nil {
			return err
		}
		if standing.Groups, err = tx.Groups(user); err != nil {
			return err
		}
		standing.Permissions, err = tx.Permissions(user)
		return err
	})
	return standing, err
}
