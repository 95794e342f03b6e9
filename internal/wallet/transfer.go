package wallet

import (
	"context"

	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/statement"
)

// TransferRequest asks to move money from the caller's wallet to any account.
type TransferRequest struct {
	Owner  ledger.OwnerID
	Wallet ledger.AccountID
	To     string        // an account's number, as the caller wrote it
	Amount money.Decimal // in the currency of the caller's wallet
	Key    *ledger.Key   // or nil
}

// Transferred is what a transfer did.
type Transferred struct {
	ID       ledger.TransferID
	Number   string       // of the receiver, its digits alone
	Sent     money.Amount // > 0
	Received money.Amount // > 0, in the receiver's currency
	Rate     string       // units received for one sent, 10 significant digits; "1" within one currency
	Balance  money.Amount // of the caller's wallet, after this transfer
}

// Transfer moves money from the caller's wallet to any account that has a
// number, converting it where the currencies differ. In this order it returns
// ErrUnknown, number.ErrUnknown for the receiver, ledger.ErrSameAccount, the
// errors of payment.AmountIn for "amount", and what refuses the transfer:
// ErrBlocked, a frozen account, those of fx, or ledger.ErrInsufficientFunds.
func (s *Service) Transfer(ctx context.Context, r TransferRequest) (Transferred, error) {
	from, err := s.own(ctx, r.Owner, r.Wallet)
	if err != nil {
		return Transferred{}, err
	}
	to, err := s.numbers.Find(ctx, r.To)
	if err != nil {
		return Transferred{}, err
	}
	if to.Account == from.ID {
		return Transferred{}, ledger.ErrSameAccount
	}
	amount, err := payment.AmountIn(r.Amount, from.Currency, "amount")
	if err != nil {
		return Transferred{}, err
	}
	m := payment.Movement{Kind: statement.KindTransfer, From: from.ID, To: to.Account, Amount: amount, Into: to.Currency, Actor: r.Owner}
	t, err := s.payments.Transfer(ctx, m, r.Key)
	if err != nil {
		return Transferred{}, s.payments.Explain(ctx, err, m, ErrUnknown)
	}
	done := Transferred{ID: t.ID, Sent: amount, Received: t.Entries[len(t.Entries)-1].Amount, Rate: "1"}
	done.Number, _ = number.Parse(r.To)
	if note, converted := fx.ReadNote(statement.ReadMemo(t.Meta).Exchange); converted {
		done.Rate = note.Rate
	}
	done.Balance, err = payment.BalanceAfter(t, from.ID)
	return done, err
}
