package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/botclient"
	"purse/internal/card"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/notify"
	"purse/internal/wallet"
)

// What is sealed is read in pages and sealed anew, row by row, when the root key
// is changed. A row that has changed since it was read is left alone.

// SealedNumbers lists users with a social security number.
func (tx *Tx) SealedNumbers(after identity.UserID, limit int) (numbers []identity.SealedNumber, err error) {
	err = tx.rows(`SELECT id, social_security FROM users WHERE id > $1 AND social_security IS NOT NULL ORDER BY id LIMIT $2`, func(row pgx.Rows) error {
		var n identity.SealedNumber
		err := row.Scan((*int64)(&n.User), &n.Sealed)
		numbers = append(numbers, n)
		return err
	}, int64(after), limit)
	return numbers, err
}

// ResealNumber replaces a sealed social security number.
func (tx *Tx) ResealNumber(user identity.UserID, from, to []byte) error {
	return tx.exec(`UPDATE users SET social_security = $3 WHERE id = $1 AND social_security = $2`, int64(user), from, to)
}

// CardsAfter lists cards, living and deleted.
func (tx *Tx) CardsAfter(after ledger.AccountID, limit int) (cards []card.Row, err error) {
	err = tx.rows(`SELECT `+cardColumns+` FROM cards WHERE account_id > $1 ORDER BY account_id LIMIT $2`, func(row pgx.Rows) error {
		cards = append(cards, card.Row{})
		return scanCard(row, &cards[len(cards)-1])
	}, int64(after), limit)
	return cards, err
}

// ResealCard replaces a card's sealed number.
func (tx *Tx) ResealCard(account ledger.AccountID, from, to []byte) error {
	return tx.exec(`UPDATE cards SET sealed_number = $3 WHERE account_id = $1 AND sealed_number = $2`, int64(account), from, to)
}

// WalletsAfter lists wallets.
func (tx *Tx) WalletsAfter(after ledger.AccountID, limit int) ([]wallet.Wallet, error) {
	return tx.wallets(`SELECT `+walletColumns+` FROM wallets WHERE account_id > $1 ORDER BY account_id LIMIT $2`, int64(after), limit)
}

// OutboxAfter lists messages that have their content.
func (tx *Tx) OutboxAfter(after id.UUID, limit int) (rows []notify.Row, err error) {
	err = tx.rows(`SELECT `+outboxColumns+` FROM outbox AS o WHERE o.id > COALESCE($1, '00000000-0000-0000-0000-000000000000'::uuid) AND o.sealed <> ''::bytea ORDER BY o.id LIMIT $2`, func(row pgx.Rows) error {
		rows = append(rows, notify.Row{})
		return scanOutbox(row, &rows[len(rows)-1])
	}, uuid(after), limit)
	return rows, err
}

// ResealOutbox replaces a message's content.
func (tx *Tx) ResealOutbox(message id.UUID, from, to []byte) error {
	return tx.exec(`UPDATE outbox SET sealed = $3 WHERE id = $1 AND sealed = $2`, uuid(message), from, to)
}

// ResealBotSecret replaces a bot client's sealed secret.
func (tx *Tx) ResealBotSecret(client botclient.ID, secret botclient.SecretID, from, to []byte) error {
	return tx.exec(`UPDATE bot_clients SET secret = $4 WHERE client_id = $1 AND id = $2 AND secret = $3`, string(client), int64(secret), from, to)
}
