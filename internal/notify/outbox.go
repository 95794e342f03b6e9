package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"purse/internal/claim"
	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/secret"
	"purse/internal/unit"
)

// Transport hands a message over to whoever takes it further. Send returns nil
// when the message was accepted; an error that wraps ErrPermanent says that
// trying again is of no use. Its errors hold nothing of the message.
type Transport interface {
	Send(ctx context.Context, m Message) error
}

// ErrPermanent marks a transport's refusal that will not change.
var ErrPermanent = errors.New("refused for good")

// State says how far a message in the outbox has come.
type State string

// The states of a message.
const (
	Queued State = "queued" // it waits for its DueAt
	Sent   State = "sent"
	Failed State = "failed" // given up; its content is gone unless it is kept
)

// Row is a message as the outbox keeps it.
type Row struct {
	ID        id.UUID
	Recipient [32]byte // keyed hash of the normalized recipient
	Sealed    []byte   // the content
	State     State
	Kept      bool // the mailbox shows it, and it outlives its sending
	Attempts  int
	DueAt     time.Time // when it may be sent; while a node is at it, when that node's lease ends
}

// Tx is what notify needs of a unit of work.
type Tx interface {
	Now() time.Time
	// InsertOutbox adds a message.
	InsertOutbox(row Row) error
	// ClaimOutbox leases up to limit queued messages that are due, the longest
	// due first: it counts an attempt of each, moves its DueAt to until and
	// notes the owner, who alone may then settle it. Two claims never get the
	// same message before its lease has ended.
	ClaimOutbox(owner string, until time.Time, limit int) ([]Row, error)
	// OutboxSent removes a message, or marks it when it is kept. This and the
	// next two do nothing when owner no longer holds the message.
	OutboxSent(message id.UUID, owner string) error
	// OutboxRetry makes a message due again at a time.
	OutboxRetry(message id.UUID, owner string, at time.Time) error
	// OutboxFailed gives a message up and, unless it is kept, removes its content.
	OutboxFailed(message id.UUID, owner string) error
	// DropFailedOutbox removes messages that were given up, are not kept and
	// were last due before a time.
	DropFailedOutbox(before time.Time) error
	// DropOutbox removes all messages to a recipient, whatever their state.
	DropOutbox(recipient [32]byte) error
	// OutboxAfter lists at most limit messages above after that have their content,
	// by id.
	OutboxAfter(after id.UUID, limit int) ([]Row, error)
	// ResealOutbox replaces a message's content, unless it is no longer from.
	ResealOutbox(message id.UUID, from, to []byte) error
	// Mailbox lists up to limit kept messages, newest first: those of one
	// recipient, or all when recipient is nil.
	Mailbox(recipient *[32]byte, limit int) ([]Row, error)
	// ClearMailbox keeps no message any longer; what waits is still sent.
	ClearMailbox() error
}

// KeptKey is the key that outlives the root key: a message that was sent says no
// more to whom, and yet must be found when that person is erased.
const KeptKey = "outbox recipient"

// Config says what an outbox works with.
type Config struct {
	Store      unit.Work[Tx]
	Root       *secret.Root
	Clock      clock.Clock
	Log        *slog.Logger
	Transports map[Channel]Transport // a channel without one goes to the mailbox alone
	Keep       bool                  // development mode: messages stay in the mailbox
}

// deliverTimeout bounds how long a caller of Deliver waits.
const deliverTimeout = 10 * time.Second

// Outbox takes messages in. It is safe for concurrent use.
type Outbox struct {
	config Config
	sealer *secret.Sealer
	hasher *secret.Hasher
	ids    id.Source
	wake   chan struct{} // capacity 1: something may wait to be sent
}

// New makes an outbox. Messages leave it only while a Sender runs.
func New(config Config) *Outbox {
	return &Outbox{
		config: config,
		sealer: config.Root.Sealer("outbox"),
		hasher: config.Root.Kept(KeptKey),
		wake:   make(chan struct{}, 1),
	}
}

