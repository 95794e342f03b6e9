package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/identity"
)

// PutEmailLink keeps a link in place of the user's older one.
func (tx *Tx) PutEmailLink(l identity.EmailLink) error {
	return tx.exec(`INSERT INTO email_links (user_id, hash, expires_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`, int64(l.User), l.Hash[:], l.ExpiresAt)
}

// EmailLink finds a user's link.
func (tx *Tx) EmailLink(user identity.UserID) (l identity.EmailLink, found bool, err error) {
	found, err = tx.row(`SELECT hash, expires_at FROM email_links WHERE user_id = ?1`, func(stmt *sqlite.Stmt) {
		l.User = user
		stmt.ColumnBytes(0, l.Hash[:])
		l.ExpiresAt = instant(stmt, 1)
	}, int64(user))
	return l, found, err
}

// DeleteEmailLink removes a user's link.
func (tx *Tx) DeleteEmailLink(user identity.UserID) error {
	return tx.exec(`DELETE FROM email_links WHERE user_id = ?1`, int64(user))
}

// DeleteEmailLinks removes expired links.
func (tx *Tx) DeleteEmailLinks(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM email_links WHERE user_id IN (SELECT user_id FROM email_links WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}

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
