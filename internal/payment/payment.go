// Package payment moves money between any two accounts, whatever their
// currencies: the one way that all products share. A transfer within one
// currency takes the ledger's fast way; a conversion takes a unit of work.
//
// What must not be here: who may pay whom, how accounts are found, and what a
// payment is for.
package payment

import (
	"context"
	"encoding/json"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
	"purse/internal/unit"
)

// Converter finds the postings of a transfer between accounts of different
// currencies.
type Converter interface {
	// Convert gives the postings that take amount from one account and bring
	// its worth in another currency to the other, and what to remember about
	// the rate: a JSON value, or nothing. It refuses when there is no rate or
	// nothing would arrive.
	Convert(tx ledger.Tx, from, to ledger.AccountID, amount money.Amount, into money.Currency) (postings []ledger.Posting, rate json.RawMessage, err error)
}

// NoConversion is the Converter of a Purse without exchange rates: it refuses
// with ledger.ErrCurrency.
type NoConversion struct{}

// Convert returns ledger.ErrCurrency.
func (NoConversion) Convert(ledger.Tx, ledger.AccountID, ledger.AccountID, money.Amount, money.Currency) ([]ledger.Posting, json.RawMessage, error) {
	return nil, nil, ledger.ErrCurrency
}

// Tx is the rows that a payment needs.
type Tx interface {
	ledger.Tx
	ledger.Savepointer
}

// Options is what a Service needs.
type Options struct {
	Work      unit.Work[Tx]
	Book      *ledger.Book
	Converter Converter // NoConversion when nil
}

// Service is payments as the products use them. It is safe for concurrent use.
type Service struct {
	work      unit.Work[Tx]
	book      *ledger.Book
	converter Converter
}

// New makes a service.
func New(o Options) *Service {
	s := &Service{work: o.Work, book: o.Book, converter: o.Converter}
	if s.converter == nil {
		s.converter = NoConversion{}
	}
	return s
}

// Movement is a payment between two accounts, whatever their currencies.
type Movement struct {
	Kind       ledger.TransferKind
	From, To   ledger.AccountID
	Amount     money.Amount   // in the sender's currency
	Into       money.Currency // the receiver's
	Actor      ledger.OwnerID
	PartyLabel string // see statement.Memo
}

func (m Movement) converts() bool { return m.Into != m.Amount.Currency() }

// Transfer makes the transfer of m in a unit of work of its own, once for a
// key. It is the hot path: within one currency it reads nothing before the
// ledger's batch. The errors are the ledger's and the converter's.
func (s *Service) Transfer(ctx context.Context, m Movement, key *ledger.Key) (ledger.Transfer, error) {
	if m.converts() {
		return ledger.TransferOnce(ctx, s.work, key, func(tx Tx) (ledger.Transfer, error) { return s.Move(tx, m) })
	}
	request, err := m.request(statement.Memo{Label: m.PartyLabel}, []ledger.Posting{{From: m.From, To: m.To, Amount: m.Amount}})
	if err != nil {
		return ledger.Transfer{}, err
	}
	request.Key = key
	return s.book.Transfer(ctx, request)
}

// Move makes the transfer of m within a unit of work, converting where the
// currencies differ. The errors are the ledger's and the converter's.
func (s *Service) Move(tx ledger.Tx, m Movement) (ledger.Transfer, error) {
	memo := statement.Memo{Label: m.PartyLabel}
	postings := []ledger.Posting{{From: m.From, To: m.To, Amount: m.Amount}}
	if m.converts() {
		var err error
		if postings, memo.Exchange, err = s.converter.Convert(tx, m.From, m.To, m.Amount, m.Into); err != nil {
			return ledger.Transfer{}, err
		}
		memo.From, memo.To = m.From, m.To
	}
	request, err := m.request(memo, postings)
	if err != nil {
		return ledger.Transfer{}, err
	}
	return ledger.Post(tx, request)
}

func (m Movement) request(memo statement.Memo, postings []ledger.Posting) (ledger.Request, error) {
	meta, err := memo.Text()
	if err != nil {
		return ledger.Request{}, fault.ErrInternal.Because(err)
	}
	return ledger.Request{Kind: m.Kind, Postings: postings, Actor: m.Actor, Meta: meta}, nil
}

// Grant pays amount from the promotions account of its currency to an account
// as an opening gift, and returns the balance it makes. Nothing is paid when the
// amount is zero, or when there is no rate into the account's currency.
func (s *Service) Grant(tx ledger.Tx, account ledger.Account, amount money.Amount) (money.Amount, error) {
	if amount.Sign() <= 0 {
		return account.Balance, nil
	}
	promotions, err := ledger.System(tx, ledger.Promotions, amount.Currency())
	if err != nil {
		return money.Amount{}, err
	}
	t, err := s.Move(tx, Movement{Kind: statement.KindGrant, From: promotions, To: account.ID, Amount: amount, Into: account.Currency})
	if account.Currency != amount.Currency() && err != nil && fault.KindOf(err) != fault.Internal {
		return account.Balance, nil
	}
	if err != nil {
		return money.Amount{}, err
	}
	balance, _ := t.BalanceAfter(account.ID)
	return balance, nil
}