// Enqueue puts a message into the outbox inside a unit of work: it is sent
// after the unit has committed, and never if the unit is undone. An address
// that cannot be one is ErrNotAccepted.
func (o *Outbox) Enqueue(tx Tx, m Message) error {
	if err := o.check(m); err != nil {
		return err
	}
	state := Queued
	if o.config.Transports[m.Channel] == nil { // the mailbox is where it goes
		state = Sent
	}
	m.ID, m.SentAt = o.ids.New(tx.Now()), tx.Now()
	if err := o.insert(tx, m, state); err != nil {
		return err
	}
	if state == Queued {
		// The sender's claim is a unit of work of its own, which a single
		// writer runs after this one; elsewhere the sender's poll finds it.
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// Forget removes all messages to an address or phone number, inside the unit of
// work that erases whose it is. One that is on its way at this moment may still
// arrive.
func (o *Outbox) Forget(tx Tx, to string) error { return tx.DropOutbox(o.recipient(to)) }

// Deliver hands a message over and waits until it is accepted, at most ten
// seconds; otherwise it returns ErrNotAccepted and nothing is kept. It must not
// be called inside a unit of work.
func (o *Outbox) Deliver(ctx context.Context, m Message) error {
	if err := o.check(m); err != nil {
		return err
	}
	m.SentAt = o.config.Clock.Now()
	m.ID = o.ids.New(m.SentAt)
	if transport := o.config.Transports[m.Channel]; transport != nil {
		ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
		defer cancel()
		if err := transport.Send(ctx, m); err != nil {
			return ErrNotAccepted.Because(err)
		}
	}
	if !o.config.Keep {
		return nil
	}
	// It has been accepted: that the caller has left must not lose it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverTimeout)
	defer cancel()
	err := o.config.Store.Update(ctx, func(tx Tx) error { return o.insert(tx, m, Sent) })
	if err != nil {
		return fmt.Errorf("notify: keeping a delivered message: %w", err)
	}
	return nil
}

func (o *Outbox) check(m Message) error {
	if err := m.check(); err != nil {
		return ErrNotAccepted.Because(err)
	}
	if o.config.Transports[m.Channel] == nil && !o.config.Keep {
		return fault.ErrInternal.Because(fmt.Errorf("notify: no transport for channel %q", m.Channel))
	}
	return nil
}

func (o *Outbox) insert(tx Tx, m Message, state State) error {
	sealed, err := o.seal(m)
	if err != nil {
		return err
	}
	row := Row{ID: m.ID, Recipient: o.recipient(m.To), Sealed: sealed, State: state, Kept: o.config.Keep, DueAt: tx.Now()}
	if err := tx.InsertOutbox(row); err != nil {
		return fmt.Errorf("notify: putting a message into the outbox: %w", err)
	}
	return nil
}

// content is the form in which a message is sealed.
type content struct {
	Channel Channel   `json:"channel"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Codes   []string  `json:"codes"`
	Links   []string  `json:"links"`
	SentAt  time.Time `json:"sent_at"`
}

func (o *Outbox) seal(m Message) ([]byte, error) {
	plain, err := json.Marshal(content{m.Channel, m.To, m.Subject, m.Text, m.HTML, m.Codes, m.Links, m.SentAt})
	if err != nil {
		return nil, fmt.Errorf("notify: encoding a message: %w", err)
	}
	return o.sealer.Seal(plain, m.ID[:]), nil
}

func (o *Outbox) open(row Row) (Message, error) {
	plain, err := o.sealer.Open(row.Sealed, row.ID[:])
	if err != nil {
		return Message{}, fmt.Errorf("notify: opening message %s: %w", row.ID, err)
	}
	var c content
	if err := json.Unmarshal(plain, &c); err != nil {
		return Message{}, fmt.Errorf("notify: decoding message %s", row.ID) // the decoder's error may quote it
	}
	return Message{row.ID, c.Channel, c.To, c.Subject, c.Text, c.HTML, c.Codes, c.Links, c.SentAt}, nil
}

// recipient is what the mailbox finds a recipient's messages by. A plus sign
// that a query string has turned into a space is put back.
func (o *Outbox) recipient(to string) [32]byte {
	to = strings.ToLower(strings.TrimSpace(to))
	if claim.E164("+" + to) {
		to = "+" + to
	}
	return o.hasher.Sum(to)
}
