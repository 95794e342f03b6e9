package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/clock"
	"purse/internal/fx"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/wallet"
)

// shop is the bank's products over an engine.
type shop struct {
	t        *testing.T
	engine   store.Engine
	clock    *clock.Manual
	ids      id.Source
	numbers  *number.Directory
	rates    *fx.Exchange
	wallets  *wallet.Service
	fees     *wallet.Fees
	cards    *card.Service
	savings  *saving.Service
	bills    *bill.Service
	payments *payment.Service
}

// callers is how many race for one thing.
const callers = 50

// Products holds an engine to the rules of wallets, cards, savings, bills and gifts,
// through the packages that have them.
func Products(t *testing.T, open Open) {
	for name, tests := range map[string]map[string]func(s *shop){
		"wallet": walletRules, "wallet transfer": walletTransferRules, "fee": feeRules, "card": cardRules, "saving": savingRules, "bill": billRules, "statement": statementRules, "portfolio": portfolioRules,
		"gift": giftRules, "leaving": leavingRules, "renewal": renewalRules, "bulk": bulkRules,
	} {
		for rule, test := range tests {
			t.Run(name+"/"+rule, func(t *testing.T) {
				s := newShop(t, open, money.New(0, money.USD))
				test(s)
				ledgertest.Verify(t, s.engine)
			})
		}
	}
	t.Run("card/a grant opens a card from the promotions account", func(t *testing.T) {
		openingGrant(newShop(t, open, money.New(2550, money.USD)))
	})
}

func newShop(t *testing.T, open Open, grant money.Amount) *shop {
	now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, engine: open(t, now), clock: now}
	s.numbers = number.NewDirectory(store.Narrow[number.Tx](s.engine), root)
	s.rates = fx.New(store.Narrow[fx.Tx](s.engine), 48*time.Hour)
	s.fees = wallet.NewFees(store.Narrow[wallet.Tx](s.engine), s.rates)
	s.payments = payment.New(payment.Options{Work: store.Narrow[payment.Tx](s.engine), Book: ledger.NewBook(store.Ledger(s.engine)), Converter: s.rates, Settler: s.fees})
	s.wallets = wallet.New(wallet.Options{Work: store.Narrow[wallet.Tx](s.engine), Payments: s.payments, Numbers: s.numbers})
	s.cards = card.New(card.Options{Work: store.Narrow[card.Tx](s.engine), Payments: s.payments, Numbers: s.numbers, Root: root, Grant: grant})
	s.savings = saving.New(saving.Options{Work: store.Narrow[saving.Tx](s.engine), Payments: s.payments, Grant: grant})
	s.bills = bill.New(bill.Options{Work: store.Narrow[bill.Tx](s.engine), Cards: s.cards, Payments: s.payments})
	return s
}

// person adds a user, without a wallet.
func (s *shop) person(first, last string) ledger.OwnerID {
	s.t.Helper()
	var owner ledger.OwnerID
	s.update(func(tx store.Tx) error {
		next, err := tx.NextID("user")
		owner = ledger.OwnerID(next)
		if err != nil {
			return err
		}
		return tx.InsertUser(identity.User{
			ID: identity.UserID(next), UUID: s.ids.New(tx.Now()), Status: identity.Active, CreatedAt: tx.Now(),
			Profile: identity.Profile{FirstName: first, LastName: last},
		})
	})
	return owner
}

// customer adds a user with a wallet in USD.
func (s *shop) customer(first, last string) ledger.OwnerID {
	s.t.Helper()
	owner := s.person(first, last)
	s.wallet(owner, money.USD)
	return owner
}

// wallet is the owner's wallet in a currency, opened when there is none.
func (s *shop) wallet(owner ledger.OwnerID, currency money.Currency) (w wallet.Wallet) {
	s.t.Helper()
	s.update(func(tx store.Tx) error {
		wallets, err := tx.WalletsOf(owner)
		if err != nil {
			return err
		}
		for _, w = range wallets {
			if w.Currency == currency {
				return nil
			}
		}
		w, err = wallet.Open(tx, s.numbers, owner, currency)
		return err
	})
	return w
}

// card makes a card with so many minor units on it.
func (s *shop) card(owner ledger.OwnerID, minor int64) card.Card {
	s.t.Helper()
	c, err := s.cards.Create(s.t.Context(), owner, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if minor > 0 {
		s.deposit(c.ID, money.New(minor, c.Balance.Currency()))
	}
	return c
}

func (s *shop) deposit(account ledger.AccountID, amount money.Amount) {
	s.t.Helper()
	s.update(func(tx store.Tx) error {
		source, err := ledger.System(tx, ledger.CashIn, amount.Currency())
		if err != nil {
			return err
		}
		_, err = ledger.Post(tx, ledger.Request{Kind: "deposit", Postings: []ledger.Posting{{From: source, To: account, Amount: amount}}})
		return err
	})
}

func (s *shop) update(fn func(tx store.Tx) error) {
	s.t.Helper()
	if err := s.engine.Update(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// balance is an account's balance in minor units.
func (s *shop) balance(account ledger.AccountID) (minor int64) {
	s.t.Helper()
	err := s.engine.View(s.t.Context(), func(tx store.Tx) error {
		a, err := ledger.One(tx, account)
		minor = a.Balance.Minor()
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return minor
}

// system is the balance of a system account in USD, in minor units.
func (s *shop) system(kind ledger.AccountKind) (minor int64) {
	s.t.Helper()
	s.update(func(tx store.Tx) error {
		account, err := ledger.System(tx, kind, money.USD)
		if err != nil {
			return err
		}
		a, err := ledger.One(tx, account)
		minor = a.Balance.Minor()
		return err
	})
	return minor
}

// race runs do with many callers at once, and returns how many succeeded; the
// others must all have failed with want.
func (s *shop) race(want error, do func(ctx context.Context) error) (won int) {
	s.t.Helper()
	failed := make([]error, callers)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		wait.Go(func() {
			<-start
			failed[i] = do(s.t.Context())
		})
	}
	close(start)
	wait.Wait()
	for _, err := range failed {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, want):
			s.t.Errorf("a loser got %v, want %v", err, want)
		}
	}
	return won
}

// undoneFirst runs each unit of work as an engine does that lost its connection: a
// first time, which is undone, and again; something happens between.
type undoneFirst struct {
	store.Engine
	between func()
}

func (u undoneFirst) Update(ctx context.Context, fn func(store.Tx) error) error {
	_ = u.Engine.Update(ctx, func(tx store.Tx) error { return errors.Join(fn(tx), errOwn) })
	u.between()
	return u.Engine.Update(ctx, fn)
}

// refuses checks that err is want.
func (s *shop) refuses(what string, err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func decimal(text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

func keyOf(name, body string) *ledger.Key {
	return &ledger.Key{KeyName: ledger.KeyName{Scope: "test", Value: name}, Fingerprint: sha256.Sum256([]byte(body))}
}
