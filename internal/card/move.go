package card

import (
	"encoding/json"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
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

// Movement is a payment between two accounts, whatever their currencies.
type Movement struct {
	Kind     ledger.TransferKind
	From, To ledger.AccountID
	Amount   money.Amount   // in the sender's currency
	Into     money.Currency // the receiver's
	Actor    ledger.OwnerID
	Bill     int64 // that it pays, or 0
}

// Move makes the transfer of m within a unit of work, converting where the
// currencies differ. The errors are the ledger's and the converter's.
func (s *Service) Move(tx ledger.Tx, m Movement) (ledger.Transfer, error) {
	memo := statement.Memo{Bill: m.Bill}
	postings := []ledger.Posting{{From: m.From, To: m.To, Amount: m.Amount}}
	if m.Into != m.Amount.Currency() {
		var err error
		if postings, memo.Exchange, err = s.converter.Convert(tx, m.From, m.To, m.Amount, m.Into); err != nil {
			return ledger.Transfer{}, err
		}
		memo.From, memo.To = m.From, m.To
	}
	meta, err := memo.Text()
	if err != nil {
		return ledger.Transfer{}, fault.ErrInternal.Because(err)
	}
	return ledger.Post(tx, ledger.Request{Kind: m.Kind, Postings: postings, Actor: m.Actor, Meta: meta})
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
