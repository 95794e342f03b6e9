package wallet

import (
	"context"
	"time"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/statement"
)

// Operation says what a line of a wallet's history was.
type Operation string

// The operations.
const (
	Deposit  Operation = "DEPOSIT"  // money from outside, or from the operator
	Withdraw Operation = "WITHDRAW" // money to outside, or to the operator
	Transfer Operation = "TRANSFER" // between two people's accounts, or two of one person's
	FeePaid  Operation = "FEE"
)

// Line is one entry of a wallet as its owner reads it.
type Line struct {
	ID             ledger.TransferID // of what happened; the cursor too
	Operation      Operation
	Amount         money.Amount // > 0, in the wallet's currency
	SenderNumber   string       // "" for none: money from outside, or an account without a number
	ReceiverNumber string       // likewise
	At             time.Time
}

// History is a page of what happened on the caller's wallet, the newest first,
// as statement.Read pages it. Wallets show by their whole numbers, to which
// money can be sent back; cards by their last four digits. It returns
// ErrUnknown and ledger.ErrNoCursor.
func (s *Service) History(ctx context.Context, owner ledger.OwnerID, id ledger.AccountID, before ledger.TransferID, limit int) ([]Line, error) {
	var w Wallet
	var page statement.Page
	err := s.work.View(ctx, func(tx Tx) (err error) {
		if w, err = own(tx, owner, id); err != nil {
			return err
		}
		page, err = statement.Read(tx, id, before, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	entries := page.Entries()
	lines := make([]Line, len(entries))
	for i, e := range entries {
		l := Line{ID: e.Transfer, Operation: operation(e), Amount: e.Amount, SenderNumber: shownNumber(e.Other), ReceiverNumber: w.Number, At: e.At}
		if e.Amount.Sign() < 0 {
			l.SenderNumber, l.ReceiverNumber = w.Number, l.SenderNumber
			if l.Amount, err = e.Amount.Neg(); err != nil {
				return nil, err
			}
		}
		lines[i] = l
	}
	return lines, nil
}

func operation(e statement.Entry) Operation {
	switch {
	case e.Kind == statement.KindFee:
		return FeePaid
	case e.Other.Owner != 0:
		return Transfer
	case e.Amount.Sign() > 0:
		return Deposit
	}
	return Withdraw
}

// shownNumber is the number by which an account is shown, or "".
func shownNumber(other statement.Label) string {
	if other.LastFour != "" {
		return number.MaskedCard(other.LastFour)
	}
	return other.Number
}
