package postgres

import (
	"bytes"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/id"
	"purse/internal/notify"
)

// InsertOutbox adds a message.
func (tx *Tx) InsertOutbox(row notify.Row) error {
	sealed := row.Sealed
	if sealed == nil {
		sealed = []byte{}
	}
	return tx.exec(`INSERT INTO outbox (id, recipient, sealed, state, kept, attempts, due_at, owner) VALUES ($1, $2, $3, $4, $5, $6, $7, '')`,
		uuid(row.ID), row.Recipient[:], sealed, string(row.State), row.Kept, row.Attempts, row.DueAt)
}

const outboxColumns = `o.id, o.recipient, o.sealed, o.state, o.kept, o.attempts, o.due_at`

// scanOutbox reads the outboxColumns, and more columns after them.
func scanOutbox(row pgx.Rows, m *notify.Row, more ...any) error {
	var state string
	into := []any{(*uuid)(&m.ID), fixed(m.Recipient[:]), &m.Sealed, &state, &m.Kept, &m.Attempts, &m.DueAt}
	err := row.Scan(append(into, more...)...)
	m.State = notify.State(state)
	return err
}

// ClaimOutbox leases messages that are due, leaving alone those that another
// node is claiming at this moment.
func (tx *Tx) ClaimOutbox(owner string, until time.Time, limit int) ([]notify.Row, error) {
	type claim struct {
		row   notify.Row
		dueAt time.Time // before it was claimed
	}
	var claims []claim
	err := tx.rows(`WITH due AS (
			SELECT id, due_at FROM outbox WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
		)
		UPDATE outbox AS o SET attempts = o.attempts + 1, due_at = $3, owner = $4 FROM due WHERE o.id = due.id
		RETURNING `+outboxColumns+`, due.due_at`, func(row pgx.Rows) error {
		claims = append(claims, claim{})
		c := &claims[len(claims)-1]
		return scanOutbox(row, &c.row, &c.dueAt)
	}, tx.now, limit, until, owner)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(claims, func(a, b claim) int {
		if order := a.dueAt.Compare(b.dueAt); order != 0 {
			return order
		}
		return bytes.Compare(a.row.ID[:], b.row.ID[:])
	})
	var claimed []notify.Row
	for _, c := range claims {
		claimed = append(claimed, c.row)
	}
	return claimed, nil
}

// OutboxSent removes a message, or marks it when it is kept.
func (tx *Tx) OutboxSent(message id.UUID, owner string) error {
	if err := tx.exec(`DELETE FROM outbox WHERE id = $1 AND owner = $2 AND state = 'queued' AND NOT kept`, uuid(message), owner); err != nil {
		return err
	}
	return tx.exec(`UPDATE outbox SET state = 'sent', owner = '' WHERE id = $1 AND owner = $2 AND state = 'queued'`, uuid(message), owner)
}

// OutboxRetry makes a message due again.
func (tx *Tx) OutboxRetry(message id.UUID, owner string, at time.Time) error {
	return tx.exec(`UPDATE outbox SET due_at = $3, owner = '' WHERE id = $1 AND owner = $2 AND state = 'queued'`, uuid(message), owner, at)
}

// OutboxFailed gives a message up.
func (tx *Tx) OutboxFailed(message id.UUID, owner string) error {
	return tx.exec(`UPDATE outbox SET state = 'failed', owner = '', due_at = $3, sealed = CASE WHEN kept THEN sealed ELSE ''::bytea END
		WHERE id = $1 AND owner = $2 AND state = 'queued'`, uuid(message), owner, tx.Now())
}

// DropFailedOutbox removes messages that were given up before a time.
func (tx *Tx) DropFailedOutbox(before time.Time) error {
	return tx.exec(`DELETE FROM outbox WHERE state = 'failed' AND NOT kept AND due_at < $1`, before)
}

// Mailbox lists kept messages, newest first.
func (tx *Tx) Mailbox(recipient *[32]byte, limit int) ([]notify.Row, error) {
	var kept []notify.Row
	each := func(row pgx.Rows) error {
		kept = append(kept, notify.Row{})
		return scanOutbox(row, &kept[len(kept)-1])
	}
	var err error
	if recipient == nil {
		err = tx.rows(`SELECT `+outboxColumns+` FROM outbox AS o WHERE o.kept ORDER BY o.id DESC LIMIT $1`, each, limit)
	} else {
		err = tx.rows(`SELECT `+outboxColumns+` FROM outbox AS o WHERE o.kept AND o.recipient = $1 ORDER BY o.id DESC LIMIT $2`, each, recipient[:], limit)
	}
	return kept, err
}

// ClearMailbox keeps no message any longer.
func (tx *Tx) ClearMailbox() error {
	if err := tx.exec(`DELETE FROM outbox WHERE kept AND state <> 'queued'`); err != nil {
		return err
	}
	return tx.exec(`UPDATE outbox SET kept = false WHERE kept`)
}

// DropOutbox removes all messages to a recipient.
func (tx *Tx) DropOutbox(recipient [32]byte) error {
	return tx.exec(`DELETE FROM outbox WHERE recipient = $1`, recipient[:])
}
