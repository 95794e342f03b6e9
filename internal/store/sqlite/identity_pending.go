package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/id"
	"purse/internal/identity"
)

// InsertPending adds what waits for a code.
func (tx *Tx) InsertPending(p identity.Pending) error {
	return tx.exec(`INSERT INTO pending (id, flow, user_id, email, phone, mailed, hash, code, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		p.ID[:], string(p.Flow), int64(p.User), p.Email, p.Phone, p.Mailed, p.Hash, p.Code[:], p.ExpiresAt)
}

// Pending finds what waits by its id. The one writer is lock enough.
func (tx *Tx) Pending(pending id.UUID) (p identity.Pending, found bool, err error) {
	found, err = tx.row(`SELECT flow, user_id, email, phone, mailed, hash, code, expires_at FROM pending WHERE id = ?1`, func(stmt *sqlite.Stmt) {
		p.ID, p.Flow, p.User = pending, identity.Flow(stmt.ColumnText(0)), identity.UserID(stmt.ColumnInt64(1))
		p.Email, p.Phone, p.Mailed, p.Hash = stmt.ColumnText(2), stmt.ColumnText(3), stmt.ColumnBool(4), stmt.ColumnText(5)
		stmt.ColumnBytes(6, p.Code[:])
		p.ExpiresAt = instant(stmt, 7)
	}, pending[:])
	return p, found, err
}

// DeletePending removes what waits.
func (tx *Tx) DeletePending(pending id.UUID) error {
	return tx.exec(`DELETE FROM pending WHERE id = ?1`, pending[:])
}

// DeletePendingOf removes what waits for a user.
func (tx *Tx) DeletePendingOf(user identity.UserID) error {
	return tx.exec(`DELETE FROM pending WHERE user_id = ?1`, int64(user))
}

// DeletePendings removes what has waited too long.
func (tx *Tx) DeletePendings(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}
