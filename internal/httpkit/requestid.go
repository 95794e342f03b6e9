package httpkit

import "math/rand/v2"

// newRequestID makes 16 hex digits. It need not be secret, only unlikely to
// repeat within a log's life.
func newRequestID() string {
	const digits = "0123456789abcdef"
	var text [16]byte
	n := rand.Uint64() // #nosec G404 -- no secret, see above
	for i := range text {
		text[i] = digits[n&15]
		n >>= 4
	}
	return string(text[:])
}

// isToken reports whether s has only letters, digits, '-', '_' and '.', which
// need no quoting in any log or header.
func isToken(s string) bool {
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' && b != '.' {
			return false
		}
	}
	return true
}
