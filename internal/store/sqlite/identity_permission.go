package sqlite

import (
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/identity"
)

// Permissions lists what a user may do, directly or through a role.
func (tx *Tx) Permissions(user identity.UserID) (list []string, err error) {
	err = tx.rows(`SELECT permission FROM user_permissions WHERE user_id = ?1
		UNION SELECT p.permission FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id WHERE r.user_id = ?1
		ORDER BY 1`, func(stmt *sqlite.Stmt) error {
		list = append(list, stmt.ColumnText(0))
		return nil
	}, int64(user))
	return list, err
}

// SetPermission grants a permission to a user, or takes it away.
func (tx *Tx) SetPermission(user identity.UserID, permission string, granted bool) error {
	if !granted {
		return tx.exec(`DELETE FROM user_permissions WHERE user_id = ?1 AND permission = ?2`, int64(user), permission)
	}
	return tx.exec(`INSERT INTO user_permissions (user_id, permission) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, int64(user), permission)
}

// InsertRole adds a role, or returns identity.ErrNameTaken.
func (tx *Tx) InsertRole(role identity.Role, permissions []string) error {
	added, err := tx.changed(`INSERT INTO roles (id, name) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING`, int64(role.ID), role.Name)
	if err != nil {
		return err
	}
	if added == 0 {
		return identity.ErrNameTaken
	}
	for _, permission := range permissions {
		if err := tx.exec(`INSERT INTO role_permissions (role_id, permission) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, int64(role.ID), permission); err != nil {
			return err
		}
	}
	return nil
}

// RoleNamed finds a role, or returns identity.ErrNoRole.
func (tx *Tx) RoleNamed(name string) (role identity.Role, err error) {
	found, err := tx.row(`SELECT id, name FROM roles WHERE name = ?1`, func(stmt *sqlite.Stmt) { role = scanRole(stmt) }, name)
	if err == nil && !found {
		return role, identity.ErrNoRole
	}
	return role, err
}

func scanRole(stmt *sqlite.Stmt) identity.Role {
	return identity.Role{ID: identity.RoleID(stmt.ColumnInt64(0)), Name: stmt.ColumnText(1)}
}

// SetRole gives a role to a user, or takes it away.
func (tx *Tx) SetRole(user identity.UserID, role identity.RoleID, given bool) error {
	if !given {
		return tx.exec(`DELETE FROM user_roles WHERE user_id = ?1 AND role_id = ?2`, int64(user), int64(role))
	}
	return tx.exec(`INSERT INTO user_roles (user_id, role_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, int64(user), int64(role))
}

// Roles lists a user's roles by id.
func (tx *Tx) Roles(user identity.UserID) (list []identity.Role, err error) {
	err = tx.rows(`SELECT r.id, r.name FROM user_roles u JOIN roles r ON r.id = u.role_id WHERE u.user_id = ?1 ORDER BY r.id`, func(stmt *sqlite.Stmt) error {
		list = append(list, scanRole(stmt))
		return nil
	}, int64(user))
	return list, err
}

// InsertGroup adds a group, or returns identity.ErrNameTaken.
func (tx *Tx) InsertGroup(group identity.Group) error {
	added, err := tx.changed(`INSERT INTO user_groups (id, name) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING`, int64(group.ID), group.Name)
	if err == nil && added == 0 {
		return identity.ErrNameTaken
	}
	return err
}

// GroupNamed finds a group, or returns identity.ErrNoGroup.
func (tx *Tx) GroupNamed(name string) (group identity.Group, err error) {
	found, err := tx.row(`SELECT id, name FROM user_groups WHERE name = ?1`, func(stmt *sqlite.Stmt) { group = scanGroup(stmt) }, name)
	if err == nil && !found {
		return group, identity.ErrNoGroup
	}
	return group, err
}

func scanGroup(stmt *sqlite.Stmt) identity.Group {
	return identity.Group{ID: identity.GroupID(stmt.ColumnInt64(0)), Name: stmt.ColumnText(1)}
}

// SetGroup puts a user into a group, or out of it.
func (tx *Tx) SetGroup(user identity.UserID, group identity.GroupID, member bool) error {
	if !member {
		return tx.exec(`DELETE FROM group_members WHERE user_id = ?1 AND group_id = ?2`, int64(user), int64(group))
	}
	return tx.exec(`INSERT INTO group_members (user_id, group_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING`, int64(user), int64(group))
}

// Groups lists a user's groups by id.
func (tx *Tx) Groups(user identity.UserID) (list []identity.Group, err error) {
	err = tx.rows(`SELECT g.id, g.name FROM group_members m JOIN user_groups g ON g.id = m.group_id WHERE m.user_id = ?1 ORDER BY g.id`, func(stmt *sqlite.Stmt) error {
		list = append(list, scanGroup(stmt))
		return nil
	}, int64(user))
	return list, err
}

// RolesOf lists the roles of many users, each by id.
func (tx *Tx) RolesOf(users []identity.UserID) (map[identity.UserID][]identity.Role, error) {
	of := map[identity.UserID][]identity.Role{}
	list, err := jsonList(users)
	if err != nil {
		return nil, err
	}
	return of, tx.rows(`SELECT r.id, r.name, u.user_id FROM user_roles u JOIN roles r ON r.id = u.role_id
		WHERE u.user_id IN (SELECT value FROM json_each(?1)) ORDER BY r.id`, func(stmt *sqlite.Stmt) error {
		user := identity.UserID(stmt.ColumnInt64(2))
		of[user] = append(of[user], scanRole(stmt))
		return nil
	}, list)
}

// GroupsOf lists the groups of many users, each by id.
func (tx *Tx) GroupsOf(users []identity.UserID) (map[identity.UserID][]identity.Group, error) {
	of := map[identity.UserID][]identity.Group{}
	list, err := jsonList(users)
	if err != nil {
		return nil, err
	}
	return of, tx.rows(`SELECT g.id, g.name, m.user_id FROM group_members m JOIN user_groups g ON g.id = m.group_id
		WHERE m.user_id IN (SELECT value FROM json_each(?1)) ORDER BY g.id`, func(stmt *sqlite.Stmt) error {
		user := identity.UserID(stmt.ColumnInt64(2))
		of[user] = append(of[user], scanGroup(stmt))
		return nil
	}, list)
}

// jsonList is how a list travels to a query, for json_each.
func jsonList[T any](values []T) (string, error) {
	text, err := json.Marshal(values)
	if err != nil {
		return "", fault.ErrInternal.Because(err)
	}
	return string(text), nil
}

// AllRoles lists every role by id, with its permissions by name.
func (tx *Tx) AllRoles() (list []identity.RoleGrants, err error) {
	err = tx.rows(`SELECT r.id, r.name, p.permission FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id ORDER BY r.id, p.permission`, func(stmt *sqlite.Stmt) error {
		role := scanRole(stmt)
		if len(list) == 0 || list[len(list)-1].ID != role.ID {
			list = append(list, identity.RoleGrants{Role: role})
		}
		if last := &list[len(list)-1]; !stmt.ColumnIsNull(2) {
			last.Permissions = append(last.Permissions, stmt.ColumnText(2))
		}
		return nil
	})
	return list, err
}

// AllGroups lists every group by id.
func (tx *Tx) AllGroups() (list []identity.Group, err error) {
	err = tx.rows(`SELECT id, name FROM user_groups ORDER BY id`, func(stmt *sqlite.Stmt) error {
		list = append(list, scanGroup(stmt))
		return nil
	})
	return list, err
}
