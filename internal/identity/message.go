package identity

import (
	"context"
	"time"
)

// MessageKind says what a message is about; its wording is not decided here.
type MessageKind string

// The messages that identity sends.
const (
	RegistrationCode MessageKind = "registration_code" // Code, Lifetime
	SignInCode       MessageKind = "sign_in_code"      // Code, Lifetime, Name
	ResetLink        MessageKind = "reset_link"        // Link, Lifetime, Name
	PasswordCode     MessageKind = "password_code"     // Code, Lifetime, Name
	PasswordChanged  MessageKind = "password_changed"  // Name
	Registered       MessageKind = "registered"        // nothing more
)

// Message is one message to one person. It does not print.
type Message struct {
	Kind     MessageKind
	To       string        // an e-mail address, or a phone number in E.164
	SMS      bool          // it goes to the phone
	Name     string        // the person's first name; empty when unknown
	Code     string        // empty when the kind has none
	Link     string        // empty when the kind has none
	Lifetime time.Duration // how long the code or link works
}

func (m Message) String() string { return "identity.Message(" + string(m.Kind) + ")" }

// GoString keeps the code and the link out of %#v.
func (m Message) GoString() string { return m.String() }

// Mailer sends a message before it returns. Deliver returns nil only when the
// message was accepted for delivery.
type Mailer interface {
	Deliver(ctx context.Context, message Message) error
}

// Outbox keeps a message inside the unit of work that causes it, to be sent
// after that has committed. Tx is the unit's whole set of rows; the outbox
// takes from it what it needs.
type Outbox interface {
	Enqueue(tx Tx, message Message) error
}
