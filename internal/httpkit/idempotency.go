package httpkit

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purse/internal/fault"
)

// maxKeyCharacters bounds an idempotency key (the documents' rule 7).
const maxKeyCharacters = 255

// idempotencyKey reads the optional Idempotency-Key header: a bare text, or a
// quoted string with \" and \\ (RFC 9651, section 3.3.3). Both forms of one key
// are the same key. No header gives the empty key.
func idempotencyKey(h http.Header) (string, error) {
	values := h["Idempotency-Key"]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", badKey("repeated")
	}
	key := strings.Trim(values[0], " \t")
	if strings.HasPrefix(key, `"`) {
		var ok bool
		if key, ok = unquoteKey(key); !ok {
			return "", badKey("malformed")
		}
	}
	if key == "" || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		return "", badKey("malformed")
	}
	if utf8.RuneCountInString(key) > maxKeyCharacters {
		return "", ErrIdempotencyKey.In(fault.Field{
			Name: "Idempotency-Key", Reason: "too_long", Params: map[string]string{"max": strconv.Itoa(maxKeyCharacters)},
		})
	}
	return key, nil
}

func badKey(reason string) error {
	return ErrIdempotencyKey.In(fault.Field{Name: "Idempotency-Key", Reason: reason})
}

// unquoteKey reads a quoted string that is the whole of s.
func unquoteKey(s string) (string, bool) {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return "", false
	}
	inside := s[1 : len(s)-1]
	if !strings.ContainsAny(inside, `\"`) {
		return inside, true
	}
	var out strings.Builder
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case '"':
			return "", false
		case '\\':
			i++
			if i == len(inside) || (inside[i] != '"' && inside[i] != '\\') {
				return "", false
			}
		}
		out.WriteByte(inside[i])
	}
	return out.String(), true
}
