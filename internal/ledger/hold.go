package ledger

import (
	"slices"
	"time"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/money"
)

// HoldID names a hold: a UUID of version 7.
type HoldID = id.UUID

// HoldState says what became of a hold.
type HoldState string

// The states of a hold. It leaves Held once, for one of the others.
const (
	Held    HoldState = "held"
	Posted  HoldState = "posted"
	Voided  HoldState = "voided"
	Expired HoldState = "expired"
)

// Hold is money in its first phase: still on the account, no longer available,
// promised to another account until it is posted, voided or expires.
type Hold struct {
	ID        HoldID
	Account   AccountID
	To        AccountID
	Amount    money.Amount
	State     HoldState
	Transfer  TransferID // that posted it, or zero
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Errors of holds.
var (
	// ErrNoHold is a hold that does not exist.
	ErrNoHold = fault.Define(fault.NotFound, "ledger.no_hold", "no such hold")
	// ErrHoldEnded is a hold that was posted, voided or has expired.
	ErrHoldEnded = fault.Define(fault.Conflict, "ledger.hold_ended", "the hold has already ended")
	// ErrHoldExceeded is a posting of more than was held.
	ErrHoldExceeded = fault.Define(fault.Refused, "ledger.hold_exceeded", "more than the held amount")
)

// NewHold sets amount of from aside for to until expiresAt. It is refused as a
// transfer of the same amount would be, and is not a transfer: no balance changes.
func NewHold(tx Tx, from, to AccountID, amount money.Amount, expiresAt time.Time) (Hold, error) {
	b := batch{tx: tx}
	if err := b.load([]Request{{Postings: []Posting{{From: from, To: to, Amount: amount}}}}); err != nil {
		return Hold{}, err
	}
	m, err := b.judge(Posting{From: from, To: to, Amount: amount}, false)
	if err != nil {
		return Hold{}, err
	}
	a := b.accounts[m.from]
	if a.Held, err = a.Held.Add(amount); err != nil {
		return Hold{}, err
	}
	h := Hold{ID: tx.NewTransferID(), Account: from, To: to, Amount: amount, State: Held, CreatedAt: tx.Now(), ExpiresAt: expiresAt}
	return h, tx.Append(Changes{Accounts: []Account{a}, Holds: []Hold{h}})
}

// PostHold ends a hold by moving amount, at most what was held, and giving
// the rest back. Of request the postings and the key are not used: whoever
// wants it to happen once for a key uses Once. It returns ErrHoldEnded when the
// hold has ended or its time is over, ErrHoldExceeded, or what refuses a
// transfer; then the hold stays as it is.
func PostHold(tx Tx, hold HoldID, amount money.Amount, request Request) (Transfer, error) {
	h, err := openHold(tx, hold)
	if err != nil {
		return Transfer{}, err
	}
	if !tx.Now().Before(h.ExpiresAt) {
		return Transfer{}, ErrHoldEnded
	}
	if more, err := amount.Cmp(h.Amount); err != nil || more > 0 {
		return Transfer{}, ErrHoldExceeded
	}
	before, err := release(tx, h)
	if err != nil {
		return Transfer{}, err
	}
	request.Postings, request.Key = []Posting{{From: h.Account, To: h.To, Amount: amount}}, nil
	t, err := Post(tx, request)
	if err != nil {
		if undone := tx.Append(Changes{Accounts: []Account{before}}); undone != nil {
			return Transfer{}, undone
		}
		return Transfer{}, err
	}
	h.State, h.Transfer = Posted, t.ID
	return t, tx.Append(Changes{Holds: []Hold{h}})
}

// VoidHold ends a hold and makes its amount available again, or returns
// ErrHoldEnded.
func VoidHold(tx Tx, hold HoldID) error { return endHold(tx, hold, Voided) }

// ExpireHolds ends at most limit holds whose time is over and returns how many
// there were.
func ExpireHolds(tx Tx, limit int) (int, error) {
	due, err := tx.DueHolds(limit)
	if err != nil {
		return 0, err
	}
	for _, hold := range due {
		if err := endHold(tx, hold, Expired); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func endHold(tx Tx, hold HoldID, state HoldState) error {
	h, err := openHold(tx, hold)
	if err != nil {
		return err
	}
	if _, err := release(tx, h); err != nil {
		return err
	}
	h.State = state
	return tx.Append(Changes{Holds: []Hold{h}})
}

func openHold(tx Tx, hold HoldID) (Hold, error) {
	h, err := tx.Hold(hold)
	if err == nil && h.State != Held {
		err = ErrHoldEnded
	}
	return h, err
}

// release makes what h holds available again, and returns the account as it was
// before. Both accounts are locked at
// once, in id order, because the posting that may follow needs both.
func release(tx Tx, h Hold) (before Account, err error) {
	found, err := tx.Accounts(sorted([]AccountID{h.Account, h.To}))
	if err != nil {
		return Account{}, err
	}
	for _, before := range found {
		if before.ID != h.Account {
			continue
		}
		after := before
		if after.Held, err = before.Held.Sub(h.Amount); err != nil {
			return Account{}, err
		}
		return before, tx.Append(Changes{Accounts: []Account{after}})
	}
	return Account{}, ErrNoAccount
}

// sorted is ids in order and without repetition, as Tx.Accounts takes them.
func sorted(ids []AccountID) []AccountID {
	slices.Sort(ids)
	return slices.Compact(ids)
}
