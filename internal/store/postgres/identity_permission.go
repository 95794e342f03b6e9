package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/identity"
)

// Permissions lists what a user may do, directly or through a role.
func (tx *Tx) Permissions(user identity.UserID) (list []string, err error) {
	err = tx.rows(`SELECT permission FROM user_permissions WHERE user_id = $1
		UNION SELECT p.permission FROM user_roles r JOIN role_permissions p ON p.role_id = r.role_id WHERE r.user_id = $1
		ORDER BY 1`, func(row pgx.Rows) error {
		list = append(list, "")
		return row.Scan(&list[len(list)-1])
	}, int64(user))
	return list, err
}

// SetPermission grants a permission to a user, or takes it away.
func (tx *Tx) SetPermission(user identity.UserID, permission string, granted bool) error {
	if !granted {
		return tx.exec(`DELETE FROM user_permissions WHERE user_id = $1 AND permission = $2`, int64(user), permission)
	}
	return tx.exec(`INSERT INTO user_permissions (user_id, permission) VALUES ($1, $2) ON CONFLICT DO NOTHING`, int64(user), permission)
}

// InsertRole adds a role, or returns identity.ErrNameTaken.
func (tx *Tx) InsertRole(role identity.Role, permissions []string) error {
	added, err := tx.changed(`INSERT INTO roles (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, int64(role.ID), role.Name)
	if err != nil {
		return err
	}
	if added == 0 {
		return identity.ErrNameTaken
	}
	return tx.exec(`INSERT INTO role_permissions (role_id, permission) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`, int64(role.ID), permissions)
}

// RoleNamed finds a role, or returns identity.ErrNoRole.
func (tx *Tx) RoleNamed(name string) (role identity.Role, err error) {
	found, err := tx.row(`SELECT id, name FROM roles WHERE name = $1`, []any{(*int64)(&role.ID), &role.Name}, name)
	if err == nil && !found {
		return role, identity.ErrNoRole
	}
	return role, err
}

// SetRole gives a role to a user, or takes it away.
func (tx *Tx) SetRole(user identity.UserID, role identity.RoleID, given bool) error {
	if !given {
		return tx.exec(`DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2`, int64(user), int64(role))
	}
	return tx.exec(`INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, int64(user), int64(role))
}

// Roles lists a user's roles by id.
func (tx *Tx) Roles(user identity.UserID) (list []identity.Role, err error) {
	err = tx.rows(`SELECT r.id, r.name FROM user_roles u JOIN roles r ON r.id = u.role_id WHERE u.user_id = $1 ORDER BY r.id`, func(row pgx.Rows) error {
		list = append(list, identity.Role{})
		last := &list[len(list)-1]
		return row.Scan((*int64)(&last.ID), &last.Name)
	}, int64(user))
	return list, err
}

// InsertGroup adds a group, or returns identity.ErrNameTaken.
func (tx *Tx) InsertGroup(group identity.Group) error {
	added, err := tx.changed(`INSERT INTO user_groups (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, int64(group.ID), group.Name)
	if err == nil && added == 0 {
		return identity.ErrNameTaken
	}
	return err
}

// GroupNamed finds a group, or returns identity.ErrNoGroup.
func (tx *Tx) GroupNamed(name string) (group identity.Group, err error) {
	found, err := tx.row(`SELECT id, name FROM user_groups WHERE name = $1`, []any{(*int64)(&group.ID), &group.Name}, name)
	if err == nil && !found {
		return group, identity.ErrNoGroup
	}
	return group, err
}

// SetGroup puts a user into a group, or out of it.
func (tx *Tx) SetGroup(user identity.UserID, group identity.GroupID, member bool) error {
	if !member {
		return tx.exec(`DELETE FROM group_members WHERE user_id = $1 AND group_id = $2`, int64(user), int64(group))
	}
	return tx.exec(`INSERT INTO group_members (user_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, int64(user), int64(group))
}

// Groups lists a user's groups by id.
func (tx *Tx) Groups(user identity.UserID) (list []identity.Group, err error) {
	err = tx.rows(`SELECT g.id, g.name FROM group_members m JOIN user_groups g ON g.id = m.group_id WHERE m.user_id = $1 ORDER BY g.id`, func(row pgx.Rows) error {
		list = append(list, identity.Group{})
		last := &list[len(list)-1]
		return row.Scan((*int64)(&last.ID), &last.Name)
	}, int64(user))
	return list, err
}

// RolesOf lists the roles of many users, each by id.
func (tx *Tx) RolesOf(users []identity.UserID) (map[identity.UserID][]identity.Role, error) {
	of := map[identity.UserID][]identity.Role{}
	return of, tx.rows(`SELECT u.user_id, r.id, r.name FROM user_roles u JOIN roles r ON r.id = u.role_id
		WHERE u.user_id = ANY ($1) ORDER BY r.id`, func(row pgx.Rows) error {
		var user int64
		var role identity.Role
		err := row.Scan(&user, (*int64)(&role.ID), &role.Name)
		of[identity.UserID(user)] = append(of[identity.UserID(user)], role)
		return err
	}, numbers(users))
}

// GroupsOf lists the groups of many users, each by id.
func (tx *Tx) GroupsOf(users []identity.UserID) (map[identity.UserID][]identity.Group, error) {
	of := map[identity.UserID][]identity.Group{}
	return of, tx.rows(`SELECT m.user_id, g.id, g.name FROM group_members m JOIN user_groups g ON g.id = m.group_id
		WHERE m.user_id = ANY ($1) ORDER BY g.id`, func(row pgx.Rows) error {
		var user int64
		var group identity.Group
		err := row.Scan(&user, (*int64)(&group.ID), &group.Name)
		of[identity.UserID(user)] = append(of[identity.UserID(user)], group)
		return err
	}, numbers(users))
}

// numbers is ids as an array of bigint.
func numbers(users []identity.UserID) []int64 {
	list := make([]int64, len(users))
	for i, user := range users {
		list[i] = int64(user)
	}
	return list
}

// AllRoles lists every role by id, with its permissions by name.
func (tx *Tx) AllRoles() (list []identity.RoleGrants, err error) {
	err = tx.rows(`SELECT r.id, r.name, p.permission FROM roles r LEFT JOIN role_permissions p ON p.role_id = r.id ORDER BY r.id, p.permission COLLATE "C"`, func(row pgx.Rows) error {
		var role identity.Role
		var permission *string
		if err := row.Scan((*int64)(&role.ID), &role.Name, &permission); err != nil {
			return err
		}
		if len(list) == 0 || list[len(list)-1].ID != role.ID {
			list = append(list, identity.RoleGrants{Role: role})
		}
		if last := &list[len(list)-1]; permission != nil {
			last.Permissions = append(last.Permissions, *permission)
		}
		return nil
	})
	return list, err
}

// AllGroups lists every group by id.
func (tx *Tx) AllGroups() (list []identity.Group, err error) {
	err = tx.rows(`SELECT id, name FROM user_groups ORDER BY id`, func(row pgx.Rows) error {
		list = append(list, identity.Group{})
		last := &list[len(list)-1]
		return row.Scan((*int64)(&last.ID), &last.Name)
	})
	return list, err
}
