package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/money"
)

// RateTable reads the table of exchange rates in force.
func (tx *Tx) RateTable() (t fx.Table, found bool, err error) {
	rates := map[string]string{}
	var base string
	err = tx.rows(`SELECT currency, rate, base, at FROM fx_rates`, func(stmt *sqlite.Stmt) error {
		rates[stmt.ColumnText(0)] = stmt.ColumnText(1)
		base = stmt.ColumnText(2)
		t.At = instant(stmt, 3)
		return nil
	})
	if err != nil || base == "" {
		return fx.Table{}, false, err
	}
	if t, err = fx.NewTable(base, rates, t.At); err != nil {
		return fx.Table{}, false, fault.ErrInternal.Because(err)
	}
	return t, true, nil
}

// SetRateTable puts another table in its place.
func (tx *Tx) SetRateTable(t fx.Table) error {
	if err := tx.exec(`DELETE FROM fx_rates`); err != nil {
		return err
	}
	for currency, rate := range t.Rates {
		if err := tx.putRate(t, currency, rate); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) putRate(t fx.Table, currency money.Currency, rate money.Decimal) error {
	return tx.exec(`INSERT INTO fx_rates (currency, rate, base, at) VALUES (?1, ?2, ?3, ?4)`, currency.Code(), rate.String(), t.Base.Code(), t.At)
}
