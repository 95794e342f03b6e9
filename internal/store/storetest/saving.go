package storetest

import (
	"context"
	"errors"

	"purse/internal/card"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/saving"
	"purse/internal/wallet"
)

// goal makes a savings goal of 100 with so many minor units in it.
func (s *shop) goal(owner ledger.OwnerID, minor int64) saving.Goal {
	s.t.Helper()
	g, err := s.savings.Create(s.t.Context(), owner, "Trip", decimal("100"), nil)
	s.must(err)
	if minor > 0 {
		s.deposit(g.ID, money.New(minor, g.Goal.Currency()))
	}
	return g
}

var savingRules = map[string]func(s *shop){
	"money goes in from a card and comes back": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c, g := s.card(ann, 5000), s.goal(ann, 0)
		in, err := s.savings.TopUp(s.t.Context(), saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("30")})
		s.must(err)
		out, err := s.savings.Decrease(s.t.Context(), saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("12.5")})
		s.must(err)
		if in.Balance.String() != "30.00" || out.Balance.String() != "17.50" || s.balance(c.ID) != 3250 {
			s.t.Error(in, out)
		}
	},
	"a person has so many goals at most, and deleting one makes room": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		first := s.goal(ann, 0)
		for range saving.MaxGoals - 1 {
			s.goal(ann, 0)
		}
		another := func() error {
			_, err := s.savings.Create(s.t.Context(), ann, "Trip", decimal("100"), nil)
			return err
		}
		if err := another(); !errors.Is(err, saving.ErrTooMany) {
			s.t.Errorf("one goal too many: %v", err)
		}
		s.must(s.savings.Delete(s.t.Context(), ann, first.ID))
		s.must(another())
	},
	"what remains to a goal is never below zero": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		s.goal(ann, 4000)
		s.goal(ann, 12_000)
		goals, err := s.savings.List(s.t.Context(), ann)
		s.must(err)
		if len(goals) != 2 || goals[0].Remain().String() != "60.00" || goals[1].Remain().String() != "0.00" {
			s.t.Errorf("%+v", goals)
		}
	},
	"the errors have an order": func(s *shop) {
		ann, bob, kim, nobody := s.customer("Ann", "Lee"), s.customer("Bob", "Ray"), s.customer("Kim", "Oh"), s.person("No", "Wallet")
		mine, theirs := s.goal(ann, 1000), s.goal(bob, 1000)
		card1, card2, card3 := s.card(ann, 1000), s.card(bob, 1000), s.card(kim, 1000)
		for _, c := range []struct {
			name   string
			owner  ledger.OwnerID
			saving ledger.AccountID
			card   ledger.AccountID
			amount string
			want   error
		}{
			{"no wallet", nobody, mine.ID, card1.ID, "1", wallet.ErrNone},
			{"no savings at all", kim, mine.ID, card3.ID, "1", saving.ErrNone},
			{"another's savings", ann, theirs.ID, card2.ID, "1", saving.ErrUnknown},
			{"no such savings", ann, 999, 999, "1", saving.ErrUnknown},
			{"a card is no savings", ann, card1.ID, card1.ID, "1", saving.ErrUnknown},
			{"another's card", ann, mine.ID, card2.ID, "0.001", card.ErrUnknown},
			{"savings are no card", ann, mine.ID, mine.ID, "1", card.ErrUnknown},
			{"too precise", ann, mine.ID, card1.ID, "100.001", money.ErrTooPrecise},
			{"not enough", ann, mine.ID, card1.ID, "10.01", ledger.ErrInsufficientFunds},
		} {
			r := saving.MoveRequest{Owner: c.owner, Saving: c.saving, Card: c.card, Amount: decimal(c.amount)}
			_, err := s.savings.TopUp(s.t.Context(), r)
			s.refuses("top up, "+c.name, err, c.want)
			_, err = s.savings.Decrease(s.t.Context(), r)
			s.refuses("decrease, "+c.name, err, c.want)
		}
		s.refuses("delete, no wallet", s.savings.Delete(s.t.Context(), nobody, mine.ID), wallet.ErrNone)
		s.refuses("delete, none", s.savings.Delete(s.t.Context(), kim, mine.ID), saving.ErrNone)
		s.refuses("delete, another's", s.savings.Delete(s.t.Context(), ann, theirs.ID), saving.ErrUnknown)
		s.refuses("delete, funds", s.savings.Delete(s.t.Context(), ann, mine.ID), ledger.ErrNotEmpty)
	},
	"without a wallet, then without a goal, there is no list": func(s *shop) {
		_, err := s.savings.List(s.t.Context(), s.person("No", "Wallet"))
		s.refuses("no wallet", err, wallet.ErrNone)
		_, err = s.savings.List(s.t.Context(), s.customer("Ann", "Lee"))
		s.refuses("none", err, saving.ErrNone)
		_, err = s.savings.Create(s.t.Context(), s.person("No", "Wallet"), "Trip", decimal("1"), nil)
		s.refuses("create", err, wallet.ErrNone)
	},
	"of many deletions one wins": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		g := s.goal(ann, 0)
		s.goal(ann, 0)
		if won := s.race(saving.ErrUnknown, func(ctx context.Context) error { return s.savings.Delete(ctx, ann, g.ID) }); won != 1 {
			s.t.Errorf("%d won", won)
		}
	},
	"of many callers for a goal's last funds one wins": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c, g := s.card(ann, 0), s.goal(ann, 500)
		won := s.race(ledger.ErrInsufficientFunds, func(ctx context.Context) error {
			_, err := s.savings.Decrease(ctx, saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("5")})
			return err
		})
		if won != 1 || s.balance(c.ID) != 500 || s.balance(g.ID) != 0 {
			s.t.Errorf("%d won", won)
		}
	},
	"a repeated key repeats the answer, also a refusal": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c, g := s.card(ann, 1000), s.goal(ann, 0)
		r := saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("4"), Key: keyOf("in", "4")}
		first, err := s.savings.TopUp(s.t.Context(), r)
		s.must(err)
		s.deposit(g.ID, money.New(5, money.USD))
		again, err := s.savings.TopUp(s.t.Context(), r)
		s.must(err)
		if again != first || s.balance(c.ID) != 600 {
			s.t.Errorf("%v then %v", first, again)
		}
		r.Amount, r.Key = decimal("100"), keyOf("much", "100")
		_, err = s.savings.TopUp(s.t.Context(), r)
		s.refuses("too much", err, ledger.ErrInsufficientFunds)
		s.deposit(c.ID, money.New(1_000_000, money.USD))
		_, err = s.savings.TopUp(s.t.Context(), r)
		s.refuses("too much again", err, ledger.ErrInsufficientFunds)
		made, err := s.savings.Create(s.t.Context(), ann, "Car", decimal("7"), keyOf("new", ""))
		s.must(err)
		s.must(s.savings.Delete(s.t.Context(), ann, made.ID))
		same, err := s.savings.Create(s.t.Context(), ann, "Car", decimal("7"), keyOf("new", ""))
		s.must(err)
		if same != made {
			s.t.Errorf("%v then %v", made, same)
		}
	},
}
