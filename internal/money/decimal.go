package money

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"purse/internal/fault"
)

// Limits of a decimal. They bound the work that one number can cause; no amount
// that an int64 of minor units can hold comes near them.
const (
	maxDecimalText     = 128 // bytes
	maxDecimalDigits   = 19  // without leading and trailing zeros: what a uint64 always holds
	maxDecimalExponent = 64  // of the part after "e"
)

// Errors of reading a decimal.
var (
	ErrNotDecimal = fault.Define(fault.Invalid, "money.not_decimal", "not a decimal number")
	// ErrDecimalRange is a number outside what any account can hold.
	ErrDecimalRange = fault.Define(fault.Invalid, "money.decimal_range", "the number is out of range")
	// ErrTooPrecise is a number with more decimals than its currency has.
	ErrTooPrecise = fault.Define(fault.Invalid, "money.too_precise", "the number has more decimals than the currency")
)

// Decimal is an exact decimal number as a person or a program wrote it:
// coefficient × 10^-scale. It becomes money when a currency is known. Equal
// numbers are equal with ==, however they were written.
type Decimal struct {
	negative    bool
	coefficient uint64 // ends in no zero; 0 for the number zero
	scale       int    // decimals, negative for 100 and more; 0 for the number zero
}

// ParseDecimal reads the text of a JSON number (RFC 8259, section 6), and
// also a leading "+", leading zeros and bare ".5" or "5.", as people write
// them. It returns ErrNotDecimal for other text and ErrDecimalRange for more
// digits or a larger exponent than any amount needs.
func ParseDecimal(text string) (Decimal, error) {
	if !decimalSyntax(text) {
		return Decimal{}, ErrNotDecimal
	}
	if len(text) > maxDecimalText {
		return Decimal{}, ErrDecimalRange
	}
	mantissa, exponentText := text, ""
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponentText = text[:e], text[e+1:]
	}
	var d Decimal
	digits, zeros, decimals := 0, 0, 0 // zeros that a later digit may make significant
	fraction := false
	for _, c := range []byte(mantissa) {
		switch {
		case c == '-':
			d.negative = true
			continue
		case c == '+':
			continue
		case c == '.':
			fraction = true
			continue
		case fraction:
			decimals++
		}
		if c == '0' {
			zeros++
			continue
		}
		if digits > 0 {
			digits += zeros
		}
		if digits++; digits > maxDecimalDigits {
			return Decimal{}, ErrDecimalRange
		}
		if d.coefficient != 0 {
			d.coefficient *= pow10[zeros]
		}
		d.coefficient = d.coefficient*10 + uint64(c-'0')
		zeros = 0
	}
	if d.coefficient == 0 {
		return Decimal{}, nil
	}
	exponent, ok := smallExponent(exponentText)
	if !ok {
		return Decimal{}, ErrDecimalRange
	}
	d.scale = decimals - zeros - exponent
	return d, nil
}

// decimalSyntax reports whether text is [+-] digits [. digits] [e [+-] digits]
// with at least one digit before the exponent.
func decimalSyntax(text string) bool {
	rest := text
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	whole := digitsAt(rest)
	rest = rest[whole:]
	fraction := 0
	if strings.HasPrefix(rest, ".") {
		fraction = digitsAt(rest[1:])
		rest = rest[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	return rest != "" && digitsAt(rest) == len(rest)
}

func digitsAt(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// smallExponent reads the text after "e"; ok is false when it is out of bounds.
func smallExponent(text string) (exponent int, ok bool) {
	if text == "" {
		return 0, true
	}
	negative := text[0] == '-'
	for _, digit := range strings.TrimLeft(text, "+-") {
		exponent = exponent*10 + int(digit-'0')
		if exponent > maxDecimalExponent {
			return 0, false
		}
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.coefficient == 0:
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// Places is the number of decimals that the number needs: 2 for 1.25 and for
// 1.250, 0 for 100.
func (d Decimal) Places() int { return max(d.scale, 0) }

// Int64 is the number as an integer; ok is false when it has a fraction or does
// not fit.
func (d Decimal) Int64() (n int64, ok bool) { return d.shifted(0) }

// shifted is the number × 10^places; ok is false when that has a fraction or
// does not fit.
func (d Decimal) shifted(places int) (n int64, ok bool) {
	if d.coefficient == 0 {
		return 0, true
	}
	shift := places - d.scale
	if shift < 0 || shift >= len(pow10) {
		return 0, false
	}
	high, low := bits.Mul64(d.coefficient, pow10[shift])
	switch {
	case high != 0:
		return 0, false
	case d.negative && low <= -math.MinInt64:
		return -int64(low), true // #nosec G115 -- the opposite of 2^63 is its own in 64 bits
	case !d.negative && low <= math.MaxInt64:
		return int64(low), true // #nosec G115 -- the case says that it fits
	}
	return 0, false
}

// In is the number as money of currency, or ErrTooPrecise when it has more
// decimals than the currency, or ErrDecimalRange when it does not fit.
func (d Decimal) In(currency Currency) (Amount, error) {
	minor, ok := d.shifted(currency.Exponent())
	if ok {
		return Amount{minor, currency}, nil
	}
	if d.scale > currency.Exponent() {
		return Amount{}, ErrTooPrecise
	}
	return Amount{}, ErrDecimalRange
}

// Rat is the number as a fraction.
func (d Decimal) Rat() *big.Rat {
	numerator := new(big.Int).SetUint64(d.coefficient)
	numerator.Mul(numerator, power10(-d.scale))
	if d.negative {
		numerator.Neg(numerator)
	}
	return new(big.Rat).SetFrac(numerator, power10(d.scale))
}

// String is the number without an exponent and without needless zeros, such as
// "-0.05" or "1200".
func (d Decimal) String() string {
	text := decimalText(strconv.FormatUint(d.coefficient, 10), d.scale)
	if d.negative {
		return "-" + text
	}
	return text
}
