// Package mailaddr holds the syntax of e-mail addresses that Purse accepts, and
// the permanent reasons for which it refuses others. It neither sends mail nor
// asks whether an address exists, and it has no wording: callers have theirs.
// Who may own an address, and that its case does not matter, is claim's.
package mailaddr

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Reason says why a text is no address. The texts are permanent.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	NoAt           Reason = "no_at"            // no @-sign
	DisplayName    Reason = "display_name"     // "Name <address>"
	NothingBefore  Reason = "nothing_before"   // the @-sign comes first
	NothingAfter   Reason = "nothing_after"    // the @-sign comes last
	LocalTooLong   Reason = "local_too_long"   // more than 64 characters before the @-sign; Excess
	LocalCharacter Reason = "local_character"  // Characters before the @-sign
	LocalFirstDot  Reason = "local_first_dot"  // begins with a period
	LocalLastDot   Reason = "local_last_dot"   // a period right before the @-sign
	TwoDots        Reason = "two_dots"         // two periods in a row
	DomainChar     Reason = "domain_character" // Characters after the @-sign
	DomainFirstDot Reason = "domain_first_dot" // a period right after the @-sign
	DomainLastDot  Reason = "domain_last_dot"  // ends with a period
	FirstHyphen    Reason = "first_hyphen"     // a hyphen right after the @-sign
	LastHyphen     Reason = "last_hyphen"      // ends with a hyphen
	DotHyphen      Reason = "dot_hyphen"       // a period and a hyphen side by side after the @-sign
	LabelTooLong   Reason = "label_too_long"   // more than 63 bytes between periods; Excess
	DomainTooLong  Reason = "domain_too_long"  // more than 253 bytes after the @-sign; Excess
	NoDot          Reason = "no_dot"           // no period after the @-sign
	TopLevel       Reason = "top_level"        // the last part does not end with a letter
	TooLong        Reason = "too_long"         // more than 254 bytes in all; Excess
)

// Limits of RFC 5321 (section 4.5.3.1) and RFC 1035 (section 2.3.1), and the
// length that RFC 5321's path of 256 leaves for an address.
const (
	maxAddressBytes    = 254
	maxLocalCharacters = 64
	maxDomainBytes     = 253
	maxLabelBytes      = 63
)

// Error is a refused text. Its own text never holds the address.
type Error struct {
	Reason     Reason
	Characters []rune // sorted, each once
	Excess     int    // characters or bytes beyond the limit
}

func (e *Error) Error() string { return "not an e-mail address: " + string(e.Reason) }

// ReasonOf is the reason in an error of Parse, or "".
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// Domain is the one form of what follows the @-sign: lower case, and without
// compatibility forms (UTS 46 maps full-width letters and the like to the letters
// that a domain really has).
func Domain(text string) string {
	return norm.NFKC.String(strings.ToLower(norm.NFKC.String(text)))
}

// Parse returns the address in text: without white space around it, in NFC, with
// the one form of its domain. It accepts dot-atoms (RFC 5322, section 3.2.3) and
// their international form (RFC 6531), and a domain with at least one period.
// Quoted local parts, comments, address literals and display names are refused.
// The error is an *Error.
func Parse(text string) (string, error) {
	text = norm.NFC.String(strings.TrimSpace(text))
	if len(text) > 4*maxAddressBytes { // far too long to say more about it
		return "", &Error{Reason: TooLong, Excess: len(text) - maxAddressBytes}
	}
	local, domain, found := strings.Cut(text, "@")
	switch {
	case !found:
		return "", &Error{Reason: NoAt}
	case strings.Contains(local, "<") && strings.HasSuffix(domain, ">"):
		return "", &Error{Reason: DisplayName}
	case local == "":
		return "", &Error{Reason: NothingBefore}
	case domain == "":
		return "", &Error{Reason: NothingAfter}
	}
	if err := checkLocal(local); err != nil {
		return "", err
	}
	domain = Domain(domain)
	if err := checkDomain(domain); err != nil {
		return "", err
	}
	address := local + "@" + domain
	if excess := len(address) - maxAddressBytes; excess > 0 {
		return "", &Error{Reason: TooLong, Excess: excess}
	}
	return address, nil
}

func checkLocal(local string) error {
	if excess := utf8.RuneCountInString(local) - maxLocalCharacters; excess > 0 {
		return &Error{Reason: LocalTooLong, Excess: excess}
	}
	if bad := others(local, isLocal); len(bad) > 0 {
		return &Error{Reason: LocalCharacter, Characters: bad}
	}
	switch {
	case strings.HasSuffix(local, "."):
		return &Error{Reason: LocalLastDot}
	case strings.HasPrefix(local, "."):
		return &Error{Reason: LocalFirstDot}
	case strings.Contains(local, ".."):
		return &Error{Reason: TwoDots}
	}
	return nil
}

func checkDomain(domain string) error {
	if bad := others(domain, isDomain); len(bad) > 0 {
		return &Error{Reason: DomainChar, Characters: bad}
	}
	switch {
	case strings.HasSuffix(domain, "."):
		return &Error{Reason: DomainLastDot}
	case strings.HasPrefix(domain, "."):
		return &Error{Reason: DomainFirstDot}
	case strings.Contains(domain, ".."):
		return &Error{Reason: TwoDots}
	case strings.HasSuffix(domain, "-"):
		return &Error{Reason: LastHyphen}
	case strings.HasPrefix(domain, "-"):
		return &Error{Reason: FirstHyphen}
	case strings.Contains(domain, ".-"), strings.Contains(domain, "-."):
		return &Error{Reason: DotHyphen}
	}
	if excess := len(domain) - maxDomainBytes; excess > 0 {
		return &Error{Reason: DomainTooLong, Excess: excess}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if excess := len(label) - maxLabelBytes; excess > 0 {
			return &Error{Reason: LabelTooLong, Excess: excess}
		}
	}
	if !strings.Contains(domain, ".") {
		return &Error{Reason: NoDot}
	}
	if last, _ := utf8.DecodeLastRuneInString(domain); !unicode.IsLetter(last) && !unicode.IsMark(last) {
		return &Error{Reason: TopLevel}
	}
	return nil
}

// isLocal reports whether c may stand in a dot-atom or is its period. Beyond
// ASCII everything visible may; spaces, controls, invisible and unassigned
// characters make addresses that are not what they look like.
func isLocal(c rune) bool {
	if c < utf8.RuneSelf {
		return isAlphanumeric(c) || strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", c)
	}
	return unicode.IsGraphic(c) && !unicode.IsSpace(c) && c != utf8.RuneError
}

// isDomain reports whether c may stand in a domain name or is its period.
func isDomain(c rune) bool {
	if c < utf8.RuneSelf {
		return isAlphanumeric(c) || c == '.' || c == '-'
	}
	return unicode.IsLetter(c) || unicode.IsMark(c) || unicode.IsDigit(c)
}

func isAlphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// others lists the characters of text that are not allowed.
func others(text string, allowed func(rune) bool) []rune {
	var bad []rune
	for _, c := range text {
		if !allowed(c) {
			bad = append(bad, c)
		}
	}
	slices.Sort(bad)
	return slices.Compact(bad)
}
