// Package wallet is the rules of wallets: accounts with a 10-digit number, of
// which a person's oldest is the default. Balances are the ledger's.
package wallet

import (
	"errors"
	"time"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
)

// ErrNone is a person without a wallet.
var ErrNone = fault.Define(fault.NotFound, "wallet.none", "the user has no wallet")

// Wallet is what a wallet is besides its ledger account, whose id it shares.
type Wallet struct {
	ID        ledger.AccountID
	Owner     ledger.OwnerID
	Currency  money.Currency
	Number    string
	CreatedAt time.Time
}

// Tx is the rows of wallets.
type Tx interface {
	ledger.Tx
	claim.Tx
	// InsertWallet adds a wallet whose account exists.
	InsertWallet(Wallet) error
	// WalletsOf lists an owner's wallets, the oldest first.
	WalletsOf(owner ledger.OwnerID) ([]Wallet, error)
	// ReassignWallets gives an owner's wallets to another, who lists them after
	// their own.
	ReassignWallets(from, to ledger.OwnerID) error
}

// numberTries bounds the search for a number that nobody has. One number in a
// thousand would be taken only after nine million wallets.
const numberTries = 50

// Open opens an empty wallet with a new number, in the caller's unit of work.
func Open(tx Tx, numbers *number.Directory, owner ledger.OwnerID, currency money.Currency) (Wallet, error) {
	account, err := ledger.OpenAccount(tx, owner, ledger.Wallet, currency)
	if err != nil {
		return Wallet{}, err
	}
	for range numberTries {
		w := Wallet{ID: account.ID, Owner: owner, Currency: currency, Number: number.Wallet(), CreatedAt: account.CreatedAt}
		err := numbers.Claim(tx, w.Number, w.ID)
		if errors.Is(err, claim.ErrTaken) {
			continue
		}
		if err != nil {
			return Wallet{}, err
		}
		return w, tx.InsertWallet(w)
	}
	return Wallet{}, fault.ErrInternal.Because(errors.New("wallet: no free number found"))
}

// Default is the owner's oldest wallet, or ErrNone.
func Default(tx Tx, owner ledger.OwnerID) (Wallet, error) {
	wallets, err := tx.WalletsOf(owner)
	if err != nil {
		return Wallet{}, err
	}
	if len(wallets) == 0 {
		return Wallet{}, ErrNone
	}
	return wallets[0], nil
}
