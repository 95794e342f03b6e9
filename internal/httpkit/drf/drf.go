// Package drf speaks the dialect of Django REST framework 3.14: it reads bodies
// by the rules of its fields and words what is wrong with them as its serializers
// and parsers do. It knows no endpoint and writes no HTTP.
package drf

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/pyjson"
)

// maxEcho bounds what of the caller's input an answer repeats, in characters.
const maxEcho = 255

// Errors is what is wrong with some fields, in order: {"field": ["text", …]}.
type Errors []FieldErrors

// FieldErrors is what is wrong with one field.
type FieldErrors struct {
	Name  string
	Texts []string
}

// Add adds a text to a field's.
func (e *Errors) Add(name, text string) {
	for i := range *e {
		if (*e)[i].Name == name {
			(*e)[i].Texts = append((*e)[i].Texts, text)
			return
		}
	}
	*e = append(*e, FieldErrors{name, []string{text}})
}

// MarshalJSON keeps the order of the fields.
func (e Errors) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, field := range e {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, plainJSON(field.Name)...)
		b = append(b, ':')
		b = append(b, plainJSON(field.Texts)...)
	}
	return append(b, '}'), nil
}

// plainJSON is a text, or a list of them, without HTML escapes.
func plainJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // texts always encode
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Detail is the answer to what is wrong with a request as a whole.
type Detail struct {
	Detail string `json:"detail"`
}

// noField is where a serializer tells what is wrong with no single field.
const noField = "non_field_errors"

// Answer is the status and the answer (a Detail or Errors) to an error of kind
// Invalid: its violations (bind.ErrInput), or else its fields. contentType and body
// are the request's.
func Answer(err error, contentType string, body []byte) (status int, answer any) {
	violations, ok := bind.Of(err)
	if !ok {
		violations, _ = bind.Of((*bind.Input)(nil).Explain(err))
	}
	if len(violations) == 0 {
		return http.StatusBadRequest, Detail{"Invalid input."}
	}
	switch v := &violations[0]; {
	case v.Kind == bind.Malformed:
		return http.StatusBadRequest, Detail{"JSON parse error - " + pyjson.Error(v.Detail, body, v.Limit)}
	case v.Kind == bind.TooLarge:
		return http.StatusBadRequest, Detail{"The request body is larger than 1 MiB."}
	case v.Kind == bind.NotObject && v.Detail == bind.OtherContentType:
		return http.StatusUnsupportedMediaType, Detail{`Unsupported media type "` + cut(contentType) + `" in request.`}
	case v.Kind == bind.Refused && v.Name == "":
		return http.StatusBadRequest, Detail{Text(v)}
	}
	var fields Errors
	for i := range violations {
		name := violations[i].Name
		if name == "" {
			name = noField
		}
		fields.Add(name, Text(&violations[i]))
	}
	return http.StatusBadRequest, fields
}

const (
	invalidNumber  = "A valid number is required."
	invalidInteger = "A valid integer is required."
	invalidBoolean = "Must be a valid boolean."
	wrongDate      = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
	wrongDateTime  = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
	blank          = "This field may not be blank."
)

// texts are the words of the kinds; {} stands for the violation's limit.
var texts = map[bind.Kind]string{
	bind.Malformed: "Malformed request.",
	bind.TooLarge:  "The request body is larger than 1 MiB.",
	bind.Missing:   "This field is required.",

	bind.NotString:    "Not a valid string.",
	bind.TooShort:     "Ensure this field has at least {} characters.",
	bind.TooLong:      "Ensure this field has no more than {} characters.",
	bind.ControlChar:  "Control characters are not allowed.",
	bind.Mismatch:     "This value does not match the required pattern.",
	bind.InvalidEmail: "Enter a valid email address.",

	bind.NotNumber:   invalidNumber,
	bind.NumberText:  invalidNumber,
	bind.OutOfRange:  "Ensure that there are no more than " + strconv.Itoa(MaxDigits) + " digits in total.",
	bind.TooPrecise:  "Ensure that there are no more than {} decimal places.",
	bind.NotPositive: "Ensure this value is greater than or equal to 0.01.",

	bind.NotInteger:    invalidInteger,
	bind.IntegerText:   invalidInteger,
	bind.Fractional:    invalidInteger,
	bind.IntegerTooBig: "String value too large.",

	bind.NotBoolean:  invalidBoolean,
	bind.BooleanText: invalidBoolean,

	bind.NotList: "Expected a list of items.",
	bind.NoItems: "This list may not be empty.",
	bind.TooMany: "Ensure this field has no more than {} elements.",

	bind.NotDate:      wrongDate,
	bind.DateText:     wrongDate,
	bind.DateWithTime: "Expected a date but got a datetime.",
	bind.NotDateTime:  wrongDateTime,
	bind.DateTimeText: wrongDateTime,
}

// Text words one violation.
func Text(v *bind.Violation) string {
	switch {
	case v.Name == "" && v.Kind == bind.Missing:
		return "No data provided"
	case v.Kind == bind.NotObject:
		return "Invalid data. Expected a dictionary, but got " + pythonType(v.Input) + "."
	case v.IsNull():
		return "This field may not be null."
	case v.Kind == bind.TooShort && v.Limit <= 1, v.Kind == bind.InvalidEmail && isBlank(v.Input):
		return blank
	case v.Kind == bind.ControlChar && bytes.Contains(v.Input, []byte(`\u0000`)):
		return "Null characters are not allowed."
	case v.Kind == bind.NotPositive && v.Detail == bind.PositiveInteger:
		return "Ensure this value is greater than or equal to 1."
	case v.Kind == bind.OutOfRange && !bytes.ContainsAny(v.Input, "0123456789"): // NaN and the infinities
		return invalidNumber
	case v.Kind == bind.Refused:
		return refusal(v)
	}
	return strings.Replace(texts[v.Kind], "{}", strconv.Itoa(v.Limit), 1)
}

func isBlank(input []byte) bool {
	var text string
	return json.Unmarshal(input, &text) == nil && strings.TrimSpace(text) == ""
}

// refusal is the text of the rule that was broken, as a sentence: {input} in it
// stands for what was sent, {name} for a parameter.
func refusal(v *bind.Violation) string {
	var cause *fault.Error
	if !errors.As(v.Cause, &cause) {
		return "Invalid input."
	}
	text := cause.Text
	for _, field := range cause.Fields {
		for name, value := range field.Params {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
	}
	if !strings.HasSuffix(text, ".") {
		first, size := utf8.DecodeRuneInString(text)
		text = strings.ToUpper(string(first)) + text[size:] + "."
	}
	return strings.Replace(text, "{input}", shown(v.Input), 1)
}

// shown is a JSON value as Python's str() writes it, cut.
func shown(input []byte) string {
	var text string
	if json.Unmarshal(input, &text) == nil {
		return cut(text)
	}
	switch string(input) {
	case "true":
		return "True"
	case "false":
		return "False"
	}
	return cut(string(input))
}

func cut(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if utf8.RuneCountInString(text) <= maxEcho {
		return text
	}
	return string([]rune(text)[:maxEcho]) + "…"
}

// pythonType names the type that Python's json module gives a value.
func pythonType(input []byte) string {
	if len(input) == 0 {
		return "NoneType"
	}
	switch input[0] {
	case '[':
		return "list"
	case '"':
		return "str"
	case 't', 'f':
		return "bool"
	}
	if bytes.ContainsAny(input, ".eE") {
		return "float"
	}
	return "int"
}
