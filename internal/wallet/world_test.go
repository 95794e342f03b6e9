package wallet_test

import (
	"os"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fx"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/wallet"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const day = 24 * time.Hour

// node is the services of wallets as one Purse has them.
type node struct {
	t       testing.TB
	engine  store.Engine
	rates   *fx.Exchange
	fees    *wallet.Fees
	wallets *wallet.Service
}

func newNode(t testing.TB, engine store.Engine) node {
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	n := node{t: t, engine: engine, rates: fx.NewForDevelopment(store.Narrow[fx.Tx](engine), 48*time.Hour)}
	n.fees = wallet.NewFees(store.Narrow[wallet.Tx](engine), n.rates)
	n.wallets = wallet.New(wallet.Options{
		Work: store.Narrow[wallet.Tx](engine), Numbers: number.NewDirectory(store.Narrow[number.Tx](engine), root),
		Payments: payment.New(payment.Options{Work: store.Narrow[payment.Tx](engine), Book: ledger.NewBook(store.Ledger(engine)), Converter: n.rates, Settler: n.fees}),
	})
	return n
}

// person adds a user.
func (n node) person() (owner ledger.OwnerID) {
	n.t.Helper()
	var ids id.Source
	n.must(n.engine.Update(n.t.Context(), func(tx store.Tx) error {
		next, err := tx.NextID("user")
		if err != nil {
			return err
		}
		owner = ledger.OwnerID(next)
		return tx.InsertUser(identity.User{ID: identity.UserID(next), UUID: ids.New(tx.Now()), Status: identity.Active, CreatedAt: tx.Now()})
	}))
	return owner
}

// wallet opens a wallet with an amount in it.
func (n node) wallet(owner ledger.OwnerID, currency money.Currency, amount string) wallet.View {
	n.t.Helper()
	v, err := n.wallets.Create(n.t.Context(), owner, wallet.DefaultName, currency.Code(), nil)
	n.must(err)
	decimal, err := money.ParseDecimal(amount)
	n.must(err)
	if decimal.Sign() > 0 {
		_, err = n.wallets.Deposit(n.t.Context(), wallet.Movement{Owner: owner, Wallet: v.ID, Amount: decimal})
		n.must(err)
	}
	return n.see(v)
}

func (n node) see(v wallet.View) wallet.View {
	n.t.Helper()
	seen, err := n.wallets.Get(n.t.Context(), v.Owner, v.ID)
	n.must(err)
	return seen
}

func (n node) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func newClock() *clock.Manual {
	return clock.NewManual(time.Date(2031, time.March, 1, 12, 34, 56, 789_000, time.UTC))
}
