package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"purse/internal/card"
	"purse/internal/gift"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/portfolio"
	"purse/internal/store"
	"purse/internal/wallet"
)

var portfolioRules = map[string]func(s *shop){
	"every account is listed with its name and number, a card's masked": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Lee")
		s.clock.Advance(time.Second)
		c := s.card(ann, 1250)
		s.clock.Advance(time.Second)
		goal, err := s.savings.Create(s.t.Context(), ann, "Boat", decimal("10"), nil)
		s.must(err)
		s.clock.Advance(time.Second)
		s.giftBox(ann, 5)
		s.card(bob, 1)
		closed := s.card(ann, 0)
		s.must(s.cards.Delete(s.t.Context(), ann, closed.Number))
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, goal.ID) })
		var wallets []wallet.Wallet
		s.update(func(tx store.Tx) (err error) {
			wallets, err = tx.WalletsOf(ann)
			return err
		})
		list, err := portfolio.New(store.Narrow[portfolio.Tx](s.engine)).Accounts(s.t.Context(), ann)
		s.must(err)
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprintf("%s %q %q %s %v", a.Kind, a.Number, a.Name, a.Balance, a.Active))
		}
		want := []string{
			fmt.Sprintf("wallet %q \"My wallet\" 0.00 true", wallets[0].Number),
			fmt.Sprintf("card %q \"Card\" 12.50 true", "************"+c.LastFour),
			`savings "" "Boat" 0.00 false`,
			`gift "" "Gift box" 5 true`,
		}
		if !slices.Equal(got, want) {
			s.t.Errorf("got %q\nwant %q", got, want)
		}
	},
	"everything that a user has becomes another's, history and all": func(s *shop) {
		from, into := s.customer("Ann", "Lee"), s.customer("Bob", "Lee")
		c := s.card(from, 100)
		theirs := s.card(into, 0)
		_, err := s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: from, From: c.Number, To: theirs.Number, Amount: decimal("1")})
		s.must(err)
		goal, err := s.savings.Create(s.t.Context(), from, "Boat", decimal("10"), nil)
		s.must(err)
		owed, err := s.bills.Create(s.t.Context(), from, "Power", decimal("1"), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
		s.must(err)
		box := s.giftBox(from, 5)
		s.must(s.merge(from, into))
		if lines, err := s.cards.History(s.t.Context(), into, c.Number, ledger.TransferID{}, 10); err != nil || len(lines) != 2 {
			s.t.Errorf("the card's history has %d lines: %v", len(lines), err)
		}
		goals, err := s.savings.List(s.t.Context(), into)
		if err != nil || len(goals) != 1 || goals[0].ID != goal.ID {
			s.t.Errorf("the goals: %+v, %v", goals, err)
		}
		bills, err := s.bills.List(s.t.Context(), into)
		if err != nil || len(bills) != 1 || bills[0].ID != owed.ID {
			s.t.Errorf("the bills: %+v, %v", bills, err)
		}
		s.update(func(tx store.Tx) error {
			mine, err := tx.AccountsOf(into)
			if !slices.ContainsFunc(mine, func(a ledger.Account) bool { return a.ID == box && a.Balance.Minor() == 5 }) || len(mine) != 6 {
				s.t.Errorf("the accounts: %+v", mine)
			}
			wallets, listing := tx.WalletsOf(into)
			if len(wallets) != 2 || wallets[0].Owner != into {
				s.t.Errorf("the wallets: %+v", wallets)
			}
			left, gone := tx.AccountsOf(from)
			if len(left) != 0 {
				s.t.Errorf("left behind: %+v", left)
			}
			return errors.Join(err, listing, gone)
		})
		if _, err := s.cards.History(s.t.Context(), from, c.Number, ledger.TransferID{}, 10); !errors.Is(err, card.ErrUnknown) {
			s.t.Errorf("the first user still reads it: %v", err)
		}
		ledgertest.Verify(s.t, s.engine)
	},
	"the wallets that come are newer than those that were there": func(s *shop) {
		from := s.person("Ann", "Lee")
		comes := s.wallet(from, money.USD)
		into := s.customer("Bob", "Lee")
		s.wallet(into, money.EUR)
		s.must(s.merge(from, into))
		later := s.wallet(into, money.KZT)
		s.update(func(tx store.Tx) error {
			wallets, err := tx.WalletsOf(into)
			var order []string
			for _, w := range wallets {
				order = append(order, w.Currency.Code())
			}
			if !slices.Equal(order, []string{"USD", "EUR", "USD", "KZT"}) || wallets[2].ID != comes.ID || wallets[3].ID != later.ID {
				s.t.Errorf("the wallets: %+v", wallets)
			}
			return err
		})
	},
	"of two gift boxes one is emptied into the other and closed": func(s *shop) {
		from, into := s.person("Ann", "Lee"), s.person("Bob", "Lee")
		theirs, mine := s.giftBox(from, 5), s.giftBox(into, 7)
		s.must(s.merge(from, into))
		if s.balance(theirs) != 0 || s.balance(mine) != 12 {
			s.t.Errorf("the boxes hold %d and %d", s.balance(theirs), s.balance(mine))
		}
		s.update(func(tx store.Tx) error {
			box, err := ledger.One(tx, theirs)
			if box.Status != ledger.Closed || box.Owner != into {
				s.t.Errorf("the emptied box: %+v", box)
			}
			return err
		})
		ledgertest.Verify(s.t, s.engine)
	},
	"real money, money on hold and a frozen box are not handed over": func(s *shop) {
		into := s.customer("Bob", "Lee")
		s.giftBox(into, 1)
		rich := s.customer("Ann", "Rich")
		s.card(rich, 1)
		promised := s.person("Ann", "Held")
		box := s.giftBox(promised, 5)
		s.update(func(tx store.Tx) error {
			system, err := ledger.System(tx, ledger.Pledges, money.Play)
			if err != nil {
				return err
			}
			_, err = ledger.NewHold(tx, box, system, money.New(5, money.Play), tx.Now().Add(time.Hour))
			return err
		})
		frozen := s.person("Ann", "Frozen")
		ice := s.giftBox(frozen, 5)
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, ice) })
		for _, from := range []ledger.OwnerID{rich, promised, frozen} {
			s.refuses("merge", s.merge(from, into), portfolio.ErrMoney)
			s.update(func(tx store.Tx) error {
				left, err := tx.AccountsOf(from)
				if len(left) == 0 {
					s.t.Errorf("user %d was robbed", from)
				}
				return err
			})
		}
	},
	"of two cards with the same ending the one that comes is deleted": func(s *shop) {
		from, into := s.customer("Ann", "Lee"), s.customer("Bob", "Lee")
		mine := s.card(into, 0)
		s.update(func(tx store.Tx) error {
			account, err := ledger.OpenAccount(tx, from, ledger.Card, money.USD)
			if err != nil {
				return err
			}
			row, _, err := tx.Card(mine.ID)
			if err != nil {
				return err
			}
			wallets, err := tx.WalletsOf(from)
			if err != nil {
				return err
			}
			row.ID, row.Owner, row.Wallet = account.ID, from, wallets[0].ID
			return tx.InsertCard(row)
		})
		other := s.card(from, 0)
		s.must(s.merge(from, into))
		s.update(func(tx store.Tx) error {
			cards, err := tx.CardsOf(into)
			living := map[ledger.AccountID]bool{}
			for _, c := range cards {
				living[c.ID] = true
			}
			if len(cards) != 2 || !living[mine.ID] || !living[other.ID] {
				s.t.Errorf("the cards: %v, want %d and %d", living, mine.ID, other.ID)
			}
			return err
		})
	},
}

// merge gives everything to another.
func (s *shop) merge(from, into ledger.OwnerID) error {
	return s.engine.Update(s.t.Context(), func(tx store.Tx) error { return portfolio.Merge(tx, from, into) })
}

// mergeAll makes two people one, as the program does.
func (s *shop) mergeAll(from, into ledger.OwnerID) error {
	return s.engine.Update(s.t.Context(), func(tx store.Tx) error {
		if err := gift.Reassign(tx, from, into); err != nil {
			return err
		}
		return portfolio.Merge(tx, from, into)
	})
}

// giftBox opens one with play money.
func (s *shop) giftBox(owner ledger.OwnerID, amount int64) (box ledger.AccountID) {
	s.t.Helper()
	s.update(func(tx store.Tx) error {
		a, err := ledger.OpenAccount(tx, owner, ledger.Gift, money.Play)
		box = a.ID
		return err
	})
	s.deposit(box, money.New(amount, money.Play))
	return box
}
