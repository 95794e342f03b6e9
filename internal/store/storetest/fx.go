package storetest

import (
	"maps"
	"testing"
	"time"

	"purse/internal/fx"
	"purse/internal/store"
)

// rates is what the rows of fx promise.
func rates(t *testing.T, open Open) {
	e, c := fresh(t, open)
	read := func(want *fx.Table) {
		t.Helper()
		view(t, e, func(tx store.Tx) error {
			got, found, err := tx.RateTable()
			if found != (want != nil) {
				t.Fatalf("found a table: %v", found)
			}
			if found && (got.Base != want.Base || !got.At.Equal(want.At) || !maps.Equal(got.Rates, want.Rates)) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			return err
		})
	}
	read(nil)
	for _, texts := range []map[string]string{
		{"KZT": "523.123456789012345", "JPY": "0.000000012", "EUR": "1e3"},
		{"EUR": "0.9"},
		{},
	} {
		want, err := fx.NewTable("USD", texts, start.Add(-time.Hour))
		must(err)
		update(t, e, func(tx store.Tx) error { return tx.SetRateTable(want) })
		read(&want)
		must(e.Close())
		e = open(t, c)
		read(&want)
	}
}
