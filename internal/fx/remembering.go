package fx

import (
	"purse/internal/ledger"
	"purse/internal/money"
)

// Remembering is tx for many conversions in one unit of work: what they all read,
// the table of rates and the exchange accounts, is read once. The unit must have
// the rows of Tx too, as a store's has, and must not change the table itself.
func Remembering(tx ledger.Tx) ledger.Tx {
	return &remembering{rows: tx.(rows), accounts: map[systemAccount]ledger.AccountID{}}
}

type rows interface {
	ledger.Tx
	Tx
}

type systemAccount struct {
	kind     ledger.AccountKind
	currency money.Currency
}

type remembering struct {
	rows
	table    Table
	found    bool
	read     bool
	accounts map[systemAccount]ledger.AccountID
}

// RateTable reads the table in force, the first time.
func (r *remembering) RateTable() (Table, bool, error) {
	if r.read {
		return r.table, r.found, nil
	}
	table, found, err := r.rows.RateTable()
	if err == nil {
		r.table, r.found, r.read = table, found, true
	}
	return table, found, err
}

// SystemAccount finds the system's account of a kind and currency, or 0.
func (r *remembering) SystemAccount(kind ledger.AccountKind, currency money.Currency) (ledger.AccountID, error) {
	name := systemAccount{kind, currency}
	if id := r.accounts[name]; id != 0 {
		return id, nil
	}
	id, err := r.rows.SystemAccount(kind, currency)
	if err == nil && id != 0 {
		r.accounts[name] = id
	}
	return id, err
}
