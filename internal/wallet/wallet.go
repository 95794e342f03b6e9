// Package wallet is the rules of wallets: accounts with a name and a 10-digit
// number, one for each currency that a person keeps money in. Money is put in
// and taken out, and goes to any other account that has a number; each wallet
// owes a monthly fee, and is blocked while it cannot pay. A person's oldest
// wallet is the default one. Balances are the ledger's.
//
// A wallet that is another person's does not exist to a caller.
package wallet

import (
	"errors"
	"strconv"
	"time"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/statement"
)

// Names of wallets. How long one may be is the wallet document's.
const (
	DefaultName = "My wallet"
	MaxName     = 30 // characters
)

// Currencies are those that a person may open a wallet in. The default wallet
// is in the operator's base currency, which may be another one.
var Currencies = []money.Currency{money.KZT, money.USD, money.EUR}

// Errors of wallets.
var (
	// ErrNone is a person without a wallet.
	ErrNone = fault.Define(fault.NotFound, "wallet.none", "the user has no wallet")
	// ErrUnknown is a wallet that does not exist, or is not the caller's.
	ErrUnknown = fault.Define(fault.NotFound, "wallet.unknown", "no such wallet")
	// ErrCurrency is a new wallet in a currency that is none of Currencies.
	ErrCurrency = fault.Define(fault.Invalid, "wallet.currency", "a wallet cannot be opened in this currency")
	// ErrCurrencyTaken is a second wallet in one currency.
	ErrCurrencyTaken = fault.Define(fault.Conflict, "wallet.currency_taken", "the user has a wallet in this currency")
)

// Wallet is what a wallet is besides its ledger account, whose id it shares.
type Wallet struct {
	ID        ledger.AccountID
	Owner     ledger.OwnerID
	Currency  money.Currency
	Number    string
	CreatedAt time.Time

	Name      string
	UpdatedAt time.Time // of this row
	FeeDueAt  time.Time // when the fee is asked for next
}

// Due is a wallet whose fee is to be asked for, and since when.
type Due struct {
	At     time.Time
	Wallet ledger.AccountID
}

// Tx is the rows of wallets.
type Tx interface {
	ledger.Tx
	ledger.Savepointer
	claim.Tx
	statement.Tx

	// User reads a user, or returns identity.ErrNoUser; in an Update the row stays locked.
	User(identity.UserID) (identity.User, error)
	// InsertWallet adds a wallet whose account exists.
	InsertWallet(Wallet) error
	// WalletsOf lists an owner's wallets, the oldest first.
	WalletsOf(owner ledger.OwnerID) ([]Wallet, error)
	// Wallets reads the wallets of ids, which are sorted and distinct, in that
	// order; in an Update the rows stay locked until the end, and whoever locks
	// accounts too has locked them before. Those that do not exist are left out.
	Wallets(ids []ledger.AccountID) ([]Wallet, error)
	// WalletsAfter lists at most limit wallets above after, by id.
	WalletsAfter(after ledger.AccountID, limit int) ([]Wallet, error)
	// UpdateWallets writes the names, update times and due times of wallets.
	UpdateWallets([]Wallet) error
	// DueWallets lists at most limit wallets in some currencies whose fee is due
	// by the unit's time, in order, from the one after the given one on.
	DueWallets(currencies []money.Currency, after Due, limit int) ([]Due, error)
	// NextFee is the first time later than after at which a fee is due; found is
	// false when there is none.
	NextFee(after time.Time) (at time.Time, found bool, err error)
	// ForgetWallets takes the names off all wallets of an owner.
	ForgetWallets(owner ledger.OwnerID) error
	// ReassignWallets gives an owner's wallets to another, who lists them after
	// their own.
	ReassignWallets(from, to ledger.OwnerID) error
}

// numberTries bounds the search for a number that nobody has. One number in a
// thousand would be taken only after nine million wallets.
const numberTries = 50

// Open opens an empty wallet with a new number and the default name, in the
// caller's unit of work, in any currency that accounts are kept in. It returns
// ErrCurrencyTaken when the owner has one in this currency.
func Open(tx Tx, numbers *number.Directory, owner ledger.OwnerID, currency money.Currency) (Wallet, error) {
	return open(tx, numbers, owner, DefaultName, currency)
}

func open(tx Tx, numbers *number.Directory, owner ledger.OwnerID, name string, currency money.Currency) (Wallet, error) {
	account, err := ledger.OpenAccount(tx, owner, ledger.Wallet, currency)
	if err != nil {
		return Wallet{}, err
	}
	if err := tx.Claim(claim.Wallet, only(owner, currency), int64(account.ID)); errors.Is(err, claim.ErrTaken) {
		return Wallet{}, ErrCurrencyTaken
	} else if err != nil {
		return Wallet{}, err
	}
	w := Wallet{
		ID: account.ID, Owner: owner, Currency: currency, CreatedAt: account.CreatedAt,
		Name: name, UpdatedAt: account.CreatedAt, FeeDueAt: account.CreatedAt.Add(Period),
	}
	for range numberTries {
		w.Number = number.Wallet()
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

// only is the claim that lets an owner have one wallet in a currency.
func only(owner ledger.OwnerID, currency money.Currency) string {
	return strconv.FormatInt(int64(owner), 10) + " " + currency.Code()
}

// Reassign gives an owner's wallets to another, who lists them after their own and
// may then have two in one currency. The accounts are the ledger's to reassign.
func Reassign(tx Tx, from, to ledger.OwnerID) error {
	wallets, err := tx.WalletsOf(from)
	if err != nil {
		return err
	}
	for _, w := range wallets {
		if err := tx.ReleaseClaim(claim.Wallet, only(from, w.Currency)); err != nil {
			return err
		}
		_, found, err := tx.FindClaim(claim.Wallet, only(to, w.Currency))
		if err != nil {
			return err
		}
		if found {
			continue
		}
		if err := tx.Claim(claim.Wallet, only(to, w.Currency), int64(w.ID)); err != nil {
			return err
		}
	}
	return tx.ReassignWallets(from, to)
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

// own is the owner's wallet, or ErrUnknown.
func own(tx Tx, owner ledger.OwnerID, id ledger.AccountID) (Wallet, error) {
	found, err := tx.Wallets([]ledger.AccountID{id})
	if err != nil {
		return Wallet{}, err
	}
	if len(found) == 0 || found[0].Owner != owner {
		return Wallet{}, ErrUnknown
	}
	return found[0], nil
}
