// Package saving is the rules of savings goals: ledger accounts with a name and
// an amount to reach, filled from and emptied to the owner's cards.
//
// A goal that was deleted, or is another person's, does not exist to a caller.
package saving

import (
	"context"
	"errors"
	"strconv"
	"time"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/unit"
	"purse/internal/wallet"
)

// MaxGoals is how many living goals a person may have: all of them are read
// whenever money moves to or from one, while other writers wait.
const MaxGoals = 1000

// Errors of savings.
var (
	// ErrNone is a person without any savings goal.
	ErrNone = fault.Define(fault.NotFound, "saving.none", "the user has no savings")
	// ErrUnknown is a goal that does not exist, was deleted, or is not the caller's.
	ErrUnknown = fault.Define(fault.NotFound, "saving.unknown", "no such savings")
	// ErrTooMany is a new goal beyond MaxGoals.
	ErrTooMany = fault.Define(fault.Refused, "saving.too_many", "the user has as many savings goals as one may have")
)

// Row is what a goal is besides its ledger account, whose id it shares.
type Row struct {
	ID        ledger.AccountID
	Owner     ledger.OwnerID
	Name      string
	Goal      money.Amount // > 0
	Opening   money.Amount // the balance that it was made with
	CreatedAt time.Time
	DeletedAt time.Time // zero while it lives
}

// Goal is a savings goal as it stands.
type Goal struct {
	ID      ledger.AccountID
	Name    string
	Goal    money.Amount
	Balance money.Amount
}

// Remain is what is missing to the goal, or zero.
func (g Goal) Remain() money.Amount {
	missing, err := g.Goal.Sub(g.Balance)
	if err != nil || missing.Sign() < 0 { // goal > 0 and balance ≥ 0, of one currency: err cannot be
		return money.New(0, g.Goal.Currency())
	}
	return missing
}

// Tx is the rows of savings.
type Tx interface {
	card.Tx
	// InsertSaving adds a goal whose account exists.
	InsertSaving(Row) error
	// Saving reads a goal, living or deleted; found is false when there is none.
	Saving(id ledger.AccountID) (row Row, found bool, err error)
	// SavingsOf lists an owner's living goals by id.
	SavingsOf(owner ledger.OwnerID) ([]Row, error)
	// DeleteSaving records when a goal was deleted.
	DeleteSaving(id ledger.AccountID, at time.Time) error
	// ReassignSavings gives an owner's goals, living and deleted, to another.
	ReassignSavings(from, to ledger.OwnerID) error
	// ForgetSavings takes the names off all goals of an owner, and records when the
	// living ones were deleted.
	ForgetSavings(owner ledger.OwnerID, at time.Time) error
}

// Options is what a Service needs.
type Options struct {
	Work     unit.Work[Tx]
	Payments *payment.Service
	Grant    money.Amount // opens a new goal, from the promotions account; zero for none
}

// Service is savings as the surfaces use them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	payments *payment.Service
	grant    money.Amount
}

// New makes a service.
func New(o Options) *Service { return &Service{o.Work, o.Payments, o.Grant} }

// Create makes a goal in the currency of the owner's default wallet, with the
// opening grant in it. The same key gives the same goal, as it was made. It
// returns wallet.ErrNone, the errors of payment.AmountIn for "goal", and ErrTooMany.
func (s *Service) Create(ctx context.Context, owner ledger.OwnerID, name string, goal money.Decimal, key *ledger.Key) (Goal, error) {
	var row Row
	ref, replayed, err := ledger.Once(ctx, s.work, key, func(tx Tx) (string, error) {
		var err error
		row, err = s.create(tx, owner, name, goal)
		return strconv.FormatInt(int64(row.ID), 10), err
	})
	if err != nil {
		return Goal{}, err
	}
	if replayed {
		if row, err = s.byRef(ctx, ref); err != nil {
			return Goal{}, err
		}
	}
	return Goal{ID: row.ID, Name: row.Name, Goal: row.Goal, Balance: row.Opening}, nil
}

func (s *Service) create(tx Tx, owner ledger.OwnerID, name string, goal money.Decimal) (Row, error) {
	under, err := wallet.Default(tx, owner)
	if err != nil {
		return Row{}, err
	}
	if _, err := identity.ActiveUser(tx, identity.UserID(owner)); err != nil {
		return Row{}, err
	}
	amount, err := payment.AmountIn(goal, under.Currency, "goal")
	if err != nil {
		return Row{}, err
	}
	if goals, err := tx.SavingsOf(owner); err != nil {
		return Row{}, err
	} else if len(goals) >= MaxGoals {
		return Row{}, ErrTooMany
	}
	account, err := ledger.OpenAccount(tx, owner, ledger.Savings, under.Currency)
	if err != nil {
		return Row{}, err
	}
	row := Row{ID: account.ID, Owner: owner, Name: name, Goal: amount, CreatedAt: tx.Now()}
	if row.Opening, err = s.payments.Grant(tx, account, s.grant); err != nil {
		return Row{}, err
	}
	return row, tx.InsertSaving(row)
}

// byRef reads a goal that an idempotency key names, deleted or not.
func (s *Service) byRef(ctx context.Context, ref string) (row Row, err error) {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return Row{}, fault.ErrInternal.Because(errors.New("saving: a key does not name a goal"))
	}
	err = s.work.View(ctx, func(tx Tx) error {
		var found bool
		row, found, err = tx.Saving(ledger.AccountID(id))
		if err == nil && !found {
			err = fault.ErrInternal.Because(errors.New("saving: a key names a goal that is not there"))
		}
		return err
	})
	return row, err
}

// List is the owner's goals, the oldest first. It returns wallet.ErrNone, then
// ErrNone.
func (s *Service) List(ctx context.Context, owner ledger.OwnerID) ([]Goal, error) {
	var goals []Goal
	err := s.work.View(ctx, func(tx Tx) error {
		if _, err := wallet.Default(tx, owner); err != nil {
			return err
		}
		rows, err := tx.SavingsOf(owner)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrNone
		}
		goals, err = withBalances(tx, rows)
		return err
	})
	return goals, err
}

func withBalances(tx Tx, rows []Row) ([]Goal, error) {
	ids := make([]ledger.AccountID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	accounts, err := tx.Accounts(ids)
	if err != nil {
		return nil, err
	}
	if len(accounts) != len(rows) {
		return nil, fault.ErrInternal.Because(errors.New("saving: a goal has no account"))
	}
	goals := make([]Goal, len(rows))
	for i, row := range rows { // both are in the order of ids
		goals[i] = Goal{ID: row.ID, Name: row.Name, Goal: row.Goal, Balance: accounts[i].Balance}
	}
	return goals, nil
}
