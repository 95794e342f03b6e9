// Package bill is the rules of bills: what a person has to pay, once, from one
// of their cards. The money goes to the system's bills account.
//
// A bill that is another person's does not exist to a caller.
package bill

import (
	"context"
	"errors"
	"time"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/statement"
	"purse/internal/unit"
	"purse/internal/wallet"
)

// ID names a bill: positive, below 2^53.
type ID int64

// MaxUnpaid is how many unpaid bills a person may have: all are read to list
// them, so that without a bound one person could fill the memory.
const MaxUnpaid = 1000

// Errors of bills.
var (
	// ErrNone is a person without any bill.
	ErrNone = fault.Define(fault.NotFound, "bill.none", "the user has no bills")
	// ErrUnknown is a bill that does not exist or is not the caller's.
	ErrUnknown = fault.Define(fault.NotFound, "bill.unknown", "no such bill")
	// ErrPaid is a bill that was paid before.
	ErrPaid = fault.Define(fault.Refused, "bill.paid", "the bill is already paid")
	// ErrTooMany is a new bill beyond MaxUnpaid.
	ErrTooMany = fault.Define(fault.Refused, "bill.too_many", "the user has as many unpaid bills as one may have")
)

// Bill is one bill.
type Bill struct {
	ID        ID
	Owner     ledger.OwnerID
	Name      string
	Amount    money.Amount // > 0
	DueAt     time.Time
	CreatedAt time.Time
	PaidBy    ledger.TransferID // zero while it is unpaid
}

// Paid reports whether the bill was paid.
func (b Bill) Paid() bool { return !b.PaidBy.IsZero() }

// Tx is the rows of bills.
type Tx interface {
	card.Tx
	// NextID gives the next number of a named sequence.
	NextID(sequence string) (int64, error)
	// InsertBill adds a bill.
	InsertBill(Bill) error
	// Bill reads a bill, locked in an Update; found is false when there is none.
	Bill(id ID) (bill Bill, found bool, err error)
	// BillsOf lists an owner's bills by id.
	BillsOf(owner ledger.OwnerID) ([]Bill, error)
	// UnpaidBills counts an owner's bills that are not paid.
	UnpaidBills(owner ledger.OwnerID) (int, error)
	// SetBillPaid records the transfer that paid a bill.
	SetBillPaid(id ID, by ledger.TransferID) error
	// ReassignBills gives an owner's bills to another.
	ReassignBills(from, to ledger.OwnerID) error
}

// Options is what a Service needs.
type Options struct {
	Work     unit.Work[Tx]
	Cards    *card.Service // finds cards
	Payments *payment.Service
}

// Service is bills as the surfaces use them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	cards    *card.Service
	payments *payment.Service
}

// New makes a service.
func New(o Options) *Service { return &Service{o.Work, o.Cards, o.Payments} }

// Create adds a bill in the currency of the owner's default wallet. It returns
// wallet.ErrNone, the errors of payment.AmountIn for "amount", and ErrTooMany.
func (s *Service) Create(ctx context.Context, owner ledger.OwnerID, name string, amount money.Decimal, due time.Time) (Bill, error) {
	var b Bill
	err := s.work.Update(ctx, func(tx Tx) error {
		under, err := wallet.Default(tx, owner)
		if err != nil {
			return err
		}
		owed, err := payment.AmountIn(amount, under.Currency, "amount")
		if err != nil {
			return err
		}
		if unpaid, err := tx.UnpaidBills(owner); err != nil {
			return err
		} else if unpaid >= MaxUnpaid {
			return ErrTooMany
		}
		id, err := tx.NextID("bill")
		if err != nil {
			return err
		}
		b = Bill{ID: ID(id), Owner: owner, Name: name, Amount: owed, DueAt: due.UTC(), CreatedAt: tx.Now()}
		return tx.InsertBill(b)
	})
	return b, err
}

// List is the owner's bills, the oldest first. It returns wallet.ErrNone, then
// ErrNone.
func (s *Service) List(ctx context.Context, owner ledger.OwnerID) ([]Bill, error) {
	var bills []Bill
	err := s.work.View(ctx, func(tx Tx) error {
		if _, err := wallet.Default(tx, owner); err != nil {
			return err
		}
		var err error
		if bills, err = tx.BillsOf(owner); err == nil && len(bills) == 0 {
			err = ErrNone
		}
		return err
	})
	return bills, err
}

// PayRequest asks to pay a bill from a card of the caller.
type PayRequest struct {
	Owner ledger.OwnerID
	Bill  ID
	Card  string      // its number, as the caller wrote it
	Key   *ledger.Key // or nil
}

// Payment is what paying a bill did.
type Payment struct {
	ID        ledger.TransferID
	Remaining money.Amount // on the card, after this payment
}

// Pay pays a bill, once. In this order it returns wallet.ErrNone, ErrUnknown,
// card.ErrUnknown, ErrPaid, and what refuses the transfer, such as
// ledger.ErrInsufficientFunds, or ledger.ErrCurrency for a card that is kept in
// another currency than the bill.
func (s *Service) Pay(ctx context.Context, r PayRequest) (Payment, error) {
	from, cardErr := s.cards.Account(ctx, r.Owner, r.Card)
	if cardErr != nil && !errors.Is(cardErr, card.ErrUnknown) {
		return Payment{}, cardErr
	}
	t, err := ledger.TransferOnce(ctx, s.work, r.Key, func(tx Tx) (ledger.Transfer, error) {
		if _, err := wallet.Default(tx, r.Owner); err != nil {
			return ledger.Transfer{}, err
		}
		b, found, err := tx.Bill(r.Bill)
		switch {
		case err != nil:
			return ledger.Transfer{}, err
		case !found || b.Owner != r.Owner:
			return ledger.Transfer{}, ErrUnknown
		case cardErr != nil:
			return ledger.Transfer{}, cardErr
		}
		if _, err := card.Own(tx, r.Owner, from.Account); err != nil {
			return ledger.Transfer{}, err
		}
		if b.Paid() {
			return ledger.Transfer{}, ErrPaid
		}
		return s.pay(tx, b, from.Account)
	})
	if err != nil {
		return Payment{}, err
	}
	remaining, _ := t.BalanceAfter(from.Account)
	return Payment{ID: t.ID, Remaining: remaining}, nil
}

func (s *Service) pay(tx Tx, b Bill, from ledger.AccountID) (ledger.Transfer, error) {
	bills, err := ledger.System(tx, ledger.Bills, b.Amount.Currency())
	if err != nil {
		return ledger.Transfer{}, err
	}
	t, err := s.payments.Move(tx, payment.Movement{
		Kind: statement.KindBill, From: from, To: bills, Amount: b.Amount, Into: b.Amount.Currency(),
		Actor: b.Owner, PartyLabel: statement.BillName(b.Name),
	})
	if err != nil {
		return ledger.Transfer{}, err
	}
	return t, tx.SetBillPaid(b.ID, t.ID)
}
