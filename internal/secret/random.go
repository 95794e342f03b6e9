package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// Alphabets for Code.
const (
	// Digits are the ten decimal digits.
	Digits = "0123456789"
	// Alphanumeric are the digits and the letters, small and capital.
	Alphanumeric = Digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// Unambiguous are capital letters and digits without those that people
	// confuse when they copy them (0 and O, 1 and I and L).
	Unambiguous = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
)

// TokenBytes is the length of a token that Token makes: 256 random bits.
const TokenBytes = 32

// Bytes gives n random bytes from the system's source, which never fails (the
// program ends instead).
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Token makes an opaque token of 256 random bits: 43 characters that are safe
// in a URL, a header and a cookie.
func Token() string { return base64.RawURLEncoding.EncodeToString(Bytes(TokenBytes)) }

// HexToken makes an opaque token of 256 random bits as 64 hexadecimal digits in
// lower case, the form that one of the surfaces prints.
func HexToken() string { return hex.EncodeToString(Bytes(TokenBytes)) }

// Code makes n characters of alphabet (2 to 256 ASCII characters), each equally
// likely: bytes that would favour some characters are thrown away.
func Code(alphabet string, n int) string {
	size := len(alphabet)
	if size < 2 || size > 256 {
		panic("secret: an alphabet has 2 to 256 characters")
	}
	fair := 256 - 256%size
	code := make([]byte, 0, n)
	for len(code) < n {
		for _, b := range Bytes(n + n/2) {
			if int(b) < fair && len(code) < n {
				code = append(code, alphabet[int(b)%size])
			}
		}
	}
	return string(code)
}
