package ledger

import (
	"context"
	"errors"
	"slices"

	"purse/internal/fault"
	"purse/internal/money"
	"purse/internal/unit"
)

// Store is what the ledger needs of an engine: units of work, and a way to
// apply single transfers in batches, many to one durable commit.
type Store interface {
	unit.Work[Tx]
	// Apply carries out one request together with the others that wait, through
	// the function Apply of this package. It returns when the outcome is durable.
	Apply(ctx context.Context, request Request) (Outcome, error)
}

// Book is the ledger as products use it.
type Book struct {
	store Store
}

// NewBook makes a book over a store.
func NewBook(store Store) *Book { return &Book{store} }

// Transfer carries out one request by itself. It is the fast way: requests of
// many callers share a commit. The errors are those of this package.
func (b *Book) Transfer(ctx context.Context, request Request) (Transfer, error) {
	outcome, err := b.store.Apply(ctx, request)
	if err != nil {
		return Transfer{}, err
	}
	return outcome.Transfer, outcome.Err
}

// OpenAccount adds an open, empty account for owner, who is not the system. A
// gift box is kept in play money (money.Play) and nothing else is: so play money
// and real money never meet, for a posting has one currency, and no rate leads
// from one to the other.
func OpenAccount(tx Tx, owner OwnerID, kind AccountKind, currency money.Currency) (Account, error) {
	if owner <= 0 {
		return Account{}, fault.ErrInternal.Because(errors.New("ledger: a customer's account needs an owner"))
	}
	if (kind == Gift) != (currency == money.Play) {
		return Account{}, fault.ErrInternal.Because(errors.New("ledger: gift boxes alone are kept in play money"))
	}
	return insert(tx, owner, kind, currency)
}

func insert(tx Tx, owner OwnerID, kind AccountKind, currency money.Currency) (Account, error) {
	id, err := tx.NewAccountID()
	if err != nil {
		return Account{}, err
	}
	zero := money.New(0, currency)
	a := Account{ID: id, Owner: owner, Kind: kind, Currency: currency, Balance: zero, Held: zero, Status: Open, CreatedAt: tx.Now()}
	return a, tx.InsertAccount(a)
}

// System finds the system's account of a kind and currency, and makes it when
// it is first needed.
func System(tx Tx, kind AccountKind, currency money.Currency) (AccountID, error) {
	id, err := tx.SystemAccount(kind, currency)
	if err != nil || id != 0 {
		return id, err
	}
	a, err := insert(tx, 0, kind, currency)
	if err != nil {
		return 0, err
	}
	return a.ID, tx.SetSystemAccount(kind, currency, a.ID)
}

// One reads one account, locked in an Update, or returns ErrNoAccount.
func One(tx Tx, id AccountID) (Account, error) {
	found, err := tx.Accounts([]AccountID{id})
	if err != nil {
		return Account{}, err
	}
	if len(found) == 0 {
		return Account{}, ErrNoAccount
	}
	return found[0], nil
}

// Reassign gives all accounts of one owner to another, with their balances,
// holds and histories: what happened stays as it was written. Whoever calls it
// sees to it that the first owner opens no accounts meanwhile.
func Reassign(tx Tx, from, to OwnerID) error {
	if from <= 0 || to <= 0 || from == to {
		return fault.ErrInternal.Because(errors.New("ledger: accounts go from one person to another"))
	}
	return tx.ReassignAccounts(from, to)
}

// Close ends an account for ever. It returns ErrNotEmpty while the account has
// a balance or a hold, ErrAccountClosed when it is closed already, and
// ErrNoAccount.
func Close(tx Tx, id AccountID) error {
	a, err := One(tx, id)
	switch {
	case err != nil:
		return err
	case a.Status == Closed:
		return ErrAccountClosed
	case !a.Balance.IsZero() || !a.Held.IsZero():
		return ErrNotEmpty
	}
	return setStatus(tx, a, Closed)
}

