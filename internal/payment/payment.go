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
	"errors"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
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

// Settler collects what an account owes that is blocked for it.
type Settler interface {
	// Owes is what a blocked account will pay when incoming has come to it: all
	// that it owes, or zero when it still cannot. The unit has locked the account.
	Owes(tx ledger.Tx, account ledger.AccountID, incoming money.Amount) (money.Amount, error)
	// Settle takes that, once the money is there, and unblocks the account.
	Settle(tx ledger.Tx, account ledger.AccountID) error
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
	Settler   Settler   // without one, blocked accounts take no money
}

// Service is payments as the products use them. It is safe for concurrent use.
type Service struct {
	work      unit.Work[Tx]
	book      *ledger.Book
	converter Converter
	settler   Settler
	bulks     chan struct{} // a place for each Bulk in the store
}

// maxBulks is how many of a Bulk are in the store at once: one that is made and one
// to follow it. They would share a commit, for which other callers' transfers wait.
const maxBulks = 2

// New makes a service.
func New(o Options) *Service {
	s := &Service{work: o.Work, book: o.Book, converter: o.Converter, settler: o.Settler, bulks: make(chan struct{}, maxBulks)}
	if s.converter == nil {
		s.converter = NoConversion{}
	}
	return s
}

// Movement is a payment between two accounts, whatever their currencies.
type Movement struct {
	Kind     ledger.TransferKind
	From, To ledger.AccountID
	Amount   money.Amount   // in the sender's currency
	Into     money.Currency // the receiver's
	Actor    ledger.OwnerID
	Bill     int64 // that it pays, or 0
}

func (m Movement) converts() bool { return m.Into != m.Amount.Currency() }

// Transfer makes the transfer of m in a unit of work of its own, once for a
// key. It is the hot path: within one currency it reads nothing before the
// ledger's batch. Only what the batch cannot do, a conversion or a receiver that
// is blocked, takes a unit of its own. The errors are the ledger's, without
// ErrReceiverBlocked, and the converter's.
func (s *Service) Transfer(ctx context.Context, m Movement, key *ledger.Key) (ledger.Transfer, error) {
	if !m.converts() {
		request, err := m.request(statement.Memo{Bill: m.Bill}, m.postings())
		if err != nil {
			return ledger.Transfer{}, err
		}
		request.Key = key
		t, err := s.book.Transfer(ctx, request)
		if !errors.Is(err, ledger.ErrReceiverBlocked) {
			return t, err
		}
	}
	return ledger.TransferOnce(ctx, s.work, key, func(tx Tx) (ledger.Transfer, error) { return s.Move(tx, m) })
}

func (m Movement) postings() []ledger.Posting {
	return []ledger.Posting{{From: m.From, To: m.To, Amount: m.Amount}}
}

// Move makes the transfer of m within a unit of work, converting where the
// currencies differ, and has a blocked receiver pay what it owes, by a second
// transfer. The errors are those of Transfer.
func (s *Service) Move(tx ledger.Tx, m Movement) (ledger.Transfer, error) {
	request, err := s.request(tx, m)
	if err != nil {
		return ledger.Transfer{}, err
	}
	t, err := ledger.Post(tx, request)
	if !errors.Is(err, ledger.ErrReceiverBlocked) || s.settler == nil {
		return t, err
	}
	return s.settle(tx, m, request)
}

// request is what the ledger is asked for: it converts where the currencies differ.
func (s *Service) request(tx ledger.Tx, m Movement) (ledger.Request, error) {
	memo, postings := statement.Memo{Bill: m.Bill}, m.postings()
	if m.converts() {
		var err error
		if postings, memo.Exchange, err = s.converter.Convert(tx, m.From, m.To, m.Amount, m.Into); err != nil {
			return ledger.Request{}, err
		}
		memo.From, memo.To = m.From, m.To
	}
	return m.request(memo, postings)
}

// settle makes a transfer to a blocked account, which the unit has locked. A
// transfer that is returned with an error was made, and must be undone.
func (s *Service) settle(tx ledger.Tx, m Movement, request ledger.Request) (ledger.Transfer, error) {
	paid, err := s.settler.Owes(tx, m.To, request.Postings[len(request.Postings)-1].Amount)
	if err != nil {
		return ledger.Transfer{}, err
	}
	if !paid.IsZero() {
		memo := statement.ReadMemo(request.Meta)
		memo.Settled = paid.String()
		if request.Meta, err = memo.Text(); err != nil {
			return ledger.Transfer{}, fault.ErrInternal.Because(err)
		}
	}
	request.Settles = true
	t, err := ledger.Post(tx, request)
	if err != nil {
		return ledger.Transfer{}, err
	}
	return t, s.settler.Settle(tx, m.To)
}

// BalanceAfter is the balance of an account after a transfer that touched it,
// and after what it paid when that came.
func BalanceAfter(t ledger.Transfer, account ledger.AccountID) (money.Amount, error) {
	balance, touched := t.BalanceAfter(account)
	if !touched {
		return money.Amount{}, fault.ErrInternal.Because(errors.New("payment: a transfer did not touch the account"))
	}
	memo := statement.ReadMemo(t.Meta)
	if memo.Settled == "" || t.Entries[len(t.Entries)-1].Account != account {
		return balance, nil
	}
	settled, err := money.ParseDecimal(memo.Settled)
	if err != nil {
		return money.Amount{}, fault.ErrInternal.Because(err)
	}
	paid, err := settled.In(balance.Currency())
	if err != nil {
		return money.Amount{}, fault.ErrInternal.Because(err)
	}
	return balance.Sub(paid)
}

// Explain tells a closed account, which does not exist to people, from a frozen
// one, after a transfer was refused: the ledger refuses both alike, and a
// conversion may be refused before the ledger looks at all. A closed sender is
// unknown, a closed receiver number.ErrUnknown, whatever else is wrong.
func (s *Service) Explain(ctx context.Context, refusal error, m Movement, unknown error) error {
	closed := errors.Is(refusal, ledger.ErrSenderClosed) || errors.Is(refusal, ledger.ErrReceiverClosed)
	kind := fault.KindOf(refusal)
	if converter := m.converts() && (kind == fault.Refused || kind == fault.Unavailable); !closed && !converter {
		return refusal
	}
	err := s.work.View(ctx, func(tx Tx) error {
		for _, end := range []struct {
			account ledger.AccountID
			unknown error
		}{{m.From, unknown}, {m.To, number.ErrUnknown}} {
			a, err := ledger.One(tx, end.account)
			if err != nil {
				return err
			}
			if a.Status == ledger.Closed {
				return end.unknown
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return refusal
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
// amount is zero, or cannot be converted into the account's currency.
func (s *Service) Grant(tx ledger.Tx, account ledger.Account, amount money.Amount) (money.Amount, error) {
	if amount.Sign() <= 0 {
		return account.Balance, nil
	}
	promotions, err := ledger.System(tx, ledger.Promotions, amount.Currency())
	if err != nil {
		return money.Amount{}, err
	}
	t, err := s.Move(tx, Movement{Kind: statement.KindGrant, From: promotions, To: account.ID, Amount: amount, Into: account.Currency})
	if account.Currency != amount.Currency() && err != nil && !broken(err) {
		return account.Balance, nil
	}
	if err != nil {
		return money.Amount{}, err
	}
	balance, _ := t.BalanceAfter(account.ID)
	return balance, nil
}
