package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/id"
	"purse/internal/notify"
)

// InsertOutbox adds a message.
func (tx *Tx) InsertOutbox(row notify.Row) error {
	return tx.exec(`INSERT INTO outbox (id, recipient, sealed, state, kept, attempts, due_at, owner) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '')`,
		row.ID[:], row.Recipient[:], row.Sealed, string(row.State), row.Kept, row.Attempts, row.DueAt)
}

const outboxColumns = `id, recipient, sealed, state, kept, attempts, due_at`

func scanOutbox(stmt *sqlite.Stmt) notify.Row {
	row := notify.Row{
		Sealed:   blob(stmt, 2),
		State:    notify.State(stmt.ColumnText(3)),
		Kept:     stmt.ColumnBool(4),
		Attempts: stmt.ColumnInt(5),
		DueAt:    instant(stmt, 6),
	}
	stmt.ColumnBytes(0, row.ID[:])
	stmt.ColumnBytes(1, row.Recipient[:])
	return row
}

// ClaimOutbox leases messages that are due. Units of work run one after the
// other here, so reading and then writing leaves no gap.
func (tx *Tx) ClaimOutbox(owner string, until time.Time, limit int) ([]notify.Row, error) {
	var claimed []notify.Row
	err := tx.rows(`SELECT `+outboxColumns+` FROM outbox WHERE state = 'queued' AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2`,
		func(stmt *sqlite.Stmt) error {
			claimed = append(claimed, scanOutbox(stmt))
			return nil
		}, tx.Now(), limit)
	if err != nil {
		return nil, err
	}
	for i := range claimed {
		row := &claimed[i]
		row.Attempts++
		row.DueAt = until
		if err := tx.exec(`UPDATE outbox SET attempts = ?2, due_at = ?3, owner = ?4 WHERE id = ?1`, row.ID[:], row.Attempts, until, owner); err != nil {
			return nil, err
		}
	}
	return claimed, nil
}

// OutboxSent removes a message, or marks it when it is kept.
func (tx *Tx) OutboxSent(message id.UUID, owner string) error {
	if err := tx.exec(`DELETE FROM outbox WHERE id = ?1 AND owner = ?2 AND state = 'queued' AND kept = 0`, message[:], owner); err != nil {
		return err
	}
	return tx.exec(`UPDATE outbox SET state = 'sent', owner = '' WHERE id = ?1 AND owner = ?2 AND state = 'queued'`, message[:], owner)
}

// OutboxRetry makes a message due again.
func (tx *Tx) OutboxRetry(message id.UUID, owner string, at time.Time) error {
	return tx.exec(`UPDATE outbox SET due_at = ?3, owner = '' WHERE id = ?1 AND owner = ?2 AND state = 'queued'`, message[:], owner, at)
}

// OutboxFailed gives a message up.
func (tx *Tx) OutboxFailed(message id.UUID, owner string) error {
	return tx.exec(`UPDATE outbox SET state = 'failed', owner = '', due_at = ?3, sealed = CASE kept WHEN 1 THEN sealed ELSE x'' END
		WHERE id = ?1 AND owner = ?2 AND state = 'queued'`, message[:], owner, tx.Now())
}

// DropFailedOutbox removes messages that were given up before a time.
func (tx *Tx) DropFailedOutbox(before time.Time) error {
	return tx.exec(`DELETE FROM outbox WHERE state = 'failed' AND kept = 0 AND due_at < ?1`, before)
}

// Mailbox lists kept messages, newest first.
func (tx *Tx) Mailbox(recipient *[32]byte, limit int) ([]notify.Row, error) {
	var kept []notify.Row
	each := func(stmt *sqlite.Stmt) error {
		kept = append(kept, scanOutbox(stmt))
		return nil
	}
	var err error
	if recipient == nil {
		err = tx.rows(`SELECT `+outboxColumns+` FROM outbox WHERE kept = 1 ORDER BY id DESC LIMIT ?1`, each, limit)
	} else {
		err = tx.rows(`SELECT `+outboxColumns+` FROM outbox WHERE kept = 1 AND recipient = ?1 ORDER BY id DESC LIMIT ?2`, each, recipient[:], limit)
	}
	return kept, err
}

// ClearMailbox keeps no message any longer.
func (tx *Tx) ClearMailbox() error {
	if err := tx.exec(`DELETE FROM outbox WHERE kept = 1 AND state <> 'queued'`); err != nil {
		return err
	}
	return tx.exec(`UPDATE outbox SET kept = 0 WHERE kept = 1`)
}

// DropOutbox removes all messages to a recipient.
func (tx *Tx) DropOutbox(recipient [32]byte) error {
	return tx.exec(`DELETE FROM outbox WHERE recipient = ?1`, recipient[:])
}
