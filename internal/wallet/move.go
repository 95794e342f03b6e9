package wallet

import (
	"context"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/statement"
)

// ErrBlocked is money that would leave a wallet which is blocked for its fee.
var ErrBlocked = ledger.ErrSenderBlocked

// Movement asks to put money into the caller's wallet, or to take it out.
type Movement struct {
	Owner  ledger.OwnerID
	Wallet ledger.AccountID
	Amount money.Decimal // in the wallet's currency
	Key    *ledger.Key   // or nil
}

// Moved is what such a movement did.
type Moved struct {
	ID      ledger.TransferID
	Amount  money.Amount // > 0
	Balance money.Amount // of the wallet, after this movement and the fee that it made payable
}

// Deposit puts money into the caller's wallet: it comes from the system's
// account of cash that came in. In this order it returns ErrUnknown, the errors
// of payment.AmountIn for "amount", and what refuses the transfer.
func (s *Service) Deposit(ctx context.Context, m Movement) (Moved, error) {
	return s.move(ctx, m, ledger.CashIn, func(cash ledger.AccountID) payment.Movement {
		return payment.Movement{Kind: statement.KindDeposit, From: cash, To: m.Wallet}
	})
}

// Withdraw takes money out of the caller's wallet, to the system's account of
// cash that went out, with the errors of Deposit, ErrBlocked and
// ledger.ErrInsufficientFunds.
func (s *Service) Withdraw(ctx context.Context, m Movement) (Moved, error) {
	return s.move(ctx, m, ledger.CashOut, func(cash ledger.AccountID) payment.Movement {
		return payment.Movement{Kind: statement.KindWithdrawal, From: m.Wallet, To: cash}
	})
}

func (s *Service) move(ctx context.Context, m Movement, kind ledger.AccountKind, movement func(cash ledger.AccountID) payment.Movement) (Moved, error) {
	w, err := s.own(ctx, m.Owner, m.Wallet)
	if err != nil {
		return Moved{}, err
	}
	amount, err := payment.AmountIn(m.Amount, w.Currency, "amount")
	if err != nil {
		return Moved{}, err
	}
	cash, err := s.system(ctx, kind, w.Currency)
	if err != nil {
		return Moved{}, err
	}
	pay := movement(cash)
	pay.Amount, pay.Into, pay.Actor = amount, w.Currency, m.Owner
	t, err := s.payments.Transfer(ctx, pay, m.Key)
	if err != nil {
		return Moved{}, err
	}
	balance, err := payment.BalanceAfter(t, m.Wallet)
	return Moved{ID: t.ID, Amount: amount, Balance: balance}, err
}

// own reads the owner's wallet, or returns ErrUnknown. What this reads never
// changes, so that the transfer after it needs no unit of work of its own.
func (s *Service) own(ctx context.Context, owner ledger.OwnerID, id ledger.AccountID) (w Wallet, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		w, err = own(tx, owner, id)
		return err
	})
	return w, err
}

// system finds a system account, which only its first use has to make.
func (s *Service) system(ctx context.Context, kind ledger.AccountKind, currency money.Currency) (id ledger.AccountID, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		id, err = tx.SystemAccount(kind, currency)
		return err
	})
	if err != nil || id != 0 {
		return id, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		id, err = ledger.System(tx, kind, currency)
		return err
	})
	return id, err
}
