// Package pydantic renders violations as FastAPI and Pydantic v2 do: the
// {"detail": [...]} body of a 422 answer, in their types and wording. It knows
// no endpoint and writes no HTTP. What Pydantic has no error for is a
// value_error, as a validator of one's own would raise it.
package pydantic

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/pyjson"
)

// maxEchoBytes bounds each echoed input. A body of 1 MiB that misses twelve
// fields would otherwise be answered with twelve copies of itself.
const maxEchoBytes = 4 << 10

// item is one entry of the detail list.
type item struct {
	Type  string          `json:"type"`
	Loc   []any           `json:"loc"`
	Msg   string          `json:"msg"`
	Input json.RawMessage `json:"input"`
	Ctx   map[string]any  `json:"ctx,omitempty"`
}

// Body is the body of the 422 answer to an error of kind Invalid: its
// violations (bind.ErrInput), or else its fields. Like Pydantic it echoes what
// the caller sent, secrets too: it goes to the caller and nowhere else.
func Body(err error) []byte {
	violations, ok := bind.Of(err)
	if !ok {
		violations, _ = bind.Of((*bind.Input)(nil).Explain(err))
	}
	detail := make([]item, 0, len(violations))
	for i := range violations {
		detail = append(detail, render(&violations[i]))
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{"detail": detail}); err != nil {
		return []byte(`{"detail":[]}`) // every item is text and checked JSON: not reached
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}

func render(v *bind.Violation) item {
	it := wording(v)
	it.Loc = []any{string(v.In)}
	if v.List != "" {
		it.Loc = append(it.Loc, v.List, v.Index)
	}
	switch {
	case v.Kind == bind.Malformed:
		it.Loc = append(it.Loc, v.Limit)
		it.Input = json.RawMessage("{}")
		return it
	case v.In == bind.Header:
		it.Loc = append(it.Loc, strings.ToLower(v.Name))
	case v.Name != "":
		it.Loc = append(it.Loc, v.Name)
	}
	it.Input = echo(v.Input)
	return it
}

// echo is the input if it is short; of a longer string the beginning, of
// another value nothing but its type.
func echo(input []byte) json.RawMessage {
	if len(input) <= maxEchoBytes {
		return input
	}
	switch input[0] {
	case '{':
		return json.RawMessage("{}")
	case '[':
		return json.RawMessage("[]")
	case '"':
		return json.RawMessage(cut(input))
	}
	return nil
}

// cut ends a long JSON string early, between two characters or escapes.
func cut(quoted []byte) []byte {
	end := 1
	for end < maxEchoBytes {
		_, size := utf8.DecodeRune(quoted[end:])
		if quoted[end] == '\\' {
			size = 2
			if quoted[end+1] == 'u' {
				size = len(`\ud83d\ude00`) // maybe a pair, which must not be parted
				if end+size > len(quoted) || quoted[end+6] != '\\' || quoted[end+7] != 'u' {
					size = len(`\u0041`)
				}
			}
		}
		end += size
	}
	return append(bytes.Clone(quoted[:end]), '"')
}

// valueError is what a validator of one's own raises.
func valueError(text string) item {
	return item{Type: "value_error", Msg: "Value error, " + text, Ctx: map[string]any{"error": struct{}{}}}
}

// plain are the kinds whose wording has no parameter.
var plain = map[bind.Kind]item{
	bind.NotObject:     {Type: "model_attributes_type", Msg: "Input should be a valid dictionary or object to extract fields from"},
	bind.Missing:       {Type: "missing", Msg: "Field required"},
	bind.NotString:     {Type: "string_type", Msg: "Input should be a valid string"},
	bind.ControlChar:   valueError("control characters are not allowed"),
	bind.TooLarge:      valueError("the body is larger than 1 MiB"),
	bind.NotNumber:     {Type: "float_type", Msg: "Input should be a valid number"},
	bind.NumberText:    {Type: "float_parsing", Msg: "Input should be a valid number, unable to parse string as a number"},
	bind.OutOfRange:    {Type: "finite_number", Msg: "Input should be a finite number"},
	bind.NotInteger:    {Type: "int_type", Msg: "Input should be a valid integer"},
	bind.IntegerText:   {Type: "int_parsing", Msg: "Input should be a valid integer, unable to parse string as an integer"},
	bind.Fractional:    {Type: "int_from_float", Msg: "Input should be a valid integer, got a number with a fractional part"},
	bind.IntegerTooBig: {Type: "int_parsing_size", Msg: "Unable to parse input string as an integer, exceeded maximum size"},
	bind.NotBoolean:    {Type: "bool_type", Msg: "Input should be a valid boolean"},
	bind.BooleanText:   {Type: "bool_parsing", Msg: "Input should be a valid boolean, unable to interpret input"},
	bind.NotList:       {Type: "list_type", Msg: "Input should be a valid list"},
	bind.NotDate:       {Type: "date_type", Msg: "Input should be a valid date"},
	bind.DateWithTime:  {Type: "date_from_datetime_inexact", Msg: "Datetimes provided to dates should have zero time - e.g. be exact dates"},
	bind.NotDateTime:   {Type: "datetime_type", Msg: "Input should be a valid datetime"},
}

func wording(v *bind.Violation) item {
	switch v.Kind {
	case bind.Malformed:
		return item{Type: "json_invalid", Msg: "JSON decode error", Ctx: map[string]any{"error": pyjson.Reason(v.Detail)}}
	case bind.TooShort:
		return limited("string_too_short", "String should have at least", "character", "min_length", v.Limit)
	case bind.TooLong:
		return limited("string_too_long", "String should have at most", "character", "max_length", v.Limit)
	case bind.TooPrecise:
		return limited("decimal_max_places", "Decimal input should have no more than", "decimal place", "decimal_places", v.Limit)
	case bind.NoItems:
		return counted("too_short", "List should have at least 1 item after validation, not 0", "min_length", 1, "0")
	case bind.TooMany:
		msg := "List should have at most " + strconv.Itoa(v.Limit) + " items after validation, not " + v.Detail
		return counted("too_long", msg, "max_length", v.Limit, v.Detail)
	case bind.Mismatch:
		return item{Type: "string_pattern_mismatch", Msg: "String should match pattern '" + v.Detail + "'", Ctx: map[string]any{"pattern": v.Detail}}
	case bind.NotPositive:
		bound := json.Number("0.0")
		if v.Detail == bind.PositiveInteger {
			bound = "0"
		}
		return item{Type: "greater_than", Msg: "Input should be greater than 0", Ctx: map[string]any{"gt": bound}}
	case bind.InvalidEmail:
		reason := emailReason(v.Cause)
		return item{Type: "value_error", Msg: "value is not a valid email address: " + reason, Ctx: map[string]any{"reason": reason}}
	case bind.DateText:
		return dated("date_from_datetime_parsing", "Input should be a valid date or datetime, ", v.Detail)
	case bind.DateTimeText:
		return dated("datetime_from_date_parsing", "Input should be a valid datetime or date, ", v.Detail)
	case bind.Refused:
		var cause *fault.Error
		if errors.As(v.Cause, &cause) {
			return valueError(cause.Text)
		}
	}
	return plain[v.Kind]
}

func limited(kind, msg, noun, param string, limit int) item {
	if limit != 1 {
		noun += "s"
	}
	return item{Type: kind, Msg: msg + " " + strconv.Itoa(limit) + " " + noun, Ctx: map[string]any{param: limit}}
}

func counted(kind, msg, param string, limit int, actual string) item {
	return item{Type: kind, Msg: msg, Ctx: map[string]any{"field_type": "List", param: limit, "actual_length": json.Number(actual)}}
}

func dated(kind, msg, reason string) item {
	text := dateReasons[reason]
	return item{Type: kind, Msg: msg + text, Ctx: map[string]any{"error": text}}
}
