package fx

import (
	"slices"
	"time"

	"purse/internal/fault"
	"purse/internal/money"
)

// Table says how many units of each currency one unit of its base is worth.
type Table struct {
	Base  money.Currency
	Rates map[money.Currency]money.Decimal // each above zero; the base's is 1
	At    time.Time                        // when the rates held
}

// NewTable reads a table. Currencies that Purse keeps no accounts in are left
// out. It returns money.ErrUnknownCurrency for such a base, and ErrTable with
// the currencies whose rates are wrong as fields.
func NewTable(base string, rates map[string]string, at time.Time) (Table, error) {
	currency, err := money.ParseCurrency(base)
	if err != nil {
		return Table{}, err
	}
	one, err := money.ParseDecimal("1")
	if err != nil {
		return Table{}, fault.ErrInternal.Because(err)
	}
	t := Table{Base: currency, Rates: map[money.Currency]money.Decimal{currency: one}, At: at}
	var wrong []fault.Field
	for code, text := range rates {
		currency, err := money.ParseCurrency(code)
		if err != nil {
			continue
		}
		rate, err := money.ParseDecimal(text)
		if err != nil || rate.Sign() <= 0 || currency == t.Base && rate.String() != "1" {
			wrong = append(wrong, fault.Field{Name: code, Reason: "rate"})
			continue
		}
		t.Rates[currency] = rate
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b fault.Field) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		})
		return Table{}, ErrTable.In(wrong...)
	}
	return t, nil
}

// Rate is the exact ratio of two rates of the table, or ErrNoRate.
func (t Table) Rate(from, to money.Currency) (money.Rate, error) {
	fromRate, known := t.Rates[from]
	toRate, alsoKnown := t.Rates[to]
	if !known || !alsoKnown {
		return money.Rate{}, ErrNoRate
	}
	return money.NewRate(from, to, fromRate, toRate)
}

// builtIn is the table of development mode: round numbers of a plausible size.
func builtIn() Table {
	t, err := NewTable("USD", map[string]string{"KZT": "500", "EUR": "0.9", "RUB": "90", "KRW": "1350", "JPY": "150", "KWD": "0.308"}, time.Time{})
	if err != nil {
		panic(err) // the lines above are wrong
	}
	return t
}
