package logging

import (
	"fmt"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// secretWords are the parts of an attribute's name that make its value secret.
var secretWords = [...]string{
	"authorization", "body", "card_number", "code", "cookie", "credential", "csrf", "cvv", "init_data", "key",
	"passw", "query", "secret", "session", "signature", "social", "ssn", "token", "url",
}

// plainNames are names that contain a secret word and are harmless: permanent
// error codes, status codes and the like.
var plainNames = map[string]bool{"error_code": true, "status_code": true, "key_id": true}

// redact is slog's ReplaceAttr: it hides values by their attribute's name, hides
// values whose type may carry a whole request, and masks card numbers in texts.
func redact(_ []string, a slog.Attr) slog.Attr {
	if isSecretName(a.Key) {
		return slog.String(a.Key, redacted)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, maskDigits(a.Value.String()))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case nil, slog.Level:
			return a
		case error:
			return slog.String(a.Key, maskDigits(v.Error()))
		case []string:
			return slog.String(a.Key, maskDigits(strings.Join(v, ",")))
		default:
			return slog.String(a.Key, fmt.Sprintf("[redacted %T]", v))
		}
	}
	return a
}

func isSecretName(name string) bool {
	lower := strings.ToLower(name)
	if plainNames[lower] {
		return false
	}
	if lower == "pan" { // part of too many words
		return true
	}
	for _, word := range secretWords {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// maskDigits replaces every run of 13 to 19 digits, the lengths of card numbers
// (ISO/IEC 7812-1), also when spaces or dashes group the digits.
func maskDigits(s string) string {
	var out strings.Builder
	kept := 0 // s[:kept] is in out
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			i++
			continue
		}
		digits, end := 0, i
		for j := i; j < len(s); j++ {
			if s[j] >= '0' && s[j] <= '9' {
				digits++
				end = j + 1
			} else if (s[j] != ' ' && s[j] != '-') || s[j-1] == ' ' || s[j-1] == '-' {
				break
			}
		}
		if digits >= 13 && digits <= 19 {
			out.WriteString(s[kept:i])
			out.WriteString(redacted)
			kept = end
		}
		i = end
	}
	if kept == 0 {
		return s
	}
	return out.String() + s[kept:]
}
