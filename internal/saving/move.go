package saving

import (
	"context"
	"errors"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/statement"
	"purse/internal/wallet"
)

// MoveRequest asks to move money between a goal and a card of the caller.
type MoveRequest struct {
	Owner  ledger.OwnerID
	Saving ledger.AccountID
	Card   ledger.AccountID
	Amount money.Decimal // in the currency of the account that it leaves
	Key    *ledger.Key   // or nil
}

// Moved is what such a movement did.
type Moved struct {
	ID      ledger.TransferID
	Amount  money.Amount // that came to the goal or left it, > 0
	Balance money.Amount // of the goal, after this movement
}

// TopUp moves money from a card to a goal. In this order it returns
// wallet.ErrNone, ErrNone, ErrUnknown, card.ErrUnknown, the errors of
// payment.AmountIn for "amount", and what refuses the transfer, such as
// ledger.ErrInsufficientFunds.
func (s *Service) TopUp(ctx context.Context, r MoveRequest) (Moved, error) {
	return s.move(ctx, r, func(goal, from ledger.Account, label string) payment.Movement {
		return payment.Movement{Kind: statement.KindSavingsTopUp, From: from.ID, To: goal.ID, Into: goal.Currency, PartyLabel: label}
	})
}

// Decrease moves money from a goal back to a card, with the errors of TopUp.
func (s *Service) Decrease(ctx context.Context, r MoveRequest) (Moved, error) {
	return s.move(ctx, r, func(goal, to ledger.Account, label string) payment.Movement {
		return payment.Movement{Kind: statement.KindSavingsWithdraw, From: goal.ID, To: to.ID, Into: to.Currency, PartyLabel: label}
	})
}

func (s *Service) move(ctx context.Context, r MoveRequest, movement func(goal, card ledger.Account, label string) payment.Movement) (Moved, error) {
	t, err := ledger.TransferOnce(ctx, s.work, r.Key, func(tx Tx) (ledger.Transfer, error) {
		row, goal, err := s.own(tx, r.Owner, r.Saving)
		if err != nil {
			return ledger.Transfer{}, err
		}
		other, err := card.Own(tx, r.Owner, r.Card)
		if err != nil {
			return ledger.Transfer{}, err
		}
		m := movement(goal, other, statement.SavingsName(row.Name))
		currency := goal.Currency
		if m.From == other.ID {
			currency = other.Currency
		}
		if m.Amount, err = payment.AmountIn(r.Amount, currency, "amount"); err != nil {
			return ledger.Transfer{}, err
		}
		m.Actor = r.Owner
		return s.payments.Move(tx, m)
	})
	if err != nil {
		return Moved{}, err
	}
	return movedOf(t, r.Saving)
}

// movedOf tells what a transfer did to a goal.
func movedOf(t ledger.Transfer, goal ledger.AccountID) (Moved, error) {
	for _, e := range t.Entries {
		if e.Account != goal {
			continue
		}
		m := Moved{ID: t.ID, Amount: e.Amount, Balance: e.BalanceAfter}
		var err error
		if m.Amount.Sign() < 0 {
			m.Amount, err = m.Amount.Neg()
		}
		return m, err
	}
	return Moved{}, fault.ErrInternal.Because(errors.New("saving: a movement did not touch its goal"))
}

// own finds the caller's living goal and its account: wallet.ErrNone before
// ErrNone before ErrUnknown.
func (s *Service) own(tx Tx, owner ledger.OwnerID, id ledger.AccountID) (Row, ledger.Account, error) {
	if _, err := wallet.Default(tx, owner); err != nil {
		return Row{}, ledger.Account{}, err
	}
	rows, err := tx.SavingsOf(owner)
	if err != nil {
		return Row{}, ledger.Account{}, err
	}
	if len(rows) == 0 {
		return Row{}, ledger.Account{}, ErrNone
	}
	for _, row := range rows {
		if row.ID == id {
			account, err := ledger.One(tx, id)
			return row, account, err
		}
	}
	return Row{}, ledger.Account{}, ErrUnknown
}

// Delete ends the caller's goal for ever. It returns wallet.ErrNone, ErrNone,
// ErrUnknown, or ledger.ErrNotEmpty while there is money in it.
func (s *Service) Delete(ctx context.Context, owner ledger.OwnerID, id ledger.AccountID) error {
	return s.work.Update(ctx, func(tx Tx) error {
		if _, _, err := s.own(tx, owner, id); err != nil {
			return err
		}
		if err := ledger.Close(tx, id); err != nil {
			return err
		}
		return tx.DeleteSaving(id, tx.Now())
	})
}
