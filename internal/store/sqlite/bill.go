package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/bill"
	"purse/internal/ledger"
	"purse/internal/money"
)

// InsertBill adds a bill.
func (tx *Tx) InsertBill(b bill.Bill) error {
	return tx.exec(`INSERT INTO bills (id, owner_id, currency, name, amount, due_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		int64(b.ID), int64(b.Owner), b.Amount.Currency().Code(), b.Name, b.Amount.Minor(), b.DueAt, b.CreatedAt)
}

const billColumns = `id, owner_id, currency, name, amount, due_at, created_at, paid_by`

// scanBill reads the billColumns.
func scanBill(stmt *sqlite.Stmt, b *bill.Bill) error {
	currency, err := currencyColumn(stmt, 2)
	*b = bill.Bill{
		ID: bill.ID(stmt.ColumnInt64(0)), Owner: ledger.OwnerID(stmt.ColumnInt64(1)), Name: stmt.ColumnText(3),
		Amount: money.New(stmt.ColumnInt64(4), currency), DueAt: instant(stmt, 5), CreatedAt: instant(stmt, 6),
	}
	stmt.ColumnBytes(7, b.PaidBy[:])
	return err
}

// Bill reads a bill.
func (tx *Tx) Bill(id bill.ID) (b bill.Bill, found bool, err error) {
	err = tx.rows(`SELECT `+billColumns+` FROM bills WHERE id = ?1`, func(stmt *sqlite.Stmt) error {
		found = true
		return scanBill(stmt, &b)
	}, int64(id))
	return b, found, err
}

// BillsOf lists an owner's bills.
func (tx *Tx) BillsOf(owner ledger.OwnerID) ([]bill.Bill, error) {
	var bills []bill.Bill
	err := tx.rows(`SELECT `+billColumns+` FROM bills WHERE owner_id = ?1 ORDER BY id`, func(stmt *sqlite.Stmt) error {
		bills = append(bills, bill.Bill{})
		return scanBill(stmt, &bills[len(bills)-1])
	}, int64(owner))
	return bills, err
}

// UnpaidBills counts an owner's bills that are not paid.
func (tx *Tx) UnpaidBills(owner ledger.OwnerID) (count int, err error) {
	_, err = tx.row(`SELECT count(*) FROM bills WHERE owner_id = ?1 AND paid_by IS NULL`, func(stmt *sqlite.Stmt) {
		count = stmt.ColumnInt(0)
	}, int64(owner))
	return count, err
}

// SetBillPaid records the transfer that paid a bill.
func (tx *Tx) SetBillPaid(id bill.ID, by ledger.TransferID) error {
	return tx.exec(`UPDATE bills SET paid_by = ?2 WHERE id = ?1`, int64(id), by[:])
}

// ReassignBills gives an owner's bills to another.
func (tx *Tx) ReassignBills(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE bills SET owner_id = ?2 WHERE owner_id = ?1`, int64(from), int64(to))
}
