package card

import (
	"context"
	"errors"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/statement"
)

// TransferRequest asks to move money from the caller's card to any account.
type TransferRequest struct {
	Owner    ledger.OwnerID
	From, To string        // account numbers, as the caller wrote them
	Amount   money.Decimal // in the currency of the card
	Key      *ledger.Key   // or nil
}

// Transferred is what a transfer did.
type Transferred struct {
	ID        ledger.TransferID
	Amount    money.Amount
	Remaining money.Amount // on the card, after this transfer
}

// Transfer moves money from the caller's card to any account that has a
// number. In this order it returns ErrUnknown for the sender's card,
// ErrSameNumber, number.ErrUnknown for the receiver, the errors of payment.AmountIn for
// "amount", and what refuses the transfer: a frozen account, the converter, or
// ledger.ErrInsufficientFunds.
//
// It is the hot path: once the two numbers are known it reads nothing before the
// ledger's batch.
func (s *Service) Transfer(ctx context.Context, r TransferRequest) (Transferred, error) {
	from, err := s.Account(ctx, r.Owner, r.From)
	if err != nil {
		return Transferred{}, err
	}
	to, err := s.numbers.Find(ctx, r.To)
	if err != nil {
		return Transferred{}, err
	}
	if to.Account == from.Account {
		return Transferred{}, ErrSameNumber.In(fault.Field{Name: "to_card_number", Reason: "same_number"})
	}
	amount, err := payment.AmountIn(r.Amount, from.Currency, "amount")
	if err != nil {
		return Transferred{}, err
	}
	m := payment.Movement{
		Kind: statement.KindTransfer, From: from.Account, To: to.Account,
		Amount: amount, Into: to.Currency, Actor: r.Owner,
	}
	t, err := s.payments.Transfer(ctx, m, r.Key)
	if err != nil {
		return Transferred{}, s.payments.Explain(ctx, err, m, ErrUnknown)
	}
	remaining, _ := t.BalanceAfter(from.Account)
	return Transferred{ID: t.ID, Amount: amount, Remaining: remaining}, nil
}

// Account finds the account of the caller's card by its number, as
// number.Parse takes it, or returns ErrUnknown. The card may have been deleted:
// the function Own tells that, within the unit of work that uses the account.
func (s *Service) Account(ctx context.Context, owner ledger.OwnerID, text string) (number.Entry, error) {
	e, err := s.numbers.FindOf(ctx, owner, text)
	if errors.Is(err, number.ErrUnknown) || err == nil && e.Kind != ledger.Card {
		return number.Entry{}, ErrUnknown
	}
	return e, err
}

// Delete ends the caller's card for ever. It returns ErrUnknown, or
// ledger.ErrNotEmpty while there is money on it.
func (s *Service) Delete(ctx context.Context, owner ledger.OwnerID, text string) error {
	e, err := s.Account(ctx, owner, text)
	if err != nil {
		return err
	}
	return s.work.Update(ctx, func(tx Tx) error {
		if _, err := Own(tx, owner, e.Account); err != nil {
			return err
		}
		if err := ledger.Close(tx, e.Account); err != nil {
			return err
		}
		return tx.DeleteCard(e.Account, tx.Now())
	})
}

// History is a page of what happened on the caller's card, as statement.Read
// pages it. It returns ErrUnknown and ledger.ErrNoCursor.
func (s *Service) History(ctx context.Context, owner ledger.OwnerID, text string, before ledger.TransferID, limit int) ([]statement.Line, error) {
	e, err := s.Account(ctx, owner, text)
	if err != nil {
		return nil, err
	}
	var page statement.Page
	err = s.work.View(ctx, func(tx Tx) error {
		if _, err := Own(tx, owner, e.Account); err != nil {
			return err
		}
		page, err = statement.Read(tx, e.Account, before, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return page.Lines(s.unseal)
}
