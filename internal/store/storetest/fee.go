package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"purse/internal/card"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/saving"
	"purse/internal/statement"
	"purse/internal/store"
	"purse/internal/wallet"
)

const day = 24 * time.Hour

func cardTransfer(owner ledger.OwnerID, from, to, amount string) card.TransferRequest {
	return card.TransferRequest{Owner: owner, From: from, To: to, Amount: decimal(amount)}
}

// charge runs the job of fees.
func (s *shop) charge() {
	s.t.Helper()
	s.must(s.fees.Charge(s.t.Context()))
}

// stands checks a wallet's balance, whether it is active, and when it is asked next.
func (s *shop) stands(what string, v wallet.View, balance string, active bool, due time.Time) {
	s.t.Helper()
	seen := s.see(v)
	if seen.Balance.String() != balance || seen.Active != active || !seen.FeeDueAt.Equal(due) {
		s.t.Errorf("%s: %s, active %v, due %s; want %s, %v, %s", what, seen.Balance, seen.Active, seen.FeeDueAt, balance, active, due)
	}
}

// blockedWallet is a wallet that could not pay, with so many minor units in it.
func (s *shop) blockedWallet(owner ledger.OwnerID, currency money.Currency, minor int64) wallet.View {
	s.t.Helper()
	v := s.newWallet(owner, currency, minor)
	s.clock.Set(v.FeeDueAt)
	s.charge()
	if s.see(v).Active {
		s.t.Fatal("the wallet is not blocked")
	}
	return v
}

