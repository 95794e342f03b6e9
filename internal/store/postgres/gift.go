package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/gift"
	"purse/internal/ledger"
	"purse/internal/money"
)

// InsertGiftMessage adds a message.
func (tx *Tx) InsertGiftMessage(m gift.Message) error {
	return tx.exec(`INSERT INTO gift_messages (receiver_id, id, sender_id, text, currency, amount, moneybag, transfer_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		int64(m.Receiver), int64(m.ID), int64(m.Sender), m.Text, m.Amount.Currency().Code(), m.Amount.Minor(), m.Moneybag, uuid(m.Transfer), m.CreatedAt)
}

const giftMessages = `SELECT m.receiver_id, m.id, coalesce(m.sender_id, 0), coalesce(u.username, ''), coalesce(u.first_name, ''), m.text,
		m.currency, m.amount, m.moneybag, m.transfer_id, m.created_at
	FROM gift_messages AS m LEFT JOIN users AS u ON u.id = m.sender_id WHERE m.receiver_id = $1`

// scanGiftMessage reads what giftMessages selects.
func scanGiftMessage(row pgx.Rows, m *gift.Message) error {
	var receiver, id, sender, amount int64
	var unit money.Currency
	err := row.Scan(&receiver, &id, &sender, &m.Author.Username, &m.Author.FirstName, &m.Text, currency{&unit}, &amount, &m.Moneybag, (*uuid)(&m.Transfer), &m.CreatedAt)
	m.Receiver, m.ID, m.Sender, m.Amount = ledger.OwnerID(receiver), gift.MessageID(id), ledger.OwnerID(sender), money.New(amount, unit)
	return err
}

// GiftMessage reads a message.
func (tx *Tx) GiftMessage(receiver ledger.OwnerID, id gift.MessageID) (m gift.Message, found bool, err error) {
	err = tx.rows(giftMessages+` AND m.id = $2`, func(row pgx.Rows) error {
		found = true
		return scanGiftMessage(row, &m)
	}, int64(receiver), int64(id))
	return m, found, err
}

// GiftMessages reads a page of a receiver's messages, the newest first.
func (tx *Tx) GiftMessages(receiver ledger.OwnerID, skip int64, limit int) ([]gift.Message, error) {
	var list []gift.Message
	err := tx.rows(giftMessages+` ORDER BY m.id DESC LIMIT $2 OFFSET $3`, func(row pgx.Rows) error {
		list = append(list, gift.Message{})
		return scanGiftMessage(row, &list[len(list)-1])
	}, int64(receiver), limit, skip)
	return list, err
}

// GiftBox reads a person's box, an empty one when there is none. In an Update
// it stays locked; where there is none, the lock on its owner stands for it.
func (tx *Tx) GiftBox(owner ledger.OwnerID) (b gift.Box, err error) {
	var account, received int64
	_, err = tx.row(`SELECT coalesce(account_id, 0), messages, received FROM gift_boxes WHERE owner_id = $1`+tx.locking(),
		[]any{&account, &b.Messages, &received}, int64(owner))
	b.Account, b.Received = ledger.AccountID(account), money.New(received, money.KRW)
	return b, err
}

// PutGiftBox writes a person's box.
func (tx *Tx) PutGiftBox(owner ledger.OwnerID, b gift.Box) error {
	var account any
	if b.Account != 0 {
		account = int64(b.Account)
	}
	return tx.exec(`INSERT INTO gift_boxes (owner_id, account_id, messages, received) VALUES ($1, $2, $3, $4)
		ON CONFLICT (owner_id) DO UPDATE SET account_id = excluded.account_id, messages = excluded.messages, received = excluded.received`,
		int64(owner), account, b.Messages, b.Received.Minor())
}

// ForgetGifts removes a person's box and messages, and their name from those
// that they have written.
func (tx *Tx) ForgetGifts(person ledger.OwnerID) error {
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM gift_boxes WHERE owner_id = $1`, int64(person))
	b.Queue(`DELETE FROM gift_messages WHERE receiver_id = $1`, int64(person))
	b.Queue(`UPDATE gift_messages SET sender_id = NULL WHERE sender_id = $1`, int64(person))
	return tx.failed(tx.conn.SendBatch(tx.ctx, b).Close())
}

// MoveGifts makes the messages that one person was sent, and has sent, another's.
func (tx *Tx) MoveGifts(from, to ledger.OwnerID) error {
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM gift_boxes WHERE owner_id = $1`, int64(from))
	b.Queue(`UPDATE gift_messages SET receiver_id = $2 WHERE receiver_id = $1`, int64(from), int64(to))
	b.Queue(`UPDATE gift_messages SET sender_id = $2 WHERE sender_id = $1`, int64(from), int64(to))
	return tx.failed(tx.conn.SendBatch(tx.ctx, b).Close())
}
