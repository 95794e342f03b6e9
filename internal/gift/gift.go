// Package gift is the rules of gift messages: a few words with money, from one
// person to another. What backs the money is the operator's choice (Funding):
// play money from a pledge, which fills the receiver's gift box, or real won
// from the sender's wallet into the receiver's. Balances are the ledger's.
//
// A message is its receiver's alone; to anyone else it does not exist.
package gift

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
)

// Funding is where the money of messages comes from.
type Funding string

// The fundings.
const (
	// Pledge is play money (money.Play) from the system's pledges: whoever writes
	// promises it, and nothing but the total is kept. It buys nothing.
	Pledge Funding = "pledge"
	// Wallet is real won, which the sender must have.
	Wallet Funding = "wallet"
)

// ParseFunding reads a setting.
func ParseFunding(text string) (Funding, error) {
	if f := Funding(text); f == Pledge || f == Wallet {
		return f, nil
	}
	return "", fmt.Errorf("gift: %q is neither %s nor %s", text, Pledge, Wallet)
}

// MaxAmount is the most that one message may bring, in whole units: a thousand
// times more than anybody gives, so that totals stay exact in every client.
const MaxAmount = 1_000_000_000

// PageSize is how many messages a page has.
const PageSize = 6

// bagImage is the amount on the image of a money bag, whatever is in it.
const bagImage = 99999

// notes are the amounts that go without a money bag, as there is an image of each.
var notes = []int64{100, 500, 1000, 5000, 10000, 50000, bagImage}

// Errors of gifts.
var (
	// ErrNoReceiver is a message to nobody, or to somebody who has left.
	ErrNoReceiver = fault.Define(fault.NotFound, "gift.no_receiver", "no such receiver")
	// ErrNoMessage is a message that does not exist or is another person's.
	ErrNoMessage = fault.Define(fault.NotFound, "gift.no_message", "no such message")
	// ErrNote is an amount that needs a money bag.
	ErrNote = fault.Define(fault.Refused, "gift.not_a_note", "there is no note of this amount: use a money bag")
	// ErrToSelf is real money from a person to themselves.
	ErrToSelf = fault.Define(fault.Refused, "gift.to_self", "money cannot be given to oneself")
	// ErrAmount is an amount that is not between 1 and MaxAmount; Fields names
	// "amount" with the reason "not_positive" or "too_large" (parameter "max").
	ErrAmount = fault.Define(fault.Invalid, "gift.amount", "the amount is out of range")
)

// MessageID names a message: positive, below 2^53; greater ones are newer.
type MessageID int64

// Message is one message with its money.
type Message struct {
	ID        MessageID
	Receiver  ledger.OwnerID
	Sender    ledger.OwnerID   // 0 once the sender has left
	Author    identity.Profile // of the sender, as it is now: Username and FirstName alone
	Text      string
	Amount    money.Amount // > 0, of money.Play or money.KRW
	Moneybag  bool
	Transfer  ledger.TransferID
	CreatedAt time.Time
}

// Image is the name of the image that shows the money.
func (m Message) Image() string {
	shown := m.Amount.Minor()
	if m.Moneybag {
		shown = bagImage
	}
	return "Money_" + strconv.FormatInt(shown, 10) + ".png"
}

// Box is what a person has been given, beside the ledger: kept with every
// message, so that nothing has to be added up.
type Box struct {
	Account  ledger.AccountID // of play money; 0 until some comes
	Messages int64            // how many there are
	Received money.Amount     // real won that came to a wallet with messages, since spent or not
}

// Tx is the rows of gifts.
type Tx interface {
	card.Tx
	// NextID gives the next number of a named sequence.
	NextID(sequence string) (int64, error)
	// InsertGiftMessage adds a message; its author is the sender's user.
	InsertGiftMessage(Message) error
	// GiftMessage reads a message by its receiver and id.
	GiftMessage(receiver ledger.OwnerID, id MessageID) (message Message, found bool, err error)
	// GiftMessages reads at most limit messages of a receiver, the newest first,
	// after skip newer ones.
	GiftMessages(receiver ledger.OwnerID, skip int64, limit int) ([]Message, error)
	// GiftBox reads a person's box, an empty one when there is none. An Update that
	// means to write it has read the owner's user, which keeps others away.
	GiftBox(owner ledger.OwnerID) (Box, error)
	// PutGiftBox writes a person's box.
	PutGiftBox(owner ledger.OwnerID, box Box) error
	// ForgetGifts removes a person's box and the messages to them, and makes those
	// from them nobody's.
	ForgetGifts(person ledger.OwnerID) error
	// MoveGifts gives the messages to and from one person to another, and removes
	// the first one's box.
	MoveGifts(from, to ledger.OwnerID) error
}

// checkAmount holds an amount, in whole units, to its range and the notes.
func checkAmount(amount int64, moneybag bool) error {
	switch {
	case amount <= 0:
		return ErrAmount.In(fault.Field{Name: "amount", Reason: "not_positive"})
	case amount > MaxAmount:
		return ErrAmount.In(fault.Field{Name: "amount", Reason: "too_large", Params: map[string]string{"max": strconv.Itoa(MaxAmount)}})
	case !moneybag && !slices.Contains(notes, amount):
		return ErrNote
	}
	return nil
}
