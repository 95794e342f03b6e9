package money

import (
	"math/big"
	"strings"

	"purse/internal/fault"
)

// Limits of a decimal's text. They bound the work that one number can cause;
// no amount that an int64 of minor units can hold comes near them.
const (
	maxDecimalText     = 128 // bytes
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
// coefficient × 10^-scale. It becomes money when a currency is known.
type Decimal struct {
	coefficient big.Int
	scale       int // decimals; trailing zeros removed, may be negative
}

// ParseDecimal reads the text of a JSON number (RFC 8259, section 6), and
// also a leading "+" and bare ".5" or "5.", as people write them. It returns
// ErrNotDecimal for other text and ErrDecimalRange for more digits or a larger
// exponent than any amount needs.
func ParseDecimal(text string) (Decimal, error) {
	if len(text) > maxDecimalText {
		if decimalSyntax(text) {
			return Decimal{}, ErrDecimalRange
		}
		return Decimal{}, ErrNotDecimal
	}
	if !decimalSyntax(text) {
		return Decimal{}, ErrNotDecimal
	}
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(text), "e")
	exponent, ok := smallExponent(exponentText)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	var d Decimal
	d.coefficient.SetString(whole+fraction, 10)
	if d.coefficient.Sign() == 0 {
		return Decimal{}, nil
	}
	if !ok {
		return Decimal{}, ErrDecimalRange
	}
	d.scale = len(fraction) - exponent
	ten, remainder, quotient := big.NewInt(10), new(big.Int), new(big.Int)
	for {
		quotient.QuoRem(&d.coefficient, ten, remainder)
		if remainder.Sign() != 0 {
			return d, nil
		}
		d.coefficient.Set(quotient)
		d.scale--
	}
}

// decimalSyntax reports whether text is [+-] digits [. digits] [e [+-] digits]
// with at least one digit before the exponent.
func decimalSyntax(text string) bool {
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return false
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
func (d Decimal) Sign() int { return d.coefficient.Sign() }

// Places is the number of decimals that the number needs: 2 for 1.25 and for
// 1.250, 0 for 100.
func (d Decimal) Places() int { return max(d.scale, 0) }

// In is the number as money of currency, or ErrTooPrecise when it has more
// decimals than the currency, or ErrDecimalRange when it does not fit.
func (d Decimal) In(currency Currency) (Amount, error) {
	if d.Sign() == 0 {
		return Amount{0, currency}, nil
	}
	shift := currency.Exponent() - d.scale
	if shift < 0 {
		return Amount{}, ErrTooPrecise
	}
	if shift > len(pow10) {
		return Amount{}, ErrDecimalRange
	}
	minor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(shift)), nil)
	minor.Mul(minor, &d.coefficient)
	if !minor.IsInt64() {
		return Amount{}, ErrDecimalRange
	}
	return Amount{minor.Int64(), currency}, nil
}
