// Package surface is what the REST surfaces and the console share on top of httpkit
// and the services: who calls, from where, under which idempotency key, and what is
// read and written alike in every dialect. It has no route, no dialect and no rule
// of money.
package surface

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/ledger"
)

// maxUserAgent is how much of the User-Agent header is kept, in bytes.
const maxUserAgent = 255

// Client says where a request to a surface comes from. The program's own words
// are bounded: they are there to be recognised.
func Client(c *httpkit.Call, surface identity.Surface) identity.Client {
	address := ""
	if c.Address().IsValid() {
		address = c.Address().String()
	}
	return identity.Client{Surface: surface, Address: address, UserAgent: Bounded(c.Request().UserAgent(), maxUserAgent)}
}

// Bounded is text without invalid UTF-8, cut to at most most bytes between characters.
func Bounded(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// Caller is the person of a session, as httpkit keeps them for the call.
func Caller(session identity.Session) httpkit.Caller {
	return httpkit.Caller{UserID: int64(session.User), SessionID: session.ID, TwoFactor: session.Assurance >= identity.TwoFactors}
}

// User is the caller as identity knows them.
func User(c *httpkit.Call) identity.UserID { return identity.UserID(c.Caller().UserID) }

// Owner is the caller as the ledger knows them.
func Owner(c *httpkit.Call) ledger.OwnerID { return ledger.OwnerID(c.Caller().UserID) }

// Key is the caller's idempotency key for this operation, or nil.
func Key(c *httpkit.Call) *ledger.Key {
	value := c.IdempotencyKey()
	if value == "" {
		return nil
	}
	scope := "user " + strconv.FormatInt(c.Caller().UserID, 10) + " " + c.Route()
	return &ledger.Key{KeyName: ledger.KeyName{Scope: scope, Value: value}, Fingerprint: c.Fingerprint()}
}

// ItemKey is the caller's idempotency key for one of many things that a request
// asks for, which said tells; or nil. A key of the request is another, though it
// has the same text.
func ItemKey(c *httpkit.Call, value string, said ...string) *ledger.Key {
	if value == "" {
		return nil
	}
	var text []byte
	for _, one := range said {
		text = append(binary.BigEndian.AppendUint32(text, uint32(len(one))), one...) // #nosec G115 -- parts of a request of at most 1 MiB
	}
	scope := "user " + strconv.FormatInt(c.Caller().UserID, 10) + " " + c.Route() + " item"
	return &ledger.Key{KeyName: ledger.KeyName{Scope: scope, Value: value}, Fingerprint: sha256.Sum256(text)}
}

// ParseID reads an id as it stands in a path: decimal digits for 1 to 2^53 - 1.
func ParseID(text string) (id int64, ok bool) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0 && id < 1<<53
}

// OrNull is text for a JSON answer, or null for none.
func OrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Permissions is the one place that answers what a user may do.
type Permissions interface {
	// Require returns identity.ErrNoPermission unless the user may do something.
	Require(ctx context.Context, user identity.UserID, permission string) error
}

// Requiring is handle for those callers who have a permission.
func Requiring(people Permissions, permission string, handle func(*httpkit.Call) error) func(*httpkit.Call) error {
	return func(c *httpkit.Call) error {
		if err := people.Require(c.Context(), User(c), permission); err != nil {
			return err
		}
		return handle(c)
	}
}

// Bearer is the token of the header "Authorization: Bearer TOKEN" (RFC 6750),
// or "" when the header is missing, repeated or of another form.
func Bearer(c *httpkit.Call) string {
	values := c.Request().Header["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, found := strings.Cut(strings.TrimSpace(values[0]), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
