package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/fault"
	"purse/internal/fx"
)

// RateTable reads the table of exchange rates in force.
func (tx *Tx) RateTable() (t fx.Table, found bool, err error) {
	rates := map[string]string{}
	var base string
	var at time.Time
	err = tx.rows(`SELECT currency, rate, base, at FROM fx_rates`, func(row pgx.Rows) error {
		var currency, rate string
		err := row.Scan(&currency, &rate, &base, &at)
		rates[currency] = rate
		return err
	})
	if err != nil || base == "" {
		return fx.Table{}, false, err
	}
	if t, err = fx.NewTable(base, rates, at); err != nil {
		return fx.Table{}, false, fault.ErrInternal.Because(err)
	}
	return t, true, nil
}

// SetRateTable puts another table in its place. Of two that come at once, the
// second waits for the first and replaces it.
func (tx *Tx) SetRateTable(t fx.Table) error {
	if err := tx.lock(name("rates")); err != nil {
		return err
	}
	var currencies, rates []string
	for currency, rate := range t.Rates {
		currencies, rates = append(currencies, currency.Code()), append(rates, rate.String())
	}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM fx_rates`)
	b.Queue(`INSERT INTO fx_rates (currency, rate, base, at) SELECT n.currency, n.rate, $3, $4 FROM unnest($1::text[], $2::text[]) AS n (currency, rate)`,
		currencies, rates, t.Base.Code(), t.At)
	return tx.failed(tx.conn.SendBatch(tx.ctx, b).Close())
}
