package postgres

import (
	"time"

	"purse/internal/id"
	"purse/internal/identity"
)

// InsertPending adds what waits for a code.
func (tx *Tx) InsertPending(p identity.Pending) error {
	return tx.exec(`INSERT INTO pending (id, flow, user_id, email, phone, mailed, hash, code, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		uuid(p.ID), string(p.Flow), int64(p.User), p.Email, p.Phone, p.Mailed, p.Hash, p.Code[:], p.ExpiresAt)
}

// Pending finds what waits by its id, and locks it in an Update: of two who have
// its code, the second finds it used up.
func (tx *Tx) Pending(pending id.UUID) (p identity.Pending, found bool, err error) {
	var flow string
	var user int64
	found, err = tx.row(`SELECT flow, user_id, email, phone, mailed, hash, code, expires_at FROM pending WHERE id = $1`+tx.locking(),
		[]any{&flow, &user, &p.Email, &p.Phone, &p.Mailed, &p.Hash, fixed(p.Code[:]), &p.ExpiresAt}, uuid(pending))
	if err != nil || !found {
		return identity.Pending{}, false, err
	}
	p.ID, p.Flow, p.User = pending, identity.Flow(flow), identity.UserID(user)
	return p, true, nil
}

// DeletePending removes what waits.
func (tx *Tx) DeletePending(pending id.UUID) error {
	return tx.exec(`DELETE FROM pending WHERE id = $1`, uuid(pending))
}

// DeletePendingOf removes what waits for a user.
func (tx *Tx) DeletePendingOf(user identity.UserID) error {
	return tx.exec(`DELETE FROM pending WHERE user_id = $1`, int64(user))
}

// DeletePendings removes what has waited too long.
func (tx *Tx) DeletePendings(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE expires_at <= $1 LIMIT $2)`, before, limit)
}
