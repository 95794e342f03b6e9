// Package card is the rules of payment cards: making and deleting them, what is
// printed on them, paying from them and their history. A card is a ledger
// account with a sealed 16-digit number; its balance is the ledger's.
//
// A card that was deleted, or is another person's, does not exist to a caller.
package card

import (
	"fmt"
	"time"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
	"purse/internal/wallet"
)

// MaxCards is how many living cards a person may have. It keeps last four
// digits that differ easy to find among ten thousand.
const MaxCards = 1000

// validYears is how long a card is printed to be valid.
const validYears = 5

// Errors of cards.
var (
	// ErrUnknown is a card that does not exist, was deleted, or is not the caller's.
	ErrUnknown = fault.Define(fault.NotFound, "card.unknown", "no such card")
	// ErrTooMany is a new card beyond MaxCards.
	ErrTooMany = fault.Define(fault.Refused, "card.too_many", "the user has as many cards as one may have")
	// ErrSameNumber is a transfer to the account it comes from; Fields names "to_card_number".
	ErrSameNumber = fault.Define(fault.Invalid, "card.same_number", "the receiver is the sender")
)

// Expiry is the last month in which a card is valid. It is printed on the card
// and enters its CVV; payments do not look at it.
type Expiry struct {
	Year  int
	Month time.Month
}

// String is the form MM/YY.
func (e Expiry) String() string { return fmt.Sprintf("%02d/%02d", int(e.Month), e.Year%100) }

// Row is what a card is besides its ledger account, whose id it shares.
type Row struct {
	ID           ledger.AccountID
	Owner        ledger.OwnerID
	Wallet       ledger.AccountID // it was made under
	Currency     money.Currency
	SealedNumber []byte // bound to the id
	LastFour     string
	FirstName    string // of the holder, when it was made
	LastName     string
	Expiry       Expiry
	Opening      money.Amount // the balance that it was made with
	CreatedAt    time.Time
	DeletedAt    time.Time // zero while it lives
}

// Card is a card as its owner sees it. It prints as its name only.
type Card struct {
	ID        ledger.AccountID
	Wallet    ledger.AccountID
	Number    string
	LastFour  string
	FirstName string
	LastName  string
	Expiry    Expiry
	CVV       string
	Balance   money.Amount
}

func (Card) String() string   { return "card.Card" }
func (Card) GoString() string { return "card.Card" }

// Tx is the rows of cards.
type Tx interface {
	wallet.Tx
	statement.Tx
	ledger.Savepointer
	// User reads a user, or returns identity.ErrNoUser.
	User(identity.UserID) (identity.User, error)

	// InsertCard adds a card whose account exists.
	InsertCard(Row) error
	// Card reads a card, living or deleted; found is false when there is none.
	Card(id ledger.AccountID) (row Row, found bool, err error)
	// CardsOf lists an owner's living cards by id.
	CardsOf(owner ledger.OwnerID) ([]Row, error)
	// CardByLastFour reads the owner's living card whose number ends in these
	// digits; found is false when there is none.
	CardByLastFour(owner ledger.OwnerID, digits string) (row Row, found bool, err error)
	// DeleteCard records when a card was deleted.
	DeleteCard(id ledger.AccountID, at time.Time) error
	// ReassignCards gives an owner's cards, living and deleted, to another, none of
	// whose living cards has the last four digits of one of them.
	ReassignCards(from, to ledger.OwnerID) error
	// CardsAfter lists at most limit cards above after, living and deleted, by id.
	CardsAfter(after ledger.AccountID, limit int) ([]Row, error)
	// ResealCard replaces a card's sealed number, unless it is no longer from.
	ResealCard(id ledger.AccountID, from, to []byte) error
	// ForgetCards takes the holder's name off all cards of an owner, and records
	// when the living ones were deleted.
	ForgetCards(owner ledger.OwnerID, at time.Time) error
}

// Own is the ledger account of the owner's living card, or ErrUnknown.
func Own(tx ledger.Tx, owner ledger.OwnerID, id ledger.AccountID) (ledger.Account, error) {
	found, err := tx.Accounts([]ledger.AccountID{id})
	if err != nil {
		return ledger.Account{}, err
	}
	if len(found) == 0 || found[0].Owner != owner || found[0].Kind != ledger.Card || found[0].Status == ledger.Closed {
		return ledger.Account{}, ErrUnknown
	}
	return found[0], nil
}
