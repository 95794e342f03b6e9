package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/saving"
)

// InsertSaving adds a savings goal.
func (tx *Tx) InsertSaving(s saving.Row) error {
	return tx.exec(`INSERT INTO savings (account_id, owner_id, currency, name, goal, opening, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		int64(s.ID), int64(s.Owner), s.Goal.Currency().Code(), s.Name, s.Goal.Minor(), s.Opening.Minor(), s.CreatedAt)
}

const savingColumns = `account_id, owner_id, currency, name, goal, opening, created_at, deleted_at`

// scanSaving reads the savingColumns.
func scanSaving(stmt *sqlite.Stmt, s *saving.Row) error {
	currency, err := currencyColumn(stmt, 2)
	*s = saving.Row{
		ID: ledger.AccountID(stmt.ColumnInt64(0)), Owner: ledger.OwnerID(stmt.ColumnInt64(1)), Name: stmt.ColumnText(3),
		Goal: money.New(stmt.ColumnInt64(4), currency), Opening: money.New(stmt.ColumnInt64(5), currency), CreatedAt: instant(stmt, 6),
	}
	if !stmt.ColumnIsNull(7) {
		s.DeletedAt = instant(stmt, 7)
	}
	return err
}

// Saving reads a goal, living or deleted.
func (tx *Tx) Saving(id ledger.AccountID) (s saving.Row, found bool, err error) {
	err = tx.rows(`SELECT `+savingColumns+` FROM savings WHERE account_id = ?1`, func(stmt *sqlite.Stmt) error {
		found = true
		return scanSaving(stmt, &s)
	}, int64(id))
	return s, found, err
}

// SavingsOf lists an owner's living goals.
func (tx *Tx) SavingsOf(owner ledger.OwnerID) ([]saving.Row, error) {
	var list []saving.Row
	err := tx.rows(`SELECT `+savingColumns+` FROM savings WHERE owner_id = ?1 AND deleted_at IS NULL ORDER BY account_id`, func(stmt *sqlite.Stmt) error {
		list = append(list, saving.Row{})
		return scanSaving(stmt, &list[len(list)-1])
	}, int64(owner))
	return list, err
}

// DeleteSaving records when a goal was deleted.
func (tx *Tx) DeleteSaving(id ledger.AccountID, at time.Time) error {
	return tx.exec(`UPDATE savings SET deleted_at = ?2 WHERE account_id = ?1`, int64(id), at)
}

// ReassignSavings gives an owner's savings to another, the deleted ones too.
func (tx *Tx) ReassignSavings(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE savings SET owner_id = ?2 WHERE owner_id = ?1`, int64(from), int64(to))
}
