package card

import (
	"context"
	"errors"

	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/wallet"
)

// Overview is a person's name and money at one glance.
type Overview struct {
	FirstName     string
	LastName      string
	Wallet        wallet.Wallet // the default one; zero when there is none
	WalletBalance money.Amount
	Balance       money.Amount // of the default wallet and the cards made under it, in its currency
	Cards         []Summary    // all living ones, the oldest first
}

// Summary is a card without what is printed on it.
type Summary struct {
	LastFour string
	Balance  money.Amount
}

// Overview reads who the owner is and what they have, at one moment. It returns
// identity.ErrNoUser.
func (s *Service) Overview(ctx context.Context, owner ledger.OwnerID) (o Overview, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		o, err = overview(tx, owner)
		return err
	})
	return o, err
}

func overview(tx Tx, owner ledger.OwnerID) (Overview, error) {
	user, err := tx.User(identity.UserID(owner))
	if err != nil {
		return Overview{}, err
	}
	o := Overview{FirstName: user.FirstName, LastName: user.LastName}
	if o.Wallet, err = wallet.Default(tx, owner); err != nil && !errors.Is(err, wallet.ErrNone) {
		return Overview{}, err
	}
	if err == nil {
		account, err := ledger.One(tx, o.Wallet.ID)
		if err != nil {
			return Overview{}, err
		}
		o.WalletBalance, o.Balance = account.Balance, account.Balance
	}
	rows, err := tx.CardsOf(owner)
	if err != nil {
		return Overview{}, err
	}
	balances, err := balancesOf(tx, rows)
	if err != nil {
		return Overview{}, err
	}
	for _, row := range rows {
		o.Cards = append(o.Cards, Summary{row.LastFour, balances[row.ID]})
		if row.Wallet != o.Wallet.ID {
			continue
		}
		if o.Balance, err = o.Balance.Add(balances[row.ID]); err != nil {
			return Overview{}, err
		}
	}
	return o, nil
}
