package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/id"
	"purse/internal/identity"
)

// InsertSession adds a session under its token's hash.
func (tx *Tx) InsertSession(token [32]byte, s identity.Session) error {
	return tx.exec(`INSERT INTO sessions (token, id, user_id, surface, assurance, user_agent, address, created_at, last_used_at, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		token[:], s.ID[:], int64(s.User), string(s.Surface), int64(s.Assurance), s.UserAgent, s.Address, s.CreatedAt, s.LastUsedAt, s.ExpiresAt)
}

// sessionColumns are what scanSession reads, of sessions under the name s.
const sessionColumns = `s.id, s.user_id, s.surface, s.assurance, s.user_agent, s.address, s.created_at, s.last_used_at, s.expires_at`

func scanSession(stmt *sqlite.Stmt) (s identity.Session) {
	stmt.ColumnBytes(0, s.ID[:])
	s.User = identity.UserID(stmt.ColumnInt64(1))
	s.Surface = identity.Surface(stmt.ColumnText(2))
	s.Assurance = identity.Assurance(stmt.ColumnInt(3))
	s.UserAgent, s.Address = stmt.ColumnText(4), stmt.ColumnText(5)
	s.CreatedAt, s.LastUsedAt, s.ExpiresAt = instant(stmt, 6), instant(stmt, 7), instant(stmt, 8)
	return s
}

// SessionByToken finds a session that was not ended, of an active user.
func (tx *Tx) SessionByToken(token [32]byte) (s identity.Session, found bool, err error) {
	found, err = tx.row(`SELECT `+sessionColumns+` FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token = ?1 AND s.revoked_at IS NULL AND u.status = 'active'`,
		func(stmt *sqlite.Stmt) { s = scanSession(stmt) }, token[:])
	return s, found, err
}

// SlideSession moves a session's last use and expiry.
func (tx *Tx) SlideSession(token [32]byte, usedAt, expiresAt time.Time) (bool, error) {
	slid, err := tx.changed(`UPDATE sessions SET last_used_at = ?2, expires_at = ?3 WHERE token = ?1 AND revoked_at IS NULL`, token[:], usedAt, expiresAt)
	return slid > 0, err
}

// EndSession ends a user's session.
func (tx *Tx) EndSession(user identity.UserID, session id.UUID, at time.Time) (bool, error) {
	ended, err := tx.changed(`UPDATE sessions SET revoked_at = ?3 WHERE user_id = ?1 AND id = ?2 AND revoked_at IS NULL`, int64(user), session[:], at)
	return ended > 0, err
}

// EndSessions ends all of a user's sessions but one.
func (tx *Tx) EndSessions(user identity.UserID, spare id.UUID, at time.Time) error {
	return tx.exec(`UPDATE sessions SET revoked_at = ?3 WHERE user_id = ?1 AND id <> ?2 AND revoked_at IS NULL`, int64(user), spare[:], at)
}

// Sessions lists a user's live sessions, the last used first.
func (tx *Tx) Sessions(user identity.UserID, now time.Time) (list []identity.Session, err error) {
	err = tx.rows(`SELECT `+sessionColumns+` FROM sessions s
		WHERE s.user_id = ?1 AND s.revoked_at IS NULL AND s.expires_at > ?2 ORDER BY s.last_used_at DESC, s.id DESC`, func(stmt *sqlite.Stmt) error {
		list = append(list, scanSession(stmt))
		return nil
	}, int64(user), now)
	return list, err
}

// DeleteSessions removes old sessions, by their expiry.
func (tx *Tx) DeleteSessions(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}

// InsertRefresh adds a refresh token.
func (tx *Tx) InsertRefresh(r identity.Refresh) error {
	return tx.exec(`INSERT INTO refresh_tokens (id, session_id, user_id, expires_at) VALUES (?1, ?2, ?3, ?4)`, r.ID[:], r.Session[:], int64(r.User), r.ExpiresAt)
}

// Refresh finds a refresh token.
func (tx *Tx) Refresh(refresh id.UUID) (r identity.Refresh, found bool, err error) {
	found, err = tx.row(`SELECT session_id, user_id, expires_at, spent_at FROM refresh_tokens WHERE id = ?1`, func(stmt *sqlite.Stmt) {
		r.ID = refresh
		stmt.ColumnBytes(0, r.Session[:])
		r.User, r.ExpiresAt = identity.UserID(stmt.ColumnInt64(1)), instant(stmt, 2)
		if !stmt.ColumnIsNull(3) {
			r.SpentAt = instant(stmt, 3)
		}
	}, refresh[:])
	return r, found, err
}

// SpendRefresh marks a refresh token as used.
func (tx *Tx) SpendRefresh(refresh id.UUID, at time.Time) (bool, error) {
	spent, err := tx.changed(`UPDATE refresh_tokens SET spent_at = ?2 WHERE id = ?1 AND spent_at IS NULL`, refresh[:], at)
	return spent > 0, err
}

// DeleteRefreshes removes old refresh tokens.
func (tx *Tx) DeleteRefreshes(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM refresh_tokens WHERE id IN (SELECT id FROM refresh_tokens WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}

// provisional are the tables of what only counts for a while, and sessions stand on.
var provisional = [...]string{"refresh_tokens", "chat_sessions", "codes", "pending", "registrations", "resets", "email_links"}

// EndEverything ends every session and removes what is provisional.
func (tx *Tx) EndEverything() (sessions int, err error) {
	for _, table := range provisional {
		if err := tx.exec(`DELETE FROM ` + table); err != nil {
			return 0, err
		}
	}
	if _, err := tx.row(`SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND expires_at > ?1`, func(stmt *sqlite.Stmt) { sessions = stmt.ColumnInt(0) }, tx.now); err != nil {
		return 0, err
	}
	return sessions, tx.exec(`UPDATE sessions SET revoked_at = ?1 WHERE revoked_at IS NULL`, tx.now)
}
