// Package money holds exact amounts: integer minor units of a currency,
// decimals read from text, and rates as exact ratios. Nothing in it, or near
// it, is a float; every operation that could overflow returns an error; every
// division names its rounding. It imports nothing of Purse but fault.
package money

import "purse/internal/fault"

// Currency is an ISO 4217 currency that Purse keeps accounts in. The zero
// value is no currency.
type Currency struct {
	code     string
	exponent uint8
}

// The currencies that Purse knows, with their minor units (ISO 4217).
var (
	KZT = Currency{"KZT", 2}
	USD = Currency{"USD", 2}
	EUR = Currency{"EUR", 2}
	RUB = Currency{"RUB", 2}
	KRW = Currency{"KRW", 0}
	JPY = Currency{"JPY", 0}
	KWD = Currency{"KWD", 3}
)

// Play is the unit of gift boxes: play money, which is worth nothing and is
// exchanged for nothing. It is no currency. Its code is longer than those of
// ISO 4217, so that none can ever be the same, and ParseCurrency does not know
// it, so that no setting, table of rates or wallet can name it.
var Play = Currency{"GIFT", 0}

var currencies = map[string]Currency{
	"KZT": KZT, "USD": USD, "EUR": EUR, "RUB": RUB, "KRW": KRW, "JPY": JPY, "KWD": KWD,
}

// ErrUnknownCurrency is returned for a code that Purse keeps no accounts in.
var ErrUnknownCurrency = fault.Define(fault.Invalid, "money.unknown_currency", "unknown currency")

// ParseCurrency finds a currency by its three capital letters, or returns
// ErrUnknownCurrency.
func ParseCurrency(code string) (Currency, error) {
	c, ok := currencies[code]
	if !ok {
		return Currency{}, ErrUnknownCurrency
	}
	return c, nil
}

// ParseUnit finds what an account is kept in by its code: a currency, or Play.
// It is for reading back what Purse wrote; what people ask for is ParseCurrency's.
func ParseUnit(code string) (Currency, error) {
	if code == Play.code {
		return Play, nil
	}
	return ParseCurrency(code)
}

// Code is the three letters, such as "USD"; Play has four.
func (c Currency) Code() string { return c.code }

// Exponent is the number of decimals of the minor unit: 2 for USD, 0 for KRW.
func (c Currency) Exponent() int { return int(c.exponent) }

func (c Currency) String() string { return c.code }
