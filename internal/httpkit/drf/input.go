package drf

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/id"
	"purse/internal/money"
)

// MaxDigits is how many digits a decimal of this dialect may have in all, and
// MaxWholeDigits how many of them before the point.
const (
	MaxDigits      = 14
	MaxWholeDigits = 12
)

// ErrUUID is a text that is no UUID, which may come from elsewhere than the body.
var ErrUUID = fault.Define(fault.Invalid, "drf.uuid", "Must be a valid UUID.")

// The rules of fields that bind does not know. Their texts are the framework's.
var (
	errURL      = fault.Define(fault.Invalid, "drf.url", "Enter a valid URL.")
	errChoice   = fault.Define(fault.Invalid, "drf.choice", `"{input}" is not a valid choice.`)
	errDigits   = fault.Define(fault.Invalid, "drf.max_digits", texts[bind.OutOfRange])
	errWhole    = fault.Define(fault.Invalid, "drf.max_whole_digits", "Ensure that there are no more than "+strconv.Itoa(MaxWholeDigits)+" digits before the decimal point.")
	errMinValue = fault.Define(fault.Invalid, "drf.min_value", texts[bind.NotPositive])
)

// Input reads a body by the rules of the framework's fields. An optional field
// is asked for when the body Has it: unlike a missing one, null is a violation.
type Input struct {
	*bind.Input
	form bool // the body is a form's
}

// Parse checks a body, of JSON or of a form. None at all is an empty object, so that
// every field is told to be required. Without a media type it is JSON.
func Parse(body []byte, contentType string) Input {
	if len(body) == 0 {
		return Input{Input: bind.Parse([]byte("{}"), "")}
	}
	if len(body) <= bind.MaxBody {
		if in, is := parseForm(body, contentType); is {
			return in
		}
	}
	return Input{Input: bind.Parse(body, contentType)}
}

// Has reports whether the body has a field. What is wrong with the body as a
// whole is recorded.
func (in Input) Has(name string) bool {
	in.Whole()
	return in.Given(name)
}

// Filled is Has for a field that may be missing but not blank: in a form it may be
// left empty, and then is missing.
func (in Input) Filled(name string) bool {
	return in.Has(name) && !(in.form && string(in.Raw(name)) == `""`)
}

// Char is a CharField: a text, which may be written as a number.
func (in Input) Char(name string, list ...bind.Rule) string {
	return in.String(name, append(list, bind.OrNumber)...)
}

// Password is a Char that is never trimmed.
func (in Input) Password(name string, list ...bind.Rule) string {
	return in.Secret(name, append(list, bind.OrNumber)...)
}

// Email is an EmailField.
func (in Input) Email(name string) string { return in.Input.Email(name, bind.OrNumber) }

// UUID is a UUIDField, with dashes or without.
func (in Input) UUID(name string) id.UUID {
	u, ok := ParseUUID(in.other(name, ErrUUID))
	if !ok {
		in.Refuse(name, ErrUUID)
	}
	return u
}

// ParseUUID reads a UUID with dashes or without.
func ParseUUID(text string) (u id.UUID, ok bool) {
	if len(text) == 32 {
		text = text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	}
	u, err := id.Parse(text)
	return u, err == nil
}

// URL is a URLField of http and https, which may be empty. Nobody fetches it.
func (in Input) URL(name string, list ...bind.Rule) string {
	text := in.String(name, append(list, bind.AllowEmpty, bind.OrNumber)...)
	if text != "" && !isWebAddress(text) {
		in.Refuse(name, errURL)
	}
	return text
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		!strings.ContainsAny(text, " <>\"\\^`{|}")
}

// Choice is a ChoiceField.
func (in Input) Choice(name string, choices ...string) string {
	text := in.other(name, errChoice)
	if !slices.Contains(choices, text) {
		in.Refuse(name, errChoice)
	}
	return text
}

// other is the text of a field that is no CharField, and so has words of its own for
// what is no text at all.
func (in Input) other(name string, cause *fault.Error) string {
	if raw := in.Raw(name); len(raw) > 0 && strings.IndexByte("tf[{", raw[0]) >= 0 {
		in.Refuse(name, cause)
		return ""
	}
	return in.String(name, bind.Max(bind.MaxBody), bind.AllowEmpty, bind.OrNumber)
}

// Decimal is a DecimalField above zero, written as a number or a string. How many
// decimals it may have is its currency's matter.
func (in Input) Decimal(name string) money.Decimal {
	d := in.Input.Decimal(name)
	whole, places := digits(d)
	switch {
	case whole+places > MaxDigits:
		in.Refuse(name, errDigits)
	case whole > MaxWholeDigits:
		in.Refuse(name, errWhole)
	case d.Sign() <= 0:
		in.Refuse(name, errMinValue)
	}
	return d
}

// digits counts a number's digits before and after the point.
func digits(d money.Decimal) (whole, places int) {
	before, after, _ := strings.Cut(strings.TrimPrefix(d.String(), "-"), ".")
	return len(strings.TrimLeft(before, "0")), len(after)
}
