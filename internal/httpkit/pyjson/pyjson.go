// Package pyjson words what is wrong with the syntax of a JSON text as Python's
// json module does, whose words reach the clients of FastAPI and of Django REST
// framework alike. It knows no dialect around them.
package pyjson

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"purse/internal/httpkit/bind"
)

// reasons are the messages of Python's json module (3.12); the last four are
// ours, for texts that it accepts or answers outside of JSONDecodeError.
var reasons = map[string]string{
	bind.ExpectingValue:       "Expecting value",
	bind.ExpectingName:        "Expecting property name enclosed in double quotes",
	bind.ExpectingColon:       "Expecting ':' delimiter",
	bind.ExpectingComma:       "Expecting ',' delimiter",
	bind.ExtraData:            "Extra data",
	bind.UnterminatedString:   "Unterminated string starting at",
	bind.ControlInString:      "Invalid control character at",
	bind.InvalidEscape:        `Invalid \escape`,
	bind.InvalidUnicodeEscape: `Invalid \uXXXX escape`,
	bind.LoneSurrogate:        `Invalid \uXXXX\uXXXX surrogate pair`,
	bind.InvalidUTF8:          "Invalid UTF-8",
	bind.DuplicateName:        "Duplicate property name",
	bind.TooDeep:              "Too deeply nested",
	bind.TooManyNames:         "Too many properties",
}

// Reason is the message for a syntax reason, the Detail of bind.Malformed.
func Reason(detail string) string { return reasons[detail] }

// Error is the whole text of Python's JSONDecodeError for a body: the message and
// the place, at characters, as line, column and character.
func Error(detail string, body []byte, at int) string {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	line, column := 1, 1
	for range at {
		c, size := utf8.DecodeRune(body)
		if size == 0 {
			break
		}
		body = body[size:]
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	return fmt.Sprintf("%s: line %d column %d (char %d)", reasons[detail], line, column, at)
}
