package postgres

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/saving"
)

// InsertSaving adds a savings goal.
func (tx *Tx) InsertSaving(s saving.Row) error {
	return tx.exec(`INSERT INTO savings (account_id, owner_id, currency, name, goal, opening, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		int64(s.ID), int64(s.Owner), s.Goal.Currency().Code(), s.Name, s.Goal.Minor(), s.Opening.Minor(), s.CreatedAt)
}

const savingColumns = `account_id, owner_id, currency, name, goal, opening, created_at, deleted_at`

// scanSaving reads the savingColumns.
func scanSaving(row pgx.Rows, s *saving.Row) error {
	var account, owner, goal, opening int64
	var in money.Currency
	err := row.Scan(&account, &owner, currency{&in}, &s.Name, &goal, &opening, &s.CreatedAt, optional{&s.DeletedAt})
	s.ID, s.Owner = ledger.AccountID(account), ledger.OwnerID(owner)
	s.Goal, s.Opening = money.New(goal, in), money.New(opening, in)
	return err
}

// Saving reads a goal, living or deleted.
func (tx *Tx) Saving(id ledger.AccountID) (s saving.Row, found bool, err error) {
	err = tx.rows(`SELECT `+savingColumns+` FROM savings WHERE account_id = $1`, func(row pgx.Rows) error {
		found = true
		return scanSaving(row, &s)
	}, int64(id))
	return s, found, err
}

// SavingsOf lists an owner's living goals. An Update keeps others from the list
// until it ends: who deletes a goal or counts them all is not overtaken.
func (tx *Tx) SavingsOf(owner ledger.OwnerID) ([]saving.Row, error) {
	if err := tx.lock(name("savings", strconv.FormatInt(int64(owner), 10))); err != nil {
		return nil, err
	}
	var list []saving.Row
	err := tx.rows(`SELECT `+savingColumns+` FROM savings WHERE owner_id = $1 AND deleted_at IS NULL ORDER BY account_id`, func(row pgx.Rows) error {
		list = append(list, saving.Row{})
		return scanSaving(row, &list[len(list)-1])
	}, int64(owner))
	return list, err
}

// DeleteSaving records when a goal was deleted.
func (tx *Tx) DeleteSaving(id ledger.AccountID, at time.Time) error {
	return tx.exec(`UPDATE savings SET deleted_at = $2 WHERE account_id = $1`, int64(id), at)
}

// ReassignSavings gives an owner's savings to another, the deleted ones too.
func (tx *Tx) ReassignSavings(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE savings SET owner_id = $2 WHERE owner_id = $1`, int64(from), int64(to))
}
