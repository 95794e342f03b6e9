package sqlite

import "purse/internal/identity"

// DeleteNewcomers removes who was to be a user under an address or a number.
func (tx *Tx) DeleteNewcomers(email, phone string) error {
	for _, table := range [...]string{"registrations", "pending"} {
		if err := tx.exec(`DELETE FROM `+table+` WHERE email <> '' AND email = ?1 OR phone <> '' AND phone = ?2`, email, phone); err != nil {
			return err
		}
	}
	return nil
}

// eraseUser is what is left of a person: nothing but the ids and the beginning.
var eraseUser = []string{
	`DELETE FROM credentials WHERE user_id = ?1`,
	`DELETE FROM resets WHERE user_id = ?1`,
	`DELETE FROM email_links WHERE user_id = ?1`,
	`DELETE FROM refresh_tokens WHERE user_id = ?1`,
	`DELETE FROM chat_sessions WHERE user_id = ?1`,
	`DELETE FROM sessions WHERE user_id = ?1`,
	`DELETE FROM user_roles WHERE user_id = ?1`,
	`DELETE FROM user_permissions WHERE user_id = ?1`,
	`DELETE FROM group_members WHERE user_id = ?1`,
	`UPDATE users SET social_security = NULL WHERE id = ?1`,
}

// EraseUser removes everything about a user but the ids.
func (tx *Tx) EraseUser(user identity.UserID) error {
	for _, statement := range eraseUser {
		if err := tx.exec(statement, int64(user)); err != nil {
			return err
		}
	}
	return tx.UpdateUser(identity.User{ID: user, Status: identity.Inactive})
}
