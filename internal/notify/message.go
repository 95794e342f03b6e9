// Package notify takes messages to people: e-mail over SMTP, text messages by a
// webhook, and the local mailbox of development mode. A message is put into an outbox inside the unit
// of work that causes it and sent after that has committed, so that nothing is
// announced that did not happen and nothing that happened stays unannounced.
// What a message says is decided here, by its templates; whom to write to and
// when is decided by the callers. SQL and HTTP must not live here.
package notify

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/id"
)

// Channel is the way a message travels.
type Channel string

// The channels.
const (
	Email Channel = "email" // To is an address such as "ann@example.com"
	SMS   Channel = "sms"   // To is a phone number in E.164
)

// Message is one message to one person. Its content may hold codes and links
// that open an account: it never reaches a log or an error text, and is sealed
// wherever it is kept.
type Message struct {
	ID      id.UUID // given when the message is put into the outbox; zero before
	Channel Channel
	To      string
	Subject string // empty on SMS
	Text    string
	HTML    string    // the same content as Text; empty on SMS
	Codes   []string  // those that appear in Text
	Links   []string  // those that appear in Text
	SentAt  time.Time // when the unit of work that caused the message took place; zero before
}

func (m Message) String() string { return "notify.Message(" + m.ID.String() + ")" }

// GoString keeps the content out of %#v.
func (m Message) GoString() string { return m.String() }

// ErrNotAccepted means that a message could not be handed over: the address
// cannot be one, or the mail server refused it, could not be reached or did
// not answer in time. Nothing is kept of the message.
var ErrNotAccepted = fault.Define(fault.Unavailable, "notify.not_accepted", "the message could not be sent")

// maxAddressLength is the longest path that SMTP allows (RFC 5321, section
// 4.5.3.1.3), less its angle brackets.
const maxAddressLength = 254

// check refuses what would let a recipient or subject end a header line and
// begin another, and addresses that are no single plain address. Its errors
// name what is wrong, never the text itself.
func (m Message) check() error {
	if strings.ContainsFunc(m.Subject, unicode.IsControl) {
		return errors.New("notify: a subject with control characters")
	}
	if strings.ContainsFunc(m.To, unicode.IsControl) {
		return errors.New("notify: a recipient with control characters")
	}
	switch m.Channel {
	case Email:
		return CheckAddress(m.To)
	case SMS:
		if !claim.E164(m.To) {
			return errors.New("notify: a recipient that is not a phone number in E.164")
		}
		return nil
	default:
		return fmt.Errorf("notify: unknown channel %q", m.Channel)
	}
}

// CheckAddress tells whether mail can be addressed to the text: one plain
// address, without a name, comments or anything that SMTP would read as more.
func CheckAddress(address string) error {
	if len(address) <= maxAddressLength && !strings.ContainsAny(address, "<>(), ") {
		if parsed, err := mail.ParseAddress(address); err == nil && parsed.Address == address {
			return nil
		}
	}
	return errors.New("notify: a recipient that is not one plain mail address")
}
