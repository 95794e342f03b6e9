package bind

import (
	"errors"
	"strings"

	"purse/internal/money"
)

// maxInteger is the largest integer that every JSON reader keeps exact.
const maxInteger = 1<<53 - 1

// Decimal is a required exact number: a JSON number, or a string of one, as
// Pydantic accepts it (spaces around it, single underscores between digits).
// NaN, the infinities and a number that no account could hold are OutOfRange.
// How many decimals it may have is its currency's matter. Rules: Positive.
func (s *Source) Decimal(name string, list ...Rule) money.Decimal {
	v, found := s.require(name)
	if !found {
		return money.Decimal{}
	}
	var text string
	switch v.kind {
	case isNumber:
		text = string(v.raw())
	case isString:
		text = plainNumber(string(v.said()))
	default:
		v.violate(NotNumber, 0, "", nil)
		return money.Decimal{}
	}
	d, err := money.ParseDecimal(text)
	r := gather(list)
	switch {
	case err != nil && (errors.Is(err, money.ErrDecimalRange) || notFinite(text)):
		v.violate(OutOfRange, 0, "", nil)
	case err != nil:
		v.violate(NumberText, 0, "", nil)
	case r.positive && d.Sign() <= 0:
		v.violate(NotPositive, 0, "", nil)
	default:
		return d
	}
	return money.Decimal{}
}

// Int is a required integer between ±(2^53 − 1): a JSON number without a
// fraction (3, 3.0, 3e2), or a string of digits, as Pydantic accepts it ("3",
// "3.0", spaces around it, single underscores between digits). Rules: Positive.
func (s *Source) Int(name string, list ...Rule) int64 {
	v, found := s.require(name)
	if !found {
		return 0
	}
	n, _ := v.integer(gather(list))
	return n
}

// OptionalInt is Int for an integer that may be missing or null; given tells
// whether it was there and right.
func (s *Source) OptionalInt(name string, list ...Rule) (n int64, given bool) {
	v, found := s.optional(name)
	if !found {
		return 0, false
	}
	return v.integer(gather(list))
}

func (v *value) integer(r rules) (n int64, ok bool) {
	var text string
	switch v.kind {
	case isNumber:
		text = string(v.raw())
	case isString:
		text = plainNumber(string(v.said()))
		whole, fraction, _ := strings.Cut(text, ".")
		if strings.Trim(fraction, "0") != "" || strings.Trim(whole, "+-0123456789") != "" {
			v.violate(IntegerText, 0, "", nil)
			return 0, false
		}
	default:
		v.violate(NotInteger, 0, "", nil)
		return 0, false
	}
	d, err := money.ParseDecimal(text)
	if err != nil {
		switch {
		case !errors.Is(err, money.ErrDecimalRange):
			v.violate(IntegerText, 0, "", nil)
		case strings.ContainsAny(text, "eE."):
			v.violate(OutOfRange, 0, "", nil)
		default:
			v.violate(IntegerTooBig, 0, "", nil)
		}
		return 0, false
	}
	n, fits := d.Int64()
	switch {
	case d.Places() > 0:
		v.violate(Fractional, 0, "", nil)
	case !fits || n > maxInteger || n < -maxInteger:
		v.violate(IntegerTooBig, 0, "", nil)
	case r.positive && n <= 0:
		v.violate(NotPositive, 0, PositiveInteger, nil)
	default:
		return n, true
	}
	return 0, false
}

// Bool is a required truth value: true or false, or what Pydantic takes for
// them (1 and 0; "true", "t", "yes", "y", "on", "1" and their opposites).
func (s *Source) Bool(name string) bool {
	v, found := s.require(name)
	if !found {
		return false
	}
	switch v.kind {
	case isTrue:
		return true
	case isFalse:
		return false
	case isNumber:
		d, err := money.ParseDecimal(string(v.raw()))
		n, whole := d.Int64()
		switch {
		case err == nil && whole && n == 0:
			return false
		case err == nil && whole && n == 1:
			return true
		}
	case isString:
		switch strings.ToLower(string(v.said())) {
		case "true", "t", "yes", "y", "on", "1":
			return true
		case "false", "f", "no", "n", "off", "0":
			return false
		}
	default:
		v.violate(NotBoolean, 0, "", nil)
		return false
	}
	v.violate(BooleanText, 0, "", nil)
	return false
}

// plainNumber takes away what Python forgives in the text of a number: white
// space around it and single underscores between digits. Other underscores
// stay, and make it no number.
func plainNumber(text string) string {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "_") {
		return text
	}
	for i, c := range []byte(text) {
		if c == '_' && (i == 0 || i == len(text)-1 || !isDigit(text[i-1]) || !isDigit(text[i+1])) {
			return text
		}
	}
	return strings.ReplaceAll(text, "_", "")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// notFinite reports whether Python's float() reads text as NaN or infinity.
func notFinite(text string) bool {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	switch strings.ToLower(text) {
	case "nan", "inf", "infinity":
		return true
	}
	return false
}
