// Package token signs and reads the JSON Web Tokens (RFC 7519) that some
// surfaces hand out: HS256 alone, under keys that belong to one surface and
// change by themselves. What a claim means, and whether the session behind a
// token still lives, is decided by the caller: a token alone proves no more than
// that Purse made it.
package token

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/secret"
)

const (
	// keyPeriod is how long one key signs. The key before it is still believed, so
	// no token may live longer than this.
	keyPeriod = 45 * 24 * time.Hour
	// skew is how far the clocks of two nodes may be apart.
	skew = time.Minute
	// longest bounds what is read at all, in bytes.
	longest = 4096
)

// Longest is the longest that a token may live.
const Longest = keyPeriod

var (
	// ErrInvalid is a text that is no token of this surface: malformed, signed by
	// another key or algorithm, not yet valid, or without a claim that it needs.
	ErrInvalid = fault.Define(fault.Unauthenticated, "token.invalid", "the token is not valid")
	// ErrExpired is a token that was good until its time was over.
	ErrExpired = fault.Define(fault.Unauthenticated, "token.expired", "the token has expired")
)

// Claims is what a token says. A surface adds to the names of RFC 7519
// ("exp", "iat", "nbf", "jti", "sub") those that its document prints.
type Claims map[string]any

// Text is a claim that is a string, or "".
func (c Claims) Text(name string) string {
	text, _ := c[name].(string)
	return text
}

// Int is a claim that is a whole number; ok is false when it is none.
func (c Claims) Int(name string) (value int64, ok bool) {
	number, isNumber := c[name].(json.Number)
	if !isNumber {
		return 0, false
	}
	value, err := number.Int64()
	return value, err == nil
}

// Signer signs and reads the tokens of one surface. It is safe for concurrent use.
type Signer struct {
	roots  []*secret.Root // the one to sign with first
	label  string
	clock  clock.Clock
	parser *jwt.Parser
}

// NewSigner makes a signer whose keys belong to surface alone, so that a token
// of one surface is worth nothing on another.
func NewSigner(root *secret.Root, surface string, clock clock.Clock) *Signer {
	return &Signer{roots: root.Each(), label: "token " + surface, clock: clock, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithJSONNumber(), jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(), // see inTime
	)}
}

// Sign makes a token of claims, issued now and good for lifetime, at most
// Longest. It sets "iat" and "exp".
func (s *Signer) Sign(claims Claims, lifetime time.Duration) (string, error) {
	now := s.clock.Now()
	all := jwt.MapClaims{}
	for name, value := range claims {
		if text, isText := value.(string); isText {
			value = ascii(text)
		}
		all[name] = value
	}
	all["iat"] = now.Unix()
	all["exp"] = now.Add(min(lifetime, Longest)).Unix()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, all)
	t.Header["kid"] = keyID(periodOf(now))
	signed, err := t.SignedString(s.key(periodOf(now)))
	if err != nil {
		return "", fault.ErrInternal.Because(err)
	}
	return signed, nil
}

// ascii is a text whose JSON has escapes for everything beyond ASCII: pages decode
// a token's payload with atob, which makes one character of each byte.
type ascii string

// MarshalJSON writes the text.
func (t ascii) MarshalJSON() ([]byte, error) {
	encoded, err := json.Marshal(string(t))
	if err != nil {
		return nil, err
	}
	var escaped []byte
	for _, c := range string(encoded) {
		switch {
		case c < utf8.RuneSelf:
			escaped = append(escaped, byte(c)) // #nosec G115 -- the case says that it is ASCII
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, c)
		}
	}
	return escaped, nil
}

// Read returns what a token says, or ErrInvalid or ErrExpired.
func (s *Signer) Read(text string) (Claims, error) {
	if len(text) > longest {
		return nil, ErrInvalid
	}
	claims := jwt.MapClaims{}
	if _, err := s.parser.ParseWithClaims(text, claims, s.keyOf); err != nil {
		return nil, ErrInvalid // without the cause, which may quote the token
	}
	return Claims(claims), Claims(claims).inTime(s.clock.Now())
}

// inTime judges the times of a token. The node that made it may be ahead by
// skew; its end is exact.
func (c Claims) inTime(now time.Time) error {
	for _, name := range [...]string{"iat", "nbf"} {
		if _, said := c[name]; !said {
			continue
		}
		if from, ok := c.Int(name); !ok || from > now.Add(skew).Unix() {
			return ErrInvalid
		}
	}
	end, ok := c.Int("exp")
	switch {
	case !ok:
		return ErrInvalid
	case now.Unix() >= end:
		return ErrExpired
	}
	return nil
}

// keyOf finds the key that a token names. Only headers that Purse writes are
// accepted, so that no token can bring its own key (RFC 8725, section 3.5).
func (s *Signer) keyOf(t *jwt.Token) (any, error) {
	for name := range t.Header {
		if name != "alg" && name != "typ" && name != "kid" {
			return nil, ErrInvalid
		}
	}
	kid, _ := t.Header["kid"].(string)
	now := s.clock.Now()
	for period := periodOf(now.Add(skew)); period >= periodOf(now)-1; period-- {
		if kid == keyID(period) {
			return s.keys(period), nil
		}
	}
	return nil, ErrInvalid
}

// periodOf numbers the time that one key signs.
func periodOf(now time.Time) int64 { return now.Unix() / int64(keyPeriod/time.Second) }

// keyID is what a token's header calls the key of a period.
func keyID(period int64) string { return strconv.FormatInt(period, 10) }

// key signs in a period.
func (s *Signer) key(period int64) []byte {
	return s.roots[0].Derive(s.label+" "+keyID(period), 32)
}

// keys are believed in a period: more than one while the root key is changed.
func (s *Signer) keys(period int64) (set jwt.VerificationKeySet) {
	for _, root := range s.roots {
		set.Keys = append(set.Keys, root.Derive(s.label+" "+keyID(period), 32))
	}
	return set
}
