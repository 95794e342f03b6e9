package notify

import (
	"context"
	"fmt"
)

// mailboxLimit bounds one listing of the mailbox.
const mailboxLimit = 1000

// Mailbox is the local mailbox of development mode: what an outbox that keeps
// its messages was given. A message is in it from the moment at which the unit
// of work that enqueued it has committed, or at which Deliver has returned.
type Mailbox struct {
	outbox *Outbox
}

// NewMailbox is the mailbox of an outbox.
func NewMailbox(outbox *Outbox) *Mailbox { return &Mailbox{outbox} }

// List gives the messages to an address or phone number, or to anyone when to
// is empty: newest first, at most a thousand.
func (b *Mailbox) List(ctx context.Context, to string) ([]Message, error) {
	var recipient *[32]byte
	if to != "" {
		sum := b.outbox.recipient(to)
		recipient = &sum
	}
	var rows []Row
	err := b.outbox.config.Store.View(ctx, func(tx Tx) (err error) {
		rows, err = tx.Mailbox(recipient, mailboxLimit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notify: reading the mailbox: %w", err)
	}
	messages := make([]Message, len(rows))
	for i, row := range rows {
		if messages[i], err = b.outbox.open(row); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// Clear empties the mailbox. Messages that still wait to be sent are sent.
func (b *Mailbox) Clear(ctx context.Context) error {
	if err := b.outbox.config.Store.Update(ctx, func(tx Tx) error { return tx.ClearMailbox() }); err != nil {
		return fmt.Errorf("notify: clearing the mailbox: %w", err)
	}
	return nil
}
