package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/id"
	"purse/internal/identity"
)

// PutCode keeps a code in place of the flow's older one for the same person.
func (tx *Tx) PutCode(c identity.CodeRow) error {
	return tx.exec(`INSERT OR REPLACE INTO codes (flow, person, hash, expires_at) VALUES (?1, ?2, ?3, ?4)`,
		string(c.Flow), c.Person[:], c.Hash[:], c.ExpiresAt)
}

// Code finds the code of a flow and person.
func (tx *Tx) Code(flow identity.Flow, person identity.Person) (c identity.CodeRow, found bool, err error) {
	found, err = tx.row(`SELECT hash, expires_at FROM codes WHERE flow = ?1 AND person = ?2`, func(stmt *sqlite.Stmt) {
		c.Flow, c.Person = flow, person
		stmt.ColumnBytes(0, c.Hash[:])
		c.ExpiresAt = instant(stmt, 1)
	}, string(flow), person[:])
	return c, found, err
}

// DeleteCode removes the code of a flow and person.
func (tx *Tx) DeleteCode(flow identity.Flow, person identity.Person) error {
	return tx.exec(`DELETE FROM codes WHERE flow = ?1 AND person = ?2`, string(flow), person[:])
}

// AddWrongCode counts a wrong try.
func (tx *Tx) AddWrongCode(flow identity.Flow, person identity.Person) error {
	return tx.exec(`INSERT INTO wrong_codes (flow, person, at) VALUES (?1, ?2, ?3)`, string(flow), person[:], tx.now)
}

// WrongCodes counts wrong tries after a time.
func (tx *Tx) WrongCodes(flow identity.Flow, person identity.Person, after time.Time) (count int, err error) {
	_, err = tx.row(`SELECT count(*) FROM wrong_codes WHERE flow = ?1 AND person = ?2 AND at > ?3`,
		func(stmt *sqlite.Stmt) { count = stmt.ColumnInt(0) }, string(flow), person[:], after)
	return count, err
}

// DeleteCodes removes expired codes and old wrong tries.
func (tx *Tx) DeleteCodes(expired, wrong time.Time, limit int) (int, error) {
	codes, err := tx.changed(`DELETE FROM codes WHERE (flow, person) IN (SELECT flow, person FROM codes WHERE expires_at <= ?1 LIMIT ?2)`, expired, limit)
	if err != nil {
		return 0, err
	}
	tries, err := tx.changed(`DELETE FROM wrong_codes WHERE id IN (SELECT id FROM wrong_codes WHERE at <= ?1 LIMIT ?2)`, wrong, limit-codes)
	return codes + tries, err
}

// AddFailure counts an attempt against a scope.
func (tx *Tx) AddFailure(scope identity.Scope, attempt id.UUID, at time.Time) error {
	return tx.exec(`INSERT INTO failures (scope, attempt, at) VALUES (?1, ?2, ?3)`, scope[:], attempt[:], at)
}

// DeleteFailure takes an attempt back.
func (tx *Tx) DeleteFailure(scope identity.Scope, attempt id.UUID) error {
	return tx.exec(`DELETE FROM failures WHERE scope = ?1 AND attempt = ?2`, scope[:], attempt[:])
}

// ClearFailures forgets a scope.
func (tx *Tx) ClearFailures(scope identity.Scope) error {
	if err := tx.exec(`DELETE FROM failures WHERE scope = ?1`, scope[:]); err != nil {
		return err
	}
	return tx.exec(`DELETE FROM failure_blocks WHERE scope = ?1`, scope[:])
}

// Failures counts a scope's attempts after a time.
func (tx *Tx) Failures(scope identity.Scope, after time.Time) (count int, err error) {
	_, err = tx.row(`SELECT count(*) FROM failures WHERE scope = ?1 AND at > ?2`,
		func(stmt *sqlite.Stmt) { count = stmt.ColumnInt(0) }, scope[:], after)
	return count, err
}

// Block reads a scope's block. The one writer is lock enough.
func (tx *Tx) Block(scope identity.Scope) (block identity.Block, err error) {
	_, err = tx.row(`SELECT strikes, until FROM failure_blocks WHERE scope = ?1`, func(stmt *sqlite.Stmt) {
		block = identity.Block{Strikes: stmt.ColumnInt(0), Until: instant(stmt, 1)}
	}, scope[:])
	return block, err
}

// SetBlock replaces a scope's block, or removes it.
func (tx *Tx) SetBlock(scope identity.Scope, block identity.Block) error {
	if block.Strikes == 0 {
		return tx.exec(`DELETE FROM failure_blocks WHERE scope = ?1`, scope[:])
	}
	return tx.exec(`INSERT OR REPLACE INTO failure_blocks (scope, strikes, until) VALUES (?1, ?2, ?3)`, scope[:], block.Strikes, block.Until)
}

// DeleteFailures removes old attempts and blocks.
func (tx *Tx) DeleteFailures(before time.Time, limit int) (int, error) {
	attempts, err := tx.changed(`DELETE FROM failures WHERE (scope, attempt) IN (SELECT scope, attempt FROM failures WHERE at <= ?1 LIMIT ?2)`, before, limit)
	if err != nil {
		return 0, err
	}
	blocks, err := tx.changed(`DELETE FROM failure_blocks WHERE scope IN (SELECT scope FROM failure_blocks WHERE until <= ?1 LIMIT ?2)`, before, limit-attempts)
	return attempts + blocks, err
}

// PutReset keeps a reset in place of the user's older one.
func (tx *Tx) PutReset(r identity.Reset) error {
	return tx.exec(`INSERT OR REPLACE INTO resets (user_id, token, expires_at) VALUES (?1, ?2, ?3)`, int64(r.User), r.Token[:], r.ExpiresAt)
}

// Reset finds a reset by its token's hash.
func (tx *Tx) Reset(token [32]byte) (r identity.Reset, found bool, err error) {
	found, err = tx.row(`SELECT user_id, token, expires_at FROM resets WHERE token = ?1`, func(stmt *sqlite.Stmt) {
		r.User = identity.UserID(stmt.ColumnInt64(0))
		stmt.ColumnBytes(1, r.Token[:])
		r.ExpiresAt = instant(stmt, 2)
	}, token[:])
	return r, found, err
}

// DeleteReset removes a user's reset.
func (tx *Tx) DeleteReset(user identity.UserID) (bool, error) {
	deleted, err := tx.changed(`DELETE FROM resets WHERE user_id = ?1`, int64(user))
	return deleted > 0, err
}

// DeleteResets removes expired resets.
func (tx *Tx) DeleteResets(before time.Time, limit int) (int, error) {
	return tx.changed(`DELETE FROM resets WHERE user_id IN (SELECT user_id FROM resets WHERE expires_at <= ?1 LIMIT ?2)`, before, limit)
}

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
