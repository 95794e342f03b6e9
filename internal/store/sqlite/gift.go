package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/gift"
	"purse/internal/ledger"
	"purse/internal/money"
)

// InsertGiftMessage adds a message.
func (tx *Tx) InsertGiftMessage(m gift.Message) error {
	return tx.exec(`INSERT INTO gift_messages (receiver_id, id, sender_id, text, currency, amount, moneybag, transfer_id, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
		int64(m.Receiver), int64(m.ID), int64(m.Sender), m.Text, m.Amount.Currency().Code(), m.Amount.Minor(), m.Moneybag, m.Transfer[:], m.CreatedAt)
}

const giftMessages = `SELECT m.receiver_id, m.id, ifnull(m.sender_id, 0), ifnull(u.username, ''), ifnull(u.first_name, ''), m.text,
		m.currency, m.amount, m.moneybag, m.transfer_id, m.created_at
	FROM gift_messages AS m LEFT JOIN users AS u ON u.id = m.sender_id WHERE m.receiver_id = ?1`

// scanGiftMessage reads what giftMessages selects.
func scanGiftMessage(stmt *sqlite.Stmt) (gift.Message, error) {
	currency, err := currencyColumn(stmt, 6)
	m := gift.Message{
		Receiver: ledger.OwnerID(stmt.ColumnInt64(0)), ID: gift.MessageID(stmt.ColumnInt64(1)), Sender: ledger.OwnerID(stmt.ColumnInt64(2)),
		Text: stmt.ColumnText(5), Amount: money.New(stmt.ColumnInt64(7), currency), Moneybag: stmt.ColumnBool(8), CreatedAt: instant(stmt, 10),
	}
	m.Author.Username, m.Author.FirstName = stmt.ColumnText(3), stmt.ColumnText(4)
	stmt.ColumnBytes(9, m.Transfer[:])
	return m, err
}

// GiftMessage reads a message.
func (tx *Tx) GiftMessage(receiver ledger.OwnerID, id gift.MessageID) (m gift.Message, found bool, err error) {
	err = tx.rows(giftMessages+` AND m.id = ?2`, func(stmt *sqlite.Stmt) (err error) {
		found = true
		m, err = scanGiftMessage(stmt)
		return err
	}, int64(receiver), int64(id))
	return m, found, err
}

// GiftMessages reads a page of a receiver's messages, the newest first.
func (tx *Tx) GiftMessages(receiver ledger.OwnerID, skip int64, limit int) ([]gift.Message, error) {
	var list []gift.Message
	err := tx.rows(giftMessages+` ORDER BY m.id DESC LIMIT ?2 OFFSET ?3`, func(stmt *sqlite.Stmt) error {
		m, err := scanGiftMessage(stmt)
		list = append(list, m)
		return err
	}, int64(receiver), limit, skip)
	return list, err
}

// GiftBox reads a person's box, an empty one when there is none.
func (tx *Tx) GiftBox(owner ledger.OwnerID) (b gift.Box, err error) {
	b.Received = money.New(0, money.KRW)
	_, err = tx.row(`SELECT ifnull(account_id, 0), messages, received FROM gift_boxes WHERE owner_id = ?1`, func(stmt *sqlite.Stmt) {
		b = gift.Box{Account: ledger.AccountID(stmt.ColumnInt64(0)), Messages: stmt.ColumnInt64(1), Received: money.New(stmt.ColumnInt64(2), money.KRW)}
	}, int64(owner))
	return b, err
}

// PutGiftBox writes a person's box.
func (tx *Tx) PutGiftBox(owner ledger.OwnerID, b gift.Box) error {
	var account any
	if b.Account != 0 {
		account = int64(b.Account)
	}
	return tx.exec(`INSERT INTO gift_boxes (owner_id, account_id, messages, received) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (owner_id) DO UPDATE SET account_id = excluded.account_id, messages = excluded.messages, received = excluded.received`,
		int64(owner), account, b.Messages, b.Received.Minor())
}

// ForgetGifts removes a person's box and messages, and their name from those
// that they have written.
func (tx *Tx) ForgetGifts(person ledger.OwnerID) error {
	for _, statement := range []string{
		`DELETE FROM gift_boxes WHERE owner_id = ?1`,
		`DELETE FROM gift_messages WHERE receiver_id = ?1`,
		`UPDATE gift_messages SET sender_id = NULL WHERE sender_id = ?1`,
	} {
		if err := tx.exec(statement, int64(person)); err != nil {
			return err
		}
	}
	return nil
}

// MoveGifts makes the messages that one person was sent, and has sent, another's.
func (tx *Tx) MoveGifts(from, to ledger.OwnerID) error {
	if err := tx.exec(`DELETE FROM gift_boxes WHERE owner_id = ?1`, int64(from)); err != nil {
		return err
	}
	if err := tx.exec(`UPDATE gift_messages SET receiver_id = ?2 WHERE receiver_id = ?1`, int64(from), int64(to)); err != nil {
		return err
	}
	return tx.exec(`UPDATE gift_messages SET sender_id = ?2 WHERE sender_id = ?1`, int64(from), int64(to))
}
