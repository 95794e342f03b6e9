package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/wallet"
)

// newWallet opens a wallet as its owner does, with so many minor units in it.
func (s *shop) newWallet(owner ledger.OwnerID, currency money.Currency, minor int64) wallet.View {
	s.t.Helper()
	v, err := s.wallets.Create(s.t.Context(), owner, "Travel", currency.Code(), nil)
	s.must(err)
	if minor > 0 {
		s.put(v, money.New(minor, currency).String())
	}
	return v
}

// put deposits an amount.
func (s *shop) put(v wallet.View, amount string) wallet.Moved {
	s.t.Helper()
	moved, err := s.wallets.Deposit(s.t.Context(), wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: decimal(amount)})
	s.must(err)
	return moved
}

// see reads a wallet.
func (s *shop) see(v wallet.View) wallet.View {
	s.t.Helper()
	seen, err := s.wallets.Get(s.t.Context(), v.Owner, v.ID)
	s.must(err)
	return seen
}

var walletRules = map[string]func(s *shop){
	"a new wallet is empty, active, and owes its first fee in thirty days": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v, err := s.wallets.Create(s.t.Context(), ann, "Travel", "KZT", nil)
		s.must(err)
		now := s.clock.Now()
		if v.Name != "Travel" || v.Currency != money.KZT || v.Balance != money.New(0, money.KZT) || !v.Active || len(v.Number) != 10 ||
			!v.CreatedAt.Equal(now) || !v.UpdatedAt.Equal(now) || !v.FeeDueAt.Equal(now.Add(30*24*time.Hour)) {
			s.t.Errorf("%+v", v)
		}
		if seen := s.see(v); seen != v {
			s.t.Errorf("read again: %+v, want %+v", seen, v)
		}
	},
	"wallets are listed by age, none is an empty list": func(s *shop) {
		ann := s.person("Ann", "Lee")
		list := func() (currencies []string) {
			views, err := s.wallets.List(s.t.Context(), ann)
			s.must(err)
			for _, v := range views {
				currencies = append(currencies, v.Currency.Code())
			}
			return currencies
		}
		if got := list(); got != nil {
			s.t.Error(got)
		}
		for _, currency := range []money.Currency{money.USD, money.EUR, money.KZT} {
			s.newWallet(ann, currency, 0)
		}
		if got := list(); !slices.Equal(got, []string{"USD", "EUR", "KZT"}) {
			s.t.Error(got)
		}
	},
	"wallets are opened in three currencies, one in each, the default one counting": func(s *shop) {
		ann := s.customer("Ann", "Lee") // has one in USD
		for _, c := range []struct {
			currency string
			want     error
		}{{"USD", wallet.ErrCurrencyTaken}, {"EUR", nil}, {"EUR", wallet.ErrCurrencyTaken}, {"RUB", wallet.ErrCurrency}, {"XXX", wallet.ErrCurrency}, {"kzt", wallet.ErrCurrency}, {"", wallet.ErrCurrency}} {
			_, err := s.wallets.Create(s.t.Context(), ann, "W", c.currency, nil)
			s.refuses(c.currency, err, c.want)
		}
		s.refuses("the default one again", s.engine.Update(s.t.Context(), func(tx store.Tx) error {
			_, err := wallet.Open(tx, s.numbers, ann, money.EUR)
			return err
		}), wallet.ErrCurrencyTaken)
	},
	"of many who open a wallet in one currency one does": func(s *shop) {
		ann := s.person("Ann", "Lee")
		won := s.race(wallet.ErrCurrencyTaken, func(ctx context.Context) error {
			_, err := s.wallets.Create(ctx, ann, "W", "EUR", nil)
			return err
		})
		views, err := s.wallets.List(s.t.Context(), ann)
		s.must(err)
		if won != 1 || len(views) != 1 {
			s.t.Errorf("%d won, %d wallets", won, len(views))
		}
	},
	"one key opens one wallet, and repeats the answer": func(s *shop) {
		ann := s.person("Ann", "Lee")
		first, err := s.wallets.Create(s.t.Context(), ann, "Travel", "EUR", keyOf("k", ""))
		s.must(err)
		s.clock.Advance(time.Hour)
		s.put(first, "3")
		_, err = s.wallets.Rename(s.t.Context(), ann, first.ID, "Other")
		s.must(err)
		again, err := s.wallets.Create(s.t.Context(), ann, "Travel", "EUR", keyOf("k", ""))
		s.must(err)
		if again != first {
			s.t.Errorf("%+v, then %+v", first, again)
		}
	},
	"a wallet has the name that it was given last": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v := s.newWallet(ann, money.EUR, 0)
		s.clock.Advance(time.Hour)
		renamed, err := s.wallets.Rename(s.t.Context(), ann, v.ID, "Жинақ")
		s.must(err)
		if renamed.Name != "Жинақ" || !renamed.UpdatedAt.Equal(s.clock.Now()) || s.see(v) != renamed {
			s.t.Errorf("%+v", renamed)
		}
		s.clock.Advance(time.Hour)
		s.put(v, "1")
		if seen := s.see(v); !seen.UpdatedAt.Equal(s.clock.Now()) || !seen.CreatedAt.Equal(v.CreatedAt) {
			s.t.Errorf("after a deposit: %+v", seen)
		}
	},
	"another's wallet is not there": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		theirs := s.newWallet(bob, money.EUR, 500)
		c := s.card(s.customer("Kim", "Oh"), 0)
		for _, id := range []ledger.AccountID{theirs.ID, c.ID, 0, 1 << 50} {
			_, err := s.wallets.Get(s.t.Context(), ann, id)
			s.refuses("get", err, wallet.ErrUnknown)
			_, err = s.wallets.Rename(s.t.Context(), ann, id, "Mine")
			s.refuses("rename", err, wallet.ErrUnknown)
			m := wallet.Movement{Owner: ann, Wallet: id, Amount: decimal("0.001")}
			_, err = s.wallets.Deposit(s.t.Context(), m)
			s.refuses("deposit", err, wallet.ErrUnknown)
			_, err = s.wallets.Withdraw(s.t.Context(), m)
			s.refuses("withdraw", err, wallet.ErrUnknown)
		}
		if seen := s.see(theirs); seen.Name != "Travel" || seen.Balance != money.New(500, money.EUR) {
			s.t.Errorf("%+v", seen)
		}
	},
	"money comes in from outside and goes out again": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v := s.newWallet(ann, money.USD, 0)
		in := s.put(v, "12.5")
		s.clock.Advance(time.Minute)
		out, err := s.wallets.Withdraw(s.t.Context(), wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("2.25")})
		s.must(err)
		if in.Amount.String() != "12.50" || in.Balance.String() != "12.50" || out.Amount.String() != "2.25" || out.Balance.String() != "10.25" {
			s.t.Error(in, out)
		}
		if cashIn, cashOut := s.system(ledger.CashIn), s.system(ledger.CashOut); cashIn != -1250 || cashOut != 225 || s.balance(v.ID) != 1025 {
			s.t.Errorf("%d came in, %d went out", cashIn, cashOut)
		}
	},
	"movements are refused as they should be": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v := s.newWallet(ann, money.USD, 500)
		for _, c := range []struct {
			amount            string
			deposit, withdraw error
		}{
			{"0", ledger.ErrAmount, ledger.ErrAmount},
			{"-1", ledger.ErrAmount, ledger.ErrAmount},
			{"1.001", money.ErrTooPrecise, money.ErrTooPrecise},
			{"1e30", money.ErrDecimalRange, money.ErrDecimalRange},
			{"5.01", nil, ledger.ErrInsufficientFunds},
		} {
			m := wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal(c.amount)}
			_, err := s.wallets.Withdraw(s.t.Context(), m)
			s.refuses("withdraw "+c.amount, err, c.withdraw)
			_, err = s.wallets.Deposit(s.t.Context(), m)
			s.refuses("deposit "+c.amount, err, c.deposit)
		}
	},
	"a repeated key repeats a movement's answer": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v := s.newWallet(ann, money.USD, 500)
		m := wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("4"), Key: keyOf("out", "4")}
		first, err := s.wallets.Withdraw(s.t.Context(), m)
		s.must(err)
		s.put(v, "100")
		again, err := s.wallets.Withdraw(s.t.Context(), m)
		s.must(err)
		if again != first || s.balance(v.ID) != 10_100 {
			s.t.Errorf("%v, then %v", first, again)
		}
	},
	"of many who take the last money out one gets it": func(s *shop) {
		ann := s.person("Ann", "Lee")
		v := s.newWallet(ann, money.USD, 500)
		won := s.race(ledger.ErrInsufficientFunds, func(ctx context.Context) error {
			_, err := s.wallets.Withdraw(ctx, wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("5")})
			return err
		})
		if won != 1 || s.balance(v.ID) != 0 {
			s.t.Errorf("%d won", won)
		}
	},
	"an undone unit leaves a currency free": func(s *shop) {
		ann := s.person("Ann", "Lee")
		undone := errors.New("undone")
		s.refuses("update", s.engine.Update(s.t.Context(), func(tx store.Tx) error {
			_, err := wallet.Open(tx, s.numbers, ann, money.EUR)
			return errors.Join(err, undone)
		}), undone)
		s.newWallet(ann, money.EUR, 0)
	},
}
