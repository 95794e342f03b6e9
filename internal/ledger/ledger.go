// Package ledger is the double-entry book: accounts, transfers made of
// postings, the entries that postings leave behind, holds, and idempotency
// keys. It holds the invariants of money, and nothing else in Purse writes a
// balance.
//
// What must not be here: who may move money (products and surfaces decide),
// what a transfer means to a person, SQL, and HTTP.
package ledger

import (
	"time"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/money"
)

// AccountID names an account; ids are positive and below 2^53.
type AccountID int64

// EntryID names an entry. It is the cursor of a history.
type EntryID int64

// OwnerID names the user who owns an account; 0 is the system.
type OwnerID int64

// TransferID names a transfer: a UUID of version 7, given under the locks, so
// that ids order as transfers do.
type TransferID = id.UUID

// AccountKind says what an account is for.
type AccountKind string

// Kinds that people own.
const (
	Wallet  AccountKind = "wallet"
	Card    AccountKind = "card"
	Savings AccountKind = "savings"
	Gift    AccountKind = "gift"
)

// Kinds that the system owns, one account for each currency.
const (
	CashIn     AccountKind = "cash_in"
	CashOut    AccountKind = "cash_out"
	Fees       AccountKind = "fees"
	Exchange   AccountKind = "fx"
	Promotions AccountKind = "promotions"
	Pledges    AccountKind = "pledges"
	Bills      AccountKind = "bills"
)

// Status says whether money may move on an account.
type Status string

// The states of an account. Money moves on an open one. None leaves a blocked
// one, and it comes in by requests alone that settle what the account owes.
const (
	Open    Status = "open"
	Blocked Status = "blocked"
	Frozen  Status = "frozen"
	Closed  Status = "closed"
)

// Account is one account as it stands. A customer's available balance never
// goes below zero; the system's accounts may (they show what came in and out).
type Account struct {
	ID        AccountID
	Owner     OwnerID
	Kind      AccountKind
	Currency  money.Currency
	Balance   money.Amount
	Held      money.Amount // promised to holds, never negative
	Status    Status
	CreatedAt time.Time

	Entries   int64   // how many entries the account has; the newest one's Seq
	LastEntry EntryID // the newest entry, 0 when there is none
	LastHash  Hash    // the newest entry's hash, zeros when there is none
}

// Available is what may be spent: the balance without what is held.
func (a Account) Available() money.Amount {
	available, err := a.Balance.Sub(a.Held)
	if err != nil { // balance ≥ held ≥ 0 on every customer account, and system accounts hold nothing
		return money.New(0, a.Currency)
	}
	return available
}

// hasFloor reports whether the available balance must stay at or above zero.
func (a Account) hasFloor() bool { return a.Owner != 0 }

// Posting moves one amount from one account to another of the same currency.
type Posting struct {
	From, To AccountID
	Amount   money.Amount // > 0
}

// TransferKind says what a transfer was for; products name theirs.
type TransferKind string

// Reversal is the kind of a transfer that takes another one back.
const Reversal TransferKind = "reversal"

// Request asks for one transfer.
type Request struct {
	Kind     TransferKind
	Postings []Posting
	Actor    OwnerID // who asked, 0 for the system
	Meta     string  // a JSON object that the product keeps with the transfer, or ""
	Key      *Key    // makes the request idempotent, or nil
	Settles  bool    // whoever asks sees to what a blocked receiver owes, in the same unit of work
	Refusal  error   // why whoever asks refuses it already, or nil: under its key it may have been made before
	reverses TransferID
}

// Transfer is what happened: all of its postings or none, and never changed
// afterwards. A correction is another transfer that names it.
type Transfer struct {
	ID       TransferID
	Kind     TransferKind
	Actor    OwnerID
	Meta     string
	At       time.Time
	Reverses TransferID // zero unless this takes another transfer back
	Entries  []Entry    // two for each posting: the debit, then the credit
}

// BalanceAfter is the balance that the transfer left on account, and whether
// the transfer touched it.
func (t Transfer) BalanceAfter(account AccountID) (money.Amount, bool) {
	for i := len(t.Entries) - 1; i >= 0; i-- {
		if t.Entries[i].Account == account {
			return t.Entries[i].BalanceAfter, true
		}
	}
	return money.Amount{}, false
}

// Entry is one side of a posting on one account.
type Entry struct {
	ID           EntryID
	Transfer     TransferID
	Posting      int // index of the posting in its transfer
	Account      AccountID
	Counter      AccountID    // the account on the posting's other side
	Amount       money.Amount // negative where money left
	BalanceAfter money.Amount
	Seq          int64   // 1, 2, 3… on each account
	Previous     EntryID // the account's entry before this one, or 0
	Hash         Hash
}

// Line is an entry together with the transfer that made it, as a history
// shows it.
type Line struct {
	Entry
	Kind  TransferKind
	Actor OwnerID
	Meta  string
	At    time.Time
}

