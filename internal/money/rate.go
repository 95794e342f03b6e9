package money

import (
	"math/big"
	"strings"

	"purse/internal/fault"
)

// ErrRate is a table rate that is not greater than zero.
var ErrRate = fault.Define(fault.Invalid, "money.rate", "an exchange rate must be greater than zero")

// Rounding is how a result between two minor units becomes one of them.
type Rounding uint8

// RoundHalfEven takes the nearer minor unit, and of two equally near ones the
// even one (IEEE 754's roundTiesToEven): conversions favour neither side.
const RoundHalfEven Rounding = iota + 1

// rateDigits is how many significant digits a rate shows. What it converts is
// exact.
const rateDigits = 10

// Rate is the exact ratio by which money of one currency becomes money of
// another. The zero value is no rate.
type Rate struct {
	from, to           Currency
	fromTable, toTable Decimal // units of each currency for one unit of the table's base
}

// NewRate is the rate between two currencies of one table, which says how many
// units of each one unit of its base currency is worth (the base itself: 1). It
// returns ErrRate when either is not greater than zero.
func NewRate(from, to Currency, fromTable, toTable Decimal) (Rate, error) {
	if fromTable.Sign() <= 0 || toTable.Sign() <= 0 {
		return Rate{}, ErrRate
	}
	return Rate{from, to, fromTable, toTable}, nil
}

// From is the currency that the rate converts.
func (r Rate) From() Currency { return r.from }

// To is the currency that the rate converts into.
func (r Rate) To() Currency { return r.to }

// ratio is units of to for one unit of from.
func (r Rate) ratio() *big.Rat {
	return new(big.Rat).Quo(r.toTable.Rat(), r.fromTable.Rat())
}

// Convert is a in the rate's other currency, rounded to its minor unit as named:
// the only inexact step. It returns ErrMixedCurrency when a is not of the
// currency that the rate converts, and ErrOverflow.
func (r Rate) Convert(a Amount, rounding Rounding) (Amount, error) {
	if a.currency != r.from || r == (Rate{}) {
		return Amount{}, ErrMixedCurrency
	}
	exact := r.ratio()
	exact.Mul(exact, new(big.Rat).SetFrac(
		new(big.Int).Mul(big.NewInt(a.minor), power10(r.to.Exponent())),
		power10(r.from.Exponent()),
	))
	minor := round(exact.Num(), exact.Denom(), rounding)
	if !minor.IsInt64() {
		return Amount{}, ErrOverflow
	}
	return Amount{minor.Int64(), r.to}, nil
}

// String is the rate, rounded half-even to 10 significant digits, without
// trailing zeros and without an exponent: "500", "0.002", "483.5162731".
func (r Rate) String() string {
	if r == (Rate{}) {
		return "0"
	}
	ratio := r.ratio()
	// The lengths tell the places that leave rateDigits digits, or one more.
	places := rateDigits - len(ratio.Num().String()) + len(ratio.Denom().String())
	digits := scaled(ratio, places).String()
	if len(digits) > rateDigits {
		places--
		digits = scaled(ratio, places).String()
	}
	return decimalText(digits, places)
}

// scaled is ratio × 10^places as an integer.
func scaled(ratio *big.Rat, places int) *big.Int {
	return round(
		new(big.Int).Mul(ratio.Num(), power10(places)),
		new(big.Int).Mul(ratio.Denom(), power10(-places)),
		RoundHalfEven,
	)
}

// decimalText writes digits × 10^-places without needless zeros.
func decimalText(digits string, places int) string {
	if places <= 0 {
		return digits + strings.Repeat("0", -places)
	}
	digits = strings.Repeat("0", max(places+1-len(digits), 0)) + digits
	point := len(digits) - places
	return strings.TrimSuffix(strings.TrimRight(digits[:point]+"."+digits[point:], "0"), ".")
}

// round is numerator / denominator as an integer; the denominator is positive.
func round(numerator, denominator *big.Int, rounding Rounding) *big.Int {
	if rounding != RoundHalfEven {
		panic("money: a division must name its rounding")
	}
	quotient, remainder := new(big.Int).DivMod(numerator, denominator, new(big.Int)) // rounds down
	switch remainder.Lsh(remainder, 1).Cmp(denominator) {
	case 1:
		return quotient.Add(quotient, big.NewInt(1))
	case 0:
		return quotient.Add(quotient, big.NewInt(int64(quotient.Bit(0)))) // #nosec G115 -- 0 or 1
	}
	return quotient
}

// power10 is 10^n, and 1 for a negative n.
func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, 0))), nil)
}
