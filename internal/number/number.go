// Package number is account numbers: their forms, how new ones are made, and
// the directory that finds the ledger account behind any number in the system.
// A number belongs to one account for ever, so what the directory has found
// once it remembers; only the account's owner may change.
//
// What must not be here: who may use an account, and the numbers' text at rest
// (the products that show a number keep it).
package number

import (
	"strings"

	"purse/internal/fault"
	"purse/internal/secret"
)

// Lengths of the numbers, in digits.
const (
	WalletDigits = 10
	CardDigits   = 16
)

// ErrUnknown is a number that no account has, or text that is no number.
var ErrUnknown = fault.Define(fault.NotFound, "number.unknown", "no account has this number")

// Wallet makes a random wallet number: 10 digits, the first one not zero.
func Wallet() string {
	return secret.Code("123456789", 1) + secret.Code(secret.Digits, WalletDigits-1)
}

// Card makes a random card number: 16 digits from an issuer range that no
// network uses (first digit 9), the last one the Luhn check digit (ISO/IEC 7812-1).
func Card() string {
	body := "9" + secret.Code(secret.Digits, CardDigits-2)
	return body + string(checkDigit(body))
}

// Parse reads a number as a person types it: its digits, perhaps in groups
// separated by single spaces or hyphens. ok is false for text that is not the
// form of any number, which is the same to callers as a number nobody has.
func Parse(text string) (number string, ok bool) {
	if len(text) > 2*CardDigits {
		return "", false
	}
	digits := make([]byte, 0, CardDigits)
	separated := true // no separator at the beginning, nor two in a row
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9':
			digits, separated = append(digits, c), false
		case (c == ' ' || c == '-') && !separated:
			separated = true
		default:
			return "", false
		}
	}
	number = string(digits)
	wallet := len(number) == WalletDigits && number[0] != '0'
	card := len(number) == CardDigits && Luhn(number)
	if separated || !wallet && !card {
		return "", false
	}
	return number, true
}

// Luhn reports whether a text of digits ends in its check digit.
func Luhn(number string) bool {
	last := len(number) - 1
	if last < 1 {
		return false
	}
	for _, c := range []byte(number) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return checkDigit(number[:last]) == number[last]
}

// checkDigit is the Luhn digit that follows body.
func checkDigit(body string) byte {
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 { // every second digit, counted from the check digit
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

// Masked hides a number but for its last four digits.
func Masked(number string) string {
	b := []byte(number)
	for i := range max(len(b)-4, 0) {
		b[i] = '*'
	}
	return string(b)
}

// MaskedCard is a masked card number from its last four digits.
func MaskedCard(lastFour string) string { return Masked(strings.Repeat("*", CardDigits-4) + lastFour) }
