package identity

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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

// Everything is the permission that holds all others. The role ADMIN has it, and
// nobody else can be given it, so that it tells administrators.
const Everything = "*"

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

// capitals is how roles and permissions are named.
var capitals = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// maxGroupName is the most characters of a group's name.
const maxGroupName = 64

// mustBeCapitals returns ErrName unless each name could be a role's or permission's.
func mustBeCapitals(names ...string) error {
	for _, name := range names {
		if !capitals.MatchString(name) {
			return ErrName
		}
	}
	return nil
}

// formGroupName is the one form of a group's name, or ErrName.
func formGroupName(name string) (string, error) {
	name = norm.NFC.String(strings.TrimSpace(name))
	length := utf8.RuneCountInString(name)
	if length < 1 || length > maxGroupName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", ErrName
	}
	return name, nil
}

// HasPermission says whether a user may do something, directly or through a
// role. What is granted or taken away counts at once in this process and at the
// peers, within a second in others.
func (s *Service) HasPermission(ctx context.Context, user UserID, permission string) (bool, error) {
	granted, err := s.granted(ctx, user)
	if err != nil {
		return false, err
	}
	_, has := granted[permission]
	_, all := granted[Everything]
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
	defer s.revoke(textOfPermissions(user))
	return s.work.Update(ctx, func(tx Tx) error {
		if _, err := tx.User(user); err != nil {
			return err
		}
		return fn(tx)
	})
}

// GrantPermission and RevokePermission change what a user may do directly; what
// a role allows stays. A permission is a name that somebody asks for, in capitals
// (ErrName). ErrNoUser.
func (s *Service) GrantPermission(ctx context.Context, user UserID, permission string) error {
	if err := mustBeCapitals(permission); err != nil {
		return err
	}
	return s.changePermissions(ctx, user, func(tx Tx) error { return tx.SetPermission(user, permission, true) })
}

// RevokePermission: see GrantPermission.
func (s *Service) RevokePermission(ctx context.Context, user UserID, permission string) error {
	if err := mustBeCapitals(permission); err != nil {
		return err
	}
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

// CreateRole makes a role of permissions, all of them named in capitals. ErrName, ErrNameTaken.
func (s *Service) CreateRole(ctx context.Context, name string, permissions []string) (role Role, err error) {
	if err := mustBeCapitals(append([]string{name}, permissions...)...); err != nil {
		return Role{}, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		number, err := tx.NextID("role")
		if err != nil {
			return err
		}
		role = Role{ID: RoleID(number), Name: name}
		return tx.InsertRole(role, permissions)
	})
	return role, err
}

// CreateGroup makes a group. ErrName, ErrNameTaken.
func (s *Service) CreateGroup(ctx context.Context, name string) (group Group, err error) {
	if name, err = formGroupName(name); err != nil {
		return Group{}, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		number, err := tx.NextID("group")
		if err != nil {
			return err
		}
		group = Group{ID: GroupID(number), Name: name}
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
	name, err := formGroupName(name)
	if err != nil {
		return ErrNoGroup
	}
	return s.changePermissions(ctx, user, func(tx Tx) error {
		group, err := tx.GroupNamed(name)
		if err != nil {
			return err
		}
		return tx.SetGroup(user, group.ID, member)
	})
}

// RoleGrants is a role with what it allows.
type RoleGrants struct {
	Role
	Permissions []string
}

// AllRoles lists every role by id.
func (s *Service) AllRoles(ctx context.Context) (list []RoleGrants, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		list, err = tx.AllRoles()
		return err
	})
	return list, err
}

// AllGroups lists every group by id.
func (s *Service) AllGroups(ctx context.Context) (list []Group, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		list, err = tx.AllGroups()
		return err
	})
	return list, err
}

// Standing is what a user is in Purse: roles and groups by id, and permissions
// by name, direct ones and those of roles. Who may do everything has every
// permission that any role has.
type Standing struct {
	Roles       []Role
	Groups      []Group
	Permissions []string
}

// Administers says whether the user is an administrator.
func (s Standing) Administers() bool {
	return slices.ContainsFunc(s.Roles, func(r Role) bool { return r.Name == RoleAdmin })
}

func readStanding(tx Tx, user UserID) (standing Standing, err error) {
	if standing.Roles, err = tx.Roles(user); err != nil {
		return standing, err
	}
	if standing.Groups, err = tx.Groups(user); err != nil {
		return standing, err
	}
	standing.Permissions, err = tx.Permissions(user)
	slices.Sort(standing.Permissions) // engines collate differently
	if err != nil || !slices.Contains(standing.Permissions, Everything) {
		return standing, err
	}
	roles, err := tx.AllRoles()
	for _, role := range roles {
		standing.Permissions = append(standing.Permissions, role.Permissions...)
	}
	slices.Sort(standing.Permissions)
	standing.Permissions = slices.DeleteFunc(slices.Compact(standing.Permissions), func(name string) bool { return name == Everything })
	return standing, err
}
