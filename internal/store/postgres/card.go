package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/card"
	"purse/internal/ledger"
	"purse/internal/money"
)

// InsertCard adds a card.
func (tx *Tx) InsertCard(c card.Row) error {
	return tx.exec(`INSERT INTO cards (account_id, owner_id, wallet_id, currency, sealed_number, last_four, first_name, last_name,
			expiry_year, expiry_month, opening, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		int64(c.ID), int64(c.Owner), int64(c.Wallet), c.Currency.Code(), c.SealedNumber, c.LastFour, c.FirstName, c.LastName,
		c.Expiry.Year, int(c.Expiry.Month), c.Opening.Minor(), c.CreatedAt)
}

const cardColumns = `account_id, owner_id, wallet_id, currency, sealed_number, last_four, first_name, last_name,
	expiry_year, expiry_month, opening, created_at, deleted_at`

// scanCard reads the cardColumns.
func scanCard(row pgx.Rows, c *card.Row) error {
	var account, owner, under, opening int64
	var month int
	err := row.Scan(&account, &owner, &under, currency{&c.Currency}, &c.SealedNumber, &c.LastFour, &c.FirstName, &c.LastName,
		&c.Expiry.Year, &month, &opening, &c.CreatedAt, optional{&c.DeletedAt})
	c.ID, c.Owner, c.Wallet = ledger.AccountID(account), ledger.OwnerID(owner), ledger.AccountID(under)
	c.Expiry.Month, c.Opening = time.Month(month), money.New(opening, c.Currency)
	return err
}

// Card reads a card, living or deleted.
func (tx *Tx) Card(id ledger.AccountID) (c card.Row, found bool, err error) {
	err = tx.rows(`SELECT `+cardColumns+` FROM cards WHERE account_id = $1`, func(row pgx.Rows) error {
		found = true
		return scanCard(row, &c)
	}, int64(id))
	return c, found, err
}

// CardsOf lists an owner's living cards. Who makes another one by it has
// locked the owner before.
func (tx *Tx) CardsOf(owner ledger.OwnerID) ([]card.Row, error) {
	var cards []card.Row
	err := tx.rows(`SELECT `+cardColumns+` FROM cards WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY account_id`, func(row pgx.Rows) error {
		cards = append(cards, card.Row{})
		return scanCard(row, &cards[len(cards)-1])
	}, int64(owner))
	return cards, err
}

// CardByLastFour reads the owner's living card whose number ends in these digits.
func (tx *Tx) CardByLastFour(owner ledger.OwnerID, digits string) (c card.Row, found bool, err error) {
	err = tx.rows(`SELECT `+cardColumns+` FROM cards WHERE owner_id = $1 AND last_four = $2 AND deleted_at IS NULL`, func(row pgx.Rows) error {
		found = true
		return scanCard(row, &c)
	}, int64(owner), digits)
	return c, found, err
}

// DeleteCard records when a card was deleted.
func (tx *Tx) DeleteCard(id ledger.AccountID, at time.Time) error {
	return tx.exec(`UPDATE cards SET deleted_at = $2 WHERE account_id = $1`, int64(id), at)
}

// ReassignCards gives an owner's cards to another, the deleted ones too.
func (tx *Tx) ReassignCards(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE cards SET owner_id = $2 WHERE owner_id = $1`, int64(from), int64(to))
}

// ForgetCards takes a person's name off their cards.
func (tx *Tx) ForgetCards(owner ledger.OwnerID, at time.Time) error {
	return tx.exec(`UPDATE cards SET first_name = '', last_name = '', deleted_at = coalesce(deleted_at, $2)
		WHERE account_id IN (SELECT id FROM accounts WHERE owner_id = $1 AND owner_id <> 0)`, int64(owner), at)
}