var feeRules = map[string]func(s *shop){
	"each wallet pays 200 KZT thirty days after it was made and every thirty days after": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.KZT, 100_000)
		made := s.clock.Now()
		for _, step := range []struct {
			at      time.Duration
			balance string
			due     time.Duration
		}{
			{30*day - time.Microsecond, "1000.00", 30 * day},
			{30 * day, "800.00", 60 * day},
			{30 * day, "800.00", 60 * day},
			{60*day + time.Minute, "600.00", 90 * day}, // the job's minute moves nothing
			{90*day + time.Hour, "400.00", 120 * day},
			{121 * day, "200.00", 151 * day}, // a day late: a period from the payment
			{300 * day, "0.00", 330 * day},   // one fee for what was missed
		} {
			s.clock.Set(made.Add(step.at))
			s.charge()
			s.stands(step.at.String(), v, step.balance, true, made.Add(step.due))
		}
		if got := s.lines(v); len(got) != 6 || got[0] != "FEE 200.00 "+v.Number+">" || got[4] != got[0] {
			s.t.Errorf("%q", got)
		}
	},
	"the fee is converted to the wallet's currency, and remembers its rate": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.EUR, 1000)
		s.clock.Set(v.FeeDueAt)
		s.setRates(map[string]string{"KZT": "480", "EUR": "0.9"}) // 0.375 EUR
		s.charge()
		s.stands("charged", v, "9.62", true, v.FeeDueAt.Add(30*day))
		lines, err := s.wallets.History(s.t.Context(), v.Owner, v.ID, ledger.TransferID{}, 1)
		s.must(err)
		s.update(func(tx store.Tx) error {
			t, err := tx.Transfer(lines[0].ID)
			if memo := statement.ReadMemo(t.Meta); memo.Label != "Monthly fee" || string(memo.Exchange) == "" || t.Kind != "fee" {
				s.t.Errorf("%s %s", t.Kind, t.Meta)
			}
			fees, _ := ledger.System(tx, ledger.Fees, money.EUR)
			if balance, _ := t.BalanceAfter(fees); balance != money.New(38, money.EUR) {
				s.t.Errorf("the fees account has %s", balance)
			}
			return err
		})
	},
	"a fee of nothing is no transfer": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.EUR, 1000)
		s.clock.Set(v.FeeDueAt)
		s.setRates(map[string]string{"KZT": "100000", "EUR": "1"})
		s.charge()
		s.stands("charged", v, "10.00", true, v.FeeDueAt.Add(30*day))
	},
	"the default wallet owes it too": func(s *shop) {
		s.setRates(map[string]string{"KZT": "500"})
		w := s.wallet(s.customer("Ann", "Lee"), money.USD)
		s.deposit(w.ID, money.New(100, money.USD))
		s.clock.Advance(30 * day)
		s.setRates(map[string]string{"KZT": "500"})
		s.charge()
		if s.balance(w.ID) != 60 {
			s.t.Error(s.balance(w.ID))
		}
	},
	"who cannot pay is blocked: money comes in and none goes out": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.customer("Bob", "Ray")
		v := s.blockedWallet(ann, money.KZT, 19_999)
		s.stands("blocked", v, "199.99", false, v.FeeDueAt.Add(30*day))
		if seen := s.see(v); !seen.UpdatedAt.Equal(s.clock.Now()) {
			s.t.Errorf("updated at %s", seen.UpdatedAt)
		}
		_, err := s.wallets.Withdraw(s.t.Context(), wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("1")})
		s.refuses("withdraw", err, wallet.ErrBlocked)
		_, err = s.send(v, s.wallet(bob, money.KZT).Number, "1")
		s.refuses("transfer", err, wallet.ErrBlocked)
		s.setRates(map[string]string{"KZT": "500"})
		_, err = s.send(v, s.wallet(bob, money.USD).Number, "100")
		s.refuses("convert", err, wallet.ErrBlocked)
		s.clock.Advance(90 * day)
		s.charge()
		if seen := s.see(v); seen.Balance != money.New(19_999, money.KZT) || seen.Active {
			s.t.Errorf("three months later: %+v", seen)
		}
	},
	"a deposit that covers the fee pays it at once and unblocks": func(s *shop) {
		v := s.blockedWallet(s.person("Ann", "Lee"), money.KZT, 5000)
		s.clock.Advance(3 * day)
		m := wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: decimal("149.99"), Key: keyOf("short", "")}
		short, err := s.wallets.Deposit(s.t.Context(), m)
		s.must(err)
		if seen := s.see(v); short.Balance.String() != "199.99" || seen.Active || seen.Balance != short.Balance {
			s.t.Errorf("%+v, then %+v", short, seen)
		}
		m.Amount, m.Key = decimal("300.01"), keyOf("enough", "")
		enough, err := s.wallets.Deposit(s.t.Context(), m)
		s.must(err)
		if enough.Amount.String() != "300.01" || enough.Balance.String() != "300.00" {
			s.t.Errorf("%+v", enough)
		}
		s.stands("paid", v, "300.00", true, s.clock.Now().Add(30*day))
		if got := s.lines(v)[:2]; got[0] != "FEE 200.00 "+v.Number+">" || got[1] != "DEPOSIT 300.01 >"+v.Number {
			s.t.Errorf("%q", got)
		}
		again, err := s.wallets.Deposit(s.t.Context(), m)
		s.must(err)
		if again != enough || s.balance(v.ID) != 30_000 {
			s.t.Errorf("%+v, then %+v", enough, again)
		}
		_, err = s.wallets.Withdraw(s.t.Context(), wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: decimal("1")})
		s.must(err)
	},
	"a deposit of just what is missing pays": func(s *shop) {
		v := s.blockedWallet(s.person("Ann", "Lee"), money.KZT, 5000)
		if moved := s.put(v, "150"); moved.Balance.String() != "0.00" {
			s.t.Errorf("%+v", moved)
		}
		s.stands("paid", v, "0.00", true, s.clock.Now().Add(30*day))
	},
	"every other way in pays the fee too": func(s *shop) {
		bob := s.customer("Bob", "Ray")
		tenge, dollars, c := s.newWallet(bob, money.KZT, 100_000_00), s.wallet(bob, money.USD), s.card(bob, 10_000)
		s.deposit(dollars.ID, money.New(10_000, money.USD))
		dollar := wallet.View{Wallet: dollars}
		sent := func(from, to wallet.View, amount string) error {
			done, err := s.send(from, to.Number, amount)
			if got := s.see(from).Balance; done.Balance != got {
				s.t.Errorf("the sender is told %s, and has %s", done.Balance, got)
			}
			return err
		}
		for _, way := range []struct {
			name     string
			currency money.Currency
			pay      func(v wallet.View) error
			balance  string
		}{
			{"a wallet", money.KZT, func(v wallet.View) error { return sent(tenge, v, "250") }, "50.00"},
			{"a wallet in another currency", money.KZT, func(v wallet.View) error { return sent(dollar, v, "2") }, "800.00"},
			{"a card", money.USD, func(v wallet.View) error {
				done, err := s.cards.Transfer(s.t.Context(), cardTransfer(bob, c.Number, v.Number, "1"))
				if done.Remaining.String() != "99.00" {
					s.t.Errorf("on the card: %s", done.Remaining)
				}
				return err
			}, "0.60"},
			{"a card in another currency", money.KZT, func(v wallet.View) error {
				_, err := s.cards.Transfer(s.t.Context(), cardTransfer(bob, c.Number, v.Number, "1"))
				return err
			}, "300.00"},
		} {
			ann := s.person("Ann", "Lee")
			v := s.newWallet(ann, way.currency, 0)
			s.put(tenge, "1000")
			s.deposit(dollars.ID, money.New(1000, money.USD))
			s.clock.Set(v.FeeDueAt)
			s.setRates(map[string]string{"KZT": "500"})
			s.charge()
			if s.see(v).Active {
				s.t.Fatal("not blocked")
			}
			s.must(way.pay(v))
			s.stands(way.name, v, way.balance, true, s.clock.Now().Add(30*day))
		}
	},
	"money goes to and from savings and bills beside a blocked wallet": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c := s.card(ann, 10_000)
		s.clock.Advance(30 * day)
		s.setRates(map[string]string{"KZT": "500"})
		s.charge()
		if s.balance(s.wallet(ann, money.USD).ID) != 0 {
			s.t.Fatal("the wallet is not empty")
		}
		g := s.goal(ann, 0)
		_, err := s.savings.TopUp(s.t.Context(), saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("10")})
		s.must(err)
		_, err = s.savings.Decrease(s.t.Context(), saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("10")})
		s.must(err)
	},
	"a fee waits for rates without blocking, then is taken once": func(s *shop) {
		ann := s.person("Ann", "Lee")
		rich, poor, tenge := s.newWallet(ann, money.USD, 1000), s.newWallet(ann, money.EUR, 0), s.newWallet(ann, money.KZT, 100_000)
		s.setRates(map[string]string{"KZT": "500", "EUR": "1"}) // too old in thirty days
		due := rich.FeeDueAt
		s.clock.Set(due)
		s.charge()
		s.stands("waits", rich, "10.00", true, due)
		s.stands("waits, empty", poor, "0.00", true, due)
		s.stands("needs no rate", tenge, "800.00", true, due.Add(30*day))
		if next, err := s.fees.Next(s.t.Context()); err != nil || !next.Equal(due.Add(time.Hour)) {
			s.t.Errorf("next %s, %v", next, err)
		}
		s.clock.Advance(5 * day)
		s.setRates(map[string]string{"KZT": "500", "EUR": "1"})
		for range 2 {
			s.charge()
			s.stands("taken", rich, "9.60", true, due.Add(35*day))
			s.stands("blocked", poor, "0.00", false, due.Add(35*day))
		}
	},
	"money that comes while there are no rates pays when there are": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.USD, 0)
		s.clock.Set(v.FeeDueAt)
		s.setRates(map[string]string{"KZT": "500"})
		s.charge()
		s.clock.Advance(4 * day)
		s.put(v, "5")
		s.charge()
		s.stands("waits", v, "5.00", false, s.clock.Now())
		s.clock.Advance(day)
		s.setRates(map[string]string{"KZT": "500"})
		s.charge()
		s.stands("paid", v, "4.60", true, s.clock.Now().Add(30*day))
	},
	"of many who charge at once one takes the fee": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.KZT, 100_000)
		for range 3 {
			s.clock.Advance(30 * day)
			if won := s.race(nil, s.fees.Charge); won != callers {
				s.t.Errorf("%d succeeded", won)
			}
		}
		s.stands("three months later", v, "400.00", true, v.CreatedAt.Add(120*day))
	},
	"the fee and a withdrawal at once leave what either order leaves": func(s *shop) {
		for range 5 {
			ann := s.person("Ann", "Lee")
			v := s.newWallet(ann, money.KZT, 30_000)
			s.clock.Set(v.FeeDueAt)
			var taken error
			var wait sync.WaitGroup
			wait.Go(func() {
				_, taken = s.wallets.Withdraw(s.t.Context(), wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("200")})
			})
			wait.Go(func() {
				if err := s.fees.Charge(s.t.Context()); err != nil {
					s.t.Error(err)
				}
			})
			wait.Wait()
			seen := s.see(v)
			switch {
			case taken == nil && seen.Balance.String() == "100.00" && !seen.Active:
			case errors.Is(taken, ledger.ErrInsufficientFunds) && seen.Balance.String() == "100.00" && seen.Active:
			default:
				s.t.Errorf("the withdrawal got %v, the wallet has %s, active %v", taken, seen.Balance, seen.Active)
			}
		}
	},
	"of many deposits at once one pays the fee, and all arrive": func(s *shop) {
		v := s.blockedWallet(s.person("Ann", "Lee"), money.KZT, 0)
		s.race(nil, func(ctx context.Context) error {
			_, err := s.wallets.Deposit(ctx, wallet.Movement{Owner: v.Owner, Wallet: v.ID, Amount: decimal("10")})
			return err
		})
		s.stands("afterwards", v, "300.00", true, s.clock.Now().Add(30*day))
		fees := slices.DeleteFunc(s.lines(v), func(line string) bool { return line[:3] != "FEE" })
		if len(fees) != 1 {
			s.t.Errorf("%q", fees)
		}
	},
	"more wallets than are charged in one unit all pay": func(s *shop) {
		const many = 230
		var ids []ledger.AccountID
		for range many {
			w := s.wallet(s.person("Ann", "Lee"), money.KZT)
			s.deposit(w.ID, money.New(20_000, money.KZT))
			ids = append(ids, w.ID)
		}
		s.clock.Advance(31 * day)
		s.charge()
		for _, id := range ids {
			if s.balance(id) != 0 {
				s.t.Fatalf("wallet %d has not paid", id)
			}
		}
	},
	"a frozen wallet is asked when it is thawed": func(s *shop) {
		v := s.newWallet(s.person("Ann", "Lee"), money.KZT, 100_000)
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, v.ID) })
		s.clock.Set(v.FeeDueAt)
		s.charge()
		s.stands("frozen", v, "1000.00", false, s.clock.Now().Add(day))
		s.update(func(tx store.Tx) error { return ledger.Thaw(tx, v.ID) })
		s.clock.Advance(day)
		s.charge()
		s.stands("thawed", v, "800.00", true, s.clock.Now().Add(30*day))
	},
	"due wallets are listed in order, by currency, from a place on": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		first := s.newWallet(ann, money.KZT, 0)
		second := s.newWallet(ann, money.USD, 0)
		s.clock.Advance(time.Second)
		third := s.newWallet(bob, money.KZT, 0)
		s.clock.Set(third.FeeDueAt.Add(-time.Microsecond))
		list := func(after wallet.Due, limit int, currencies ...money.Currency) (ids []ledger.AccountID) {
			s.update(func(tx store.Tx) error {
				due, err := tx.DueWallets(currencies, after, limit)
				for _, d := range due {
					ids = append(ids, d.Wallet)
				}
				return err
			})
			return ids
		}
		all := []money.Currency{money.KZT, money.USD, money.EUR}
		early := []ledger.AccountID{first.ID, second.ID}
		slices.Sort(early)
		for _, c := range []struct{ got, want []ledger.AccountID }{
			{list(wallet.Due{}, 9, all...), early},
			{list(wallet.Due{}, 1, all...), early[:1]},
			{list(wallet.Due{At: first.FeeDueAt, Wallet: early[0]}, 9, all...), early[1:]},
			{list(wallet.Due{}, 9, money.USD), []ledger.AccountID{second.ID}},
			{list(wallet.Due{}, 9), nil},
		} {
			if !slices.Equal(c.got, c.want) {
				s.t.Errorf("got %v, want %v", c.got, c.want)
			}
		}
		if next, err := s.fees.Next(s.t.Context()); err != nil || !next.Equal(third.FeeDueAt) {
			s.t.Errorf("next %s, %v", next, err)
		}
	},
}
