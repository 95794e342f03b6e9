package bind

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"purse/internal/fault"
)

// ErrInput is the one error of a request whose input is wrong. Its cause is
// the Violations, which Of takes out of it.
var ErrInput = fault.Define(fault.Invalid, "input.invalid", "the input is wrong")

// Location is the part of a request that a value lies in.
type Location string

// The locations.
const (
	Body   Location = "body"
	Path   Location = "path"
	Query  Location = "query"
	Header Location = "header"
)

// Kind is what is wrong with a value. The set is closed: a surface that has
// words for every kind has words for every violation. A kind with a parameter
// says which of Limit and Detail holds it.
type Kind string

// The kinds.
const (
	// The body as a whole.
	Malformed Kind = "malformed"  // not JSON; Detail is a syntax reason, Limit the characters before the place
	TooLarge  Kind = "too_large"  // Limit is the largest size, bytes
	NotObject Kind = "not_object" // JSON of another type, or a body that is not declared to be JSON

	Missing Kind = "missing" // not there; with an empty Name, the body itself

	NotString    Kind = "not_string" // also null
	TooShort     Kind = "too_short"  // Limit is the fewest characters
	TooLong      Kind = "too_long"   // Limit is the most characters
	ControlChar  Kind = "control_character"
	Mismatch     Kind = "mismatch"      // Detail is the pattern
	InvalidEmail Kind = "invalid_email" // Detail is a mailaddr reason, Cause the whole *mailaddr.Error

	NotNumber   Kind = "not_number"  // another type, also null
	NumberText  Kind = "number_text" // a string that is no number
	OutOfRange  Kind = "decimal_range"
	TooPrecise  Kind = "too_precise"  // Limit is the most decimals
	NotPositive Kind = "not_positive" // Detail is PositiveInteger for an integer

	NotInteger    Kind = "not_integer"  // another type, also null
	IntegerText   Kind = "integer_text" // a string that is no integer
	Fractional    Kind = "fractional"
	IntegerTooBig Kind = "integer_too_big" // outside ±(2^53 - 1), or what the field allows

	NotBoolean  Kind = "not_boolean"  // another type, also null
	BooleanText Kind = "boolean_text" // a string or number that means neither

	NotDate      Kind = "not_date"       // another type, also null
	DateText     Kind = "date_text"      // Detail is a date reason
	DateWithTime Kind = "date_with_time" // a date-time that is not midnight
	NotDateTime  Kind = "not_date_time"  // another type, also null
	DateTimeText Kind = "date_time_text" // Detail is a date reason

	NotList Kind = "not_list" // another type, also null
	NoItems Kind = "no_items" // a list that is empty
	TooMany Kind = "too_many" // items in a list: Limit is the most, Detail how many there are

	// Refused is a rule of the domain, told by its own error, or of the surface
	// (Check): Detail is the reason, Cause the domain's *fault.Error or nil.
	Refused Kind = "refused"
)

// The syntax reasons, Detail of Malformed.
const (
	ExpectingValue       = "expecting_value"
	ExpectingName        = "expecting_name"
	ExpectingColon       = "expecting_colon"
	ExpectingComma       = "expecting_comma"
	ExtraData            = "extra_data"
	UnterminatedString   = "unterminated_string"
	ControlInString      = "control_in_string"
	InvalidEscape        = "invalid_escape"
	InvalidUnicodeEscape = "invalid_unicode_escape"
	LoneSurrogate        = "lone_surrogate"
	InvalidUTF8          = "invalid_utf8"
	DuplicateName        = "duplicate_name"
	TooDeep              = "too_deep"
	TooManyNames         = "too_many_names"
)

// PositiveInteger is the Detail of NotPositive for an integer.
const PositiveInteger = "integer"

// OtherContentType is the Detail of NotObject when the body is not declared to
// be JSON.
const OtherContentType = "content_type"

// Violation is one thing that is wrong in a request. It holds what the caller
// sent, secrets too: a surface may show it to that caller, and to nobody else.
type Violation struct {
	In     Location
	List   string // of objects, in which the field lies, as the surface calls it, or ""
	Index  int    // of the object in List
	Name   string // of the field, likewise; "" for the body, or the object, as a whole
	Kind   Kind
	Limit  int
	Detail string
	Cause  error  // for InvalidEmail and Refused; nil where the surface refuses
	Input  []byte // what was sent, as JSON; of something missing, what it is missing from; nil for nothing at all
}

// IsNull reports whether null was sent where a value was asked.
func (v *Violation) IsNull() bool { return v.Kind != Missing && string(v.Input) == "null" }

// Format writes where the violation is and its kind, never the input, whatever
// the verb.
func (v Violation) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.text()) }

// LogValue is what Format writes.
func (v Violation) LogValue() slog.Value { return slog.StringValue(v.text()) }

func (v *Violation) text() string {
	where := string(v.In)
	if v.List != "" {
		where += " " + strconv.Quote(v.List) + " " + strconv.Itoa(v.Index)
	}
	if v.Name != "" {
		where += " " + strconv.Quote(v.Name)
	}
	return where + ": " + string(v.Kind)
}

// Violations are all that is wrong in a request, in the order in which the
// values were asked for.
type Violations []Violation

// Error names the fields and the kinds, never the input.
func (vs Violations) Error() string {
	texts := make([]string, len(vs))
	for i := range vs {
		texts[i] = vs[i].text()
	}
	return strings.Join(texts, ", ")
}

// Of takes the violations out of an error; there are none in an error that is
// not ErrInput.
func Of(err error) (Violations, bool) {
	var vs Violations
	ok := errors.As(err, &vs)
	return vs, ok
}

// limitParams names the parameter that a domain's error carries for each kind
// that it may give as a reason.
var limitParams = map[Kind]string{
	TooShort: "min", TooLong: "max", TooPrecise: "places", ControlChar: "", OutOfRange: "", NotPositive: "",
}

func limitOf(kind Kind, params map[string]string) (limit int, ok bool) {
	param, known := limitParams[kind]
	if !known || param == "" {
		return 0, known
	}
	limit, err := strconv.Atoi(params[param])
	return limit, err == nil
}
