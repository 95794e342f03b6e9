// Package claim keeps what only one subject may have: an e-mail, a phone
// number, a login, an account number. A claim is (kind, value) → subject, and
// the store makes it unique over the whole system. The package knows the kinds
// and the one form of each value; who the subject is (a user, a ledger account)
// and what owning the value allows is the caller's business.
package claim

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"purse/internal/fault"
	"purse/internal/mailaddr"
)

// Kind says what a value is. Values of different kinds never collide. The texts
// are stored: they never change.
type Kind string

const (
	// Email is an e-mail address, as FormEmail writes it; its subject is a user.
	Email Kind = "email"
	// Phone is a phone number, as FormPhone writes it; its subject is a user.
	Phone Kind = "phone"
	// Login is a login name, as FormLogin writes it; its subject is a user.
	Login Kind = "login"
	// Telegram is a Telegram id in decimal; its subject is a user.
	Telegram Kind = "telegram"
	// SocialSecurity is the keyed hash, in hexadecimal, of a social security
	// number as FormSocialSecurity writes it; its subject is a user. The number
	// itself is never a claim's value.
	SocialSecurity Kind = "social_security"
	// AccountNumber is a wallet's number, or the keyed hash of a card's; its
	// subject is a ledger account.
	AccountNumber Kind = "account_number"
	// Wallet is a person's id and a currency, as "7 USD": one wallet of each
	// currency. Its subject is a ledger account.
	Wallet Kind = "wallet"
)

// ErrTaken means that another subject, or the same one, has the value already.
var ErrTaken = fault.Define(fault.Conflict, "claim.taken", "the value is taken")

// Tx is the rows that claims need inside a unit of work.
type Tx interface {
	// Claim gives (kind, value) to subject. It returns ErrTaken when anyone has it.
	Claim(kind Kind, value string, subject int64) error
	// FindClaim tells who has (kind, value); found is false when nobody has.
	FindClaim(kind Kind, value string) (subject int64, found bool, err error)
	// FindClaims tells who has which of the values of a kind; those that nobody has
	// are left out.
	FindClaims(kind Kind, values []string) (subjects map[string]int64, err error)
	// ReleaseClaim frees (kind, value); it is no error when nobody has it.
	ReleaseClaim(kind Kind, value string) error
}

// FormEmail is the one form of an e-mail address: trimmed, NFC, lower case, and
// with the one form of its domain (mailaddr.Domain).
func FormEmail(text string) string {
	text = FormLogin(text)
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		return text[:at+1] + mailaddr.Domain(text[at+1:])
	}
	return text
}

// FormLogin is the one form of a login: trimmed, NFC, lower case.
func FormLogin(text string) string {
	return norm.NFC.String(strings.ToLower(norm.NFC.String(strings.TrimSpace(text))))
}

// plain is text without what looks like nothing or like something else: without
// compatibility forms such as full-width digits, and invisible characters; with
// "-" for every dash and " " for every space.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.Is(unicode.Cf, c):
			return -1
		case unicode.Is(unicode.Pd, c), c == '\u2212': // the minus sign
			return '-'
		case unicode.IsSpace(c):
			return ' '
		}
		return c
	}, norm.NFKC.String(text))
}

// FormPhone is the one form of a phone number: E.164 ("+" and 7 to 15 digits)
// for an international number written with "+" or "00" and any of the usual
// separators, the bare digits for a number without a country. Text that is not
// a phone number is accepted as it is, trimmed and in NFC: the bank's document
// prints such a sample.
func FormPhone(text string) string {
	text = norm.NFC.String(strings.TrimSpace(text))
	number := make([]byte, 0, len(text))
	for i, c := range []byte(strings.TrimSpace(plain(text))) {
		switch {
		case c >= '0' && c <= '9', c == '+' && i == 0:
			number = append(number, c)
		case c == ' ', c == '-', c == '.', c == '(', c == ')', c == '/':
		default:
			return text
		}
	}
	form := string(number)
	if rest, international := strings.CutPrefix(form, "00"); international {
		form = "+" + rest
	}
	if digits := len(strings.TrimPrefix(form, "+")); digits < 7 || digits > 15 {
		return text
	}
	return form
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// E164 reports whether text is an international phone number in its one form.
func E164(text string) bool { return e164.MatchString(text) }

// FormSocialSecurity is the one form of a social security number: upper case,
// without spaces, dashes, dots and underscores, which people write as they like,
// invisible characters and compatibility forms such as full-width digits.
func FormSocialSecurity(text string) string {
	text = strings.TrimSpace(plain(norm.NFKC.String(strings.ToUpper(plain(text)))))
	bare := norm.NFKC.String(strings.NewReplacer(" ", "", "-", "", ".", "", "_", "").Replace(text))
	if bare == "" {
		return text
	}
	return bare
}