// Errors of the ledger. When several apply to one request, the first in this
// order is returned (postings are judged one after another).
var (
	// ErrNoPostings is a request that moves nothing, or too much at once.
	ErrNoPostings = fault.Define(fault.Invalid, "ledger.no_postings", "a transfer has between one and eight postings")
	// ErrAmount is an amount that is not above zero.
	ErrAmount = fault.Define(fault.Invalid, "ledger.amount_not_positive", "the amount must be greater than zero")
	// ErrSameAccount is a posting from an account to itself.
	ErrSameAccount = fault.Define(fault.Invalid, "ledger.same_account", "money cannot move from an account to itself")
	// ErrNoSender is a posting from an account that does not exist.
	ErrNoSender = fault.Define(fault.NotFound, "ledger.no_sender", "the sender's account does not exist")
	// ErrNoReceiver is a posting to an account that does not exist.
	ErrNoReceiver = fault.Define(fault.NotFound, "ledger.no_receiver", "the receiver's account does not exist")
	// ErrSenderBlocked is a posting from an account that is blocked.
	ErrSenderBlocked = fault.Define(fault.Refused, "ledger.sender_blocked", "the sender's account is blocked until what it owes is paid")
	// ErrReceiverBlocked is a posting to an account that is blocked, in a request
	// that does not settle. It is no refusal: the same request may come again and settle.
	ErrReceiverBlocked = fault.Define(fault.Conflict, "ledger.receiver_blocked", "the receiver's account is blocked, and the request does not settle what it owes")
	// ErrSenderClosed is a posting from an account that is frozen or closed.
	ErrSenderClosed = fault.Define(fault.Refused, "ledger.sender_closed", "the sender's account is frozen or closed")
	// ErrReceiverClosed is a posting to an account that is frozen or closed.
	ErrReceiverClosed = fault.Define(fault.Refused, "ledger.receiver_closed", "the receiver's account is frozen or closed")
	// ErrCurrency is a posting whose amount and accounts differ in currency.
	ErrCurrency = fault.Define(fault.Refused, "ledger.currency_mismatch", "the accounts are kept in different currencies")
	// ErrInsufficientFunds is a posting that would take an account below its floor.
	ErrInsufficientFunds = fault.Define(fault.Refused, "ledger.insufficient_funds", "not enough funds")

	// ErrNoAccount is an account that does not exist.
	ErrNoAccount = fault.Define(fault.NotFound, "ledger.no_account", "no such account")
	// ErrNotEmpty is an account that cannot close because it has funds or holds.
	ErrNotEmpty = fault.Define(fault.Refused, "ledger.not_empty", "the account still holds funds")
	// ErrAccountClosed is an account that is closed for ever.
	ErrAccountClosed = fault.Define(fault.Refused, "ledger.account_closed", "the account is closed")
	// ErrNoTransfer is a transfer that does not exist.
	ErrNoTransfer = fault.Define(fault.NotFound, "ledger.no_transfer", "no such transfer")
	// ErrReversed is a transfer that was already taken back, or is itself a reversal.
	ErrReversed = fault.Define(fault.Conflict, "ledger.already_reversed", "the transfer was already reversed")
	// ErrNoCursor is a history cursor that is not an entry of the account.
	ErrNoCursor = fault.Define(fault.Invalid, "ledger.no_cursor", "the cursor is not an entry of this account")
)

// maxPostings bounds a transfer. A conversion takes two, the fee after an
// incoming transfer two more; nothing in Purse needs eight.
const maxPostings = 8

// Tx is the rows that the ledger reads and writes inside one unit of work.
type Tx interface {
	// Now is the unit's one time.
	Now() time.Time

	// NewAccountID gives an id that no account has or had.
	NewAccountID() (AccountID, error)
	// InsertAccount adds an account.
	InsertAccount(Account) error
	// Accounts reads the accounts of ids, which are sorted and distinct; in an
	// Update the rows stay locked until the end. Those that do not exist are left out.
	Accounts(ids []AccountID) ([]Account, error)
	// AccountsOf lists an owner's accounts by id.
	AccountsOf(owner OwnerID) ([]Account, error)
	// ReassignAccounts gives all accounts of one owner to another; neither is the system.
	ReassignAccounts(from, to OwnerID) error
	// SystemAccount finds the system's account of a kind and currency, or 0.
	SystemAccount(kind AccountKind, currency money.Currency) (AccountID, error)
	// SetSystemAccount records which account that is.
	SetSystemAccount(kind AccountKind, currency money.Currency, account AccountID) error

	// NewTransferID gives an id greater than every one given before.
	NewTransferID() TransferID
	// NewEntryIDs gives n consecutive ids that no entry has, and returns the first.
	NewEntryIDs(n int) (EntryID, error)
	// Append writes the accounts as they now stand, and adds transfers with
	// their entries, holds and keys.
	Append(Changes) error
	// Transfer reads a transfer with its entries, or returns ErrNoTransfer.
	Transfer(TransferID) (Transfer, error)
	// ReversalOf finds the transfer that took another one back, or the zero id.
	ReversalOf(TransferID) (TransferID, error)
	// Lines walks an account's entries from the newest, or from the one before
	// the entry before when it is not 0, and returns at most limit. It returns
	// ErrNoCursor when before is not an entry of the account.
	Lines(account AccountID, before EntryID, limit int) ([]Line, error)

	// Keys reads the live records of the given keys.
	Keys([]KeyName) ([]KeyRecord, error)
	// DeleteKeys removes at most limit records that expired before the unit's
	// time and returns how many there were.
	DeleteKeys(limit int) (int, error)

	// Hold reads a hold, locked in an Update, or returns ErrNoHold.
	Hold(HoldID) (Hold, error)
	// DueHolds lists at most limit open holds that have expired by the unit's time.
	DueHolds(limit int) ([]HoldID, error)
}

// Changes is what a unit of work writes to the book, in one go.
type Changes struct {
	Accounts  []Account // as they now stand
	Transfers []Transfer
	Keys      []KeyRecord
	Holds     []Hold // new, or as they now stand
}
