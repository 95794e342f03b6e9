package money

import (
	"math"
	"strconv"

	"purse/internal/fault"
)

// Errors of arithmetic. They are ours to prevent: a caller's amount is checked
// when it is read (Decimal.In).
var (
	ErrOverflow      = fault.Define(fault.Refused, "money.overflow", "the amount is larger than an account can hold")
	ErrMixedCurrency = fault.Define(fault.Refused, "money.mixed_currency", "the amounts are of different currencies")
)

// Amount is a sum of money: a whole number of minor units of one currency.
// The zero value is zero of no currency.
type Amount struct {
	minor    int64
	currency Currency
}

// New is the amount of minor units of currency: New(1250, USD) is 12.50 USD.
func New(minor int64, currency Currency) Amount { return Amount{minor, currency} }

// Minor is the number of minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency is the currency of the amount.
func (a Amount) Currency() Currency { return a.currency }

// Sign is -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.minor < 0:
		return -1
	case a.minor > 0:
		return 1
	}
	return 0
}

// IsZero reports whether the amount is zero, of any currency.
func (a Amount) IsZero() bool { return a.minor == 0 }

// Add is a + b, or ErrMixedCurrency or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.currency != b.currency {
		return Amount{}, ErrMixedCurrency
	}
	sum := a.minor + b.minor
	if (sum > a.minor) != (b.minor > 0) && b.minor != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{sum, a.currency}, nil
}

// Sub is a - b, or ErrMixedCurrency or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.currency != b.currency {
		return Amount{}, ErrMixedCurrency
	}
	difference := a.minor - b.minor
	if (difference < a.minor) != (b.minor > 0) && b.minor != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{difference, a.currency}, nil
}

// Neg is -a, or ErrOverflow for the one number without an opposite.
func (a Amount) Neg() (Amount, error) {
	if a.minor == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return Amount{-a.minor, a.currency}, nil
}

// Cmp is -1, 0 or 1 as a is less than, equal to or greater than b, or
// ErrMixedCurrency.
func (a Amount) Cmp(b Amount) (int, error) {
	if a.currency != b.currency {
		return 0, ErrMixedCurrency
	}
	switch {
	case a.minor < b.minor:
		return -1, nil
	case a.minor > b.minor:
		return 1, nil
	}
	return 0, nil
}

// String is the amount in major units with all its decimals and without the
// currency, such as "-0.05" or "4000.00": valid as a JSON number and as a
// decimal string.
func (a Amount) String() string { return string(a.Append(nil)) }

// Append appends what String returns to b.
func (a Amount) Append(b []byte) []byte {
	magnitude := uint64(a.minor) // #nosec G115 -- a negative one is turned around below
	if a.minor < 0 {
		b = append(b, '-')
		magnitude = -magnitude
	}
	exponent := a.currency.Exponent()
	if exponent == 0 {
		return strconv.AppendUint(b, magnitude, 10)
	}
	scale := pow10[exponent]
	b = strconv.AppendUint(b, magnitude/scale, 10)
	b = append(b, '.')
	fraction := magnitude % scale
	for digit := scale / 10; digit > 0; digit /= 10 {
		b = append(b, byte('0'+fraction/digit%10))
	}
	return b
}

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}
