package wallet

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/unit"
)

// Options is what a Service needs.
type Options struct {
	Work     unit.Work[Tx]
	Payments *payment.Service
	Numbers  *number.Directory
}

// Service is wallets as the surfaces use them. It is safe for concurrent use.
type Service struct {
	work     unit.Work[Tx]
	payments *payment.Service
	numbers  *number.Directory
}

// New makes a service.
func New(o Options) *Service { return &Service{o.Work, o.Payments, o.Numbers} }

// View is a wallet as its owner sees it. UpdatedAt is when anything about it
// changed last, its balance too.
type View struct {
	Wallet
	Balance money.Amount
	Active  bool // false while money cannot leave it
}

// List is the owner's wallets, the oldest first; none is no error.
func (s *Service) List(ctx context.Context, owner ledger.OwnerID) (views []View, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		wallets, err := tx.WalletsOf(owner)
		if err != nil {
			return err
		}
		views = make([]View, len(wallets))
		for i, w := range wallets {
			if views[i], err = view(tx, w); err != nil {
				return err
			}
		}
		return nil
	})
	return views, err
}

// Get is the owner's wallet, or ErrUnknown.
func (s *Service) Get(ctx context.Context, owner ledger.OwnerID, id ledger.AccountID) (v View, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		w, err := own(tx, owner, id)
		if err != nil {
			return err
		}
		v, err = view(tx, w)
		return err
	})
	return v, err
}

// view reads a wallet's account, and when its newest entry was made.
func view(tx Tx, w Wallet) (View, error) {
	account, err := ledger.One(tx, w.ID)
	if err != nil {
		return View{}, fault.ErrInternal.Because(err)
	}
	newest, err := tx.Lines(w.ID, 0, 1)
	if err != nil {
		return View{}, err
	}
	if len(newest) > 0 && newest[0].At.After(w.UpdatedAt) {
		w.UpdatedAt = newest[0].At
	}
	return View{w, account.Balance, account.Status == ledger.Open}, nil
}

// Create opens a wallet in a currency, which is its code, such as "KZT". The
// same key gives the same wallet, as it was made. It returns ErrCurrency, and
// ErrCurrencyTaken when the owner has one in this currency: of callers at once,
// one opens it. For an owner who has left it is identity.ErrNoUser.
func (s *Service) Create(ctx context.Context, owner ledger.OwnerID, name, currency string, key *ledger.Key) (View, error) {
	in, err := money.ParseCurrency(currency)
	if err != nil || !slices.Contains(Currencies, in) {
		return View{}, ErrCurrency
	}
	var w Wallet
	ref, replayed, err := ledger.Once(ctx, s.work, key, func(tx Tx) (string, error) {
		var err error
		w, err = s.create(tx, owner, name, in)
		return strconv.FormatInt(int64(w.ID), 10), err
	})
	if err != nil {
		return View{}, err
	}
	if replayed {
		if w, err = s.byRef(ctx, ref); err != nil {
			return View{}, err
		}
		w.Name, w.UpdatedAt = name, w.CreatedAt
	}
	return View{w, money.New(0, w.Currency), true}, nil
}

func (s *Service) create(tx Tx, owner ledger.OwnerID, name string, currency money.Currency) (Wallet, error) {
	if _, err := identity.ActiveUser(tx, identity.UserID(owner)); err != nil {
		return Wallet{}, err
	}
	wallets, err := tx.WalletsOf(owner)
	if err != nil {
		return Wallet{}, err
	}
	if slices.ContainsFunc(wallets, func(w Wallet) bool { return w.Currency == currency }) {
		return Wallet{}, ErrCurrencyTaken
	}
	return open(tx, s.numbers, owner, name, currency)
}

// byRef reads a wallet that an idempotency key names.
func (s *Service) byRef(ctx context.Context, ref string) (Wallet, error) {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return Wallet{}, fault.ErrInternal.Because(errors.New("wallet: a key does not name a wallet"))
	}
	var found []Wallet
	err = s.work.View(ctx, func(tx Tx) error {
		found, err = tx.Wallets([]ledger.AccountID{ledger.AccountID(id)})
		return err
	})
	if err == nil && len(found) == 0 {
		err = fault.ErrInternal.Because(errors.New("wallet: a key names a wallet that is not there"))
	}
	if err != nil {
		return Wallet{}, err
	}
	return found[0], nil
}

// Rename gives the owner's wallet another name, or returns ErrUnknown, or
// identity.ErrNoUser for an owner who has left.
func (s *Service) Rename(ctx context.Context, owner ledger.OwnerID, id ledger.AccountID, name string) (v View, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		if _, err := identity.ActiveUser(tx, identity.UserID(owner)); err != nil {
			return err
		}
		w, err := own(tx, owner, id)
		if err != nil {
			return err
		}
		w.Name, w.UpdatedAt = name, tx.Now()
		return tx.UpdateWallets([]Wallet{w})
	})
	if err != nil {
		return View{}, err
	}
	return s.Get(ctx, owner, id)
}