// CloseAll ends all accounts of an owner for ever. It returns ErrNotEmpty while
// one of them has a balance or a hold; then nothing is closed.
func CloseAll(tx Tx, owner OwnerID) error {
	accounts, err := Lock(tx, owner)
	if err != nil {
		return err
	}
	var closed []Account
	for _, a := range accounts {
		if a.Owner != owner || a.Status == Closed {
			continue
		}
		if !a.Balance.IsZero() || !a.Held.IsZero() {
			return ErrNotEmpty
		}
		a.Status = Closed
		closed = append(closed, a)
	}
	return tx.Append(Changes{Accounts: closed})
}

// Lock reads all accounts of an owner, and others that the unit will need
// besides, by id; in an Update they stay locked, taken in one order.
func Lock(tx Tx, owner OwnerID, besides ...AccountID) ([]Account, error) {
	own, err := tx.AccountsOf(owner)
	if err != nil {
		return nil, err
	}
	for _, a := range own {
		besides = append(besides, a.ID)
	}
	return tx.Accounts(sorted(besides))
}

// Freeze stops all movement on an account; Thaw lets it go on. Freezing twice,
// or thawing what is not frozen, changes nothing. A closed account gives ErrAccountClosed.
func Freeze(tx Tx, id AccountID) error { return change(tx, id, Frozen, Open, Blocked) }

// Thaw opens a frozen account again, also one that was blocked before: whoever
// blocks accounts asks again for what they owe.
func Thaw(tx Tx, id AccountID) error { return change(tx, id, Open, Frozen) }

// change gives an account another status if it has one of from.
func change(tx Tx, id AccountID, status Status, from ...Status) error {
	a, err := One(tx, id)
	switch {
	case err != nil:
		return err
	case a.Status == Closed:
		return ErrAccountClosed
	case !slices.Contains(from, a.Status):
		return nil
	}
	return setStatus(tx, a, status)
}

// Block keeps money from leaving those of some accounts that are open, until
// Unblock opens them again. The ids are sorted and distinct.
func Block(tx Tx, ids ...AccountID) error { return turn(tx, ids, Open, Blocked) }

// Unblock opens those of some accounts that are blocked, likewise.
func Unblock(tx Tx, ids ...AccountID) error { return turn(tx, ids, Blocked, Open) }

// turn gives those accounts that have the status from the status to.
func turn(tx Tx, ids []AccountID, from, to Status) error {
	if len(ids) == 0 {
		return nil
	}
	accounts, err := tx.Accounts(ids)
	if err != nil {
		return err
	}
	var changed []Account
	for _, a := range accounts {
		if a.Status == from {
			a.Status = to
			changed = append(changed, a)
		}
	}
	return tx.Append(Changes{Accounts: changed})
}

func setStatus(tx Tx, a Account, status Status) error {
	a.Status = status
	return tx.Append(Changes{Accounts: []Account{a}})
}

// Reverse takes a transfer back by another one with its postings turned
// round, last first. It can be refused as any transfer can (the money may
// have been spent, an account be blocked); ErrReversed when it was taken back before or is a reversal.
func Reverse(tx Tx, id TransferID, actor OwnerID, meta string) (Transfer, error) {
	original, err := tx.Transfer(id)
	if err != nil {
		return Transfer{}, err
	}
	if !original.Reverses.IsZero() {
		return Transfer{}, ErrReversed
	}
	request := Request{Kind: Reversal, Actor: actor, Meta: meta, reverses: id}
	var accounts []AccountID
	for i := len(original.Entries) - 2; i >= 0; i -= 2 {
		debit, credit := original.Entries[i], original.Entries[i+1]
		request.Postings = append(request.Postings, Posting{From: credit.Account, To: debit.Account, Amount: credit.Amount})
		accounts = append(accounts, debit.Account, credit.Account)
	}
	// The accounts are locked before the look, so that of two callers one sees the other's reversal.
	if _, err := tx.Accounts(sorted(accounts)); err != nil {
		return Transfer{}, err
	}
	earlier, err := tx.ReversalOf(id)
	if err != nil {
		return Transfer{}, err
	}
	if !earlier.IsZero() {
		return Transfer{}, ErrReversed
	}
	return Post(tx, request)
}
