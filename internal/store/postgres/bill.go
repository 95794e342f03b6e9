package postgres

import (
	"strconv"

	"github.com/jackc/pgx/v5"

	"purse/internal/bill"
	"purse/internal/ledger"
	"purse/internal/money"
)

// InsertBill adds a bill.
func (tx *Tx) InsertBill(b bill.Bill) error {
	return tx.exec(`INSERT INTO bills (id, owner_id, currency, name, amount, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		int64(b.ID), int64(b.Owner), b.Amount.Currency().Code(), b.Name, b.Amount.Minor(), b.DueAt, b.CreatedAt)
}

const billColumns = `id, owner_id, currency, name, amount, due_at, created_at, paid_by`

// scanBill reads the billColumns.
func scanBill(row pgx.Rows, b *bill.Bill) error {
	var billID, owner, amount int64
	var in money.Currency
	err := row.Scan(&billID, &owner, currency{&in}, &b.Name, &amount, &b.DueAt, &b.CreatedAt, (*uuid)(&b.PaidBy))
	b.ID, b.Owner, b.Amount = bill.ID(billID), ledger.OwnerID(owner), money.New(amount, in)
	return err
}

// Bill reads a bill, and locks it in an Update.
func (tx *Tx) Bill(id bill.ID) (b bill.Bill, found bool, err error) {
	err = tx.rows(`SELECT `+billColumns+` FROM bills WHERE id = $1`+tx.locking(), func(row pgx.Rows) error {
		found = true
		return scanBill(row, &b)
	}, int64(id))
	return b, found, err
}

// BillsOf lists an owner's bills.
func (tx *Tx) BillsOf(owner ledger.OwnerID) ([]bill.Bill, error) {
	var bills []bill.Bill
	err := tx.rows(`SELECT `+billColumns+` FROM bills WHERE owner_id = $1 ORDER BY id`, func(row pgx.Rows) error {
		bills = append(bills, bill.Bill{})
		return scanBill(row, &bills[len(bills)-1])
	}, int64(owner))
	return bills, err
}

// UnpaidBills counts an owner's bills that are not paid. An Update keeps others
// from counting until it ends, so that together they do not go over a bound.
func (tx *Tx) UnpaidBills(owner ledger.OwnerID) (count int, err error) {
	if err := tx.lock(name("bills", strconv.FormatInt(int64(owner), 10))); err != nil {
		return 0, err
	}
	_, err = tx.row(`SELECT count(*) FROM bills WHERE owner_id = $1 AND paid_by IS NULL`, []any{&count}, int64(owner))
	return count, err
}

// SetBillPaid records the transfer that paid a bill.
func (tx *Tx) SetBillPaid(id bill.ID, by ledger.TransferID) error {
	return tx.exec(`UPDATE bills SET paid_by = $2 WHERE id = $1`, int64(id), uuid(by))
}

// ReassignBills gives an owner's bills to another.
func (tx *Tx) ReassignBills(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE bills SET owner_id = $2 WHERE owner_id = $1`, int64(from), int64(to))
}
