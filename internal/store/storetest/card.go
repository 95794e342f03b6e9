package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/store"
	"purse/internal/wallet"
)

var cardRules = map[string]func(s *shop){
	"a new card shows its holder, expiry and derived CVV": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c := s.card(ann, 0)
		if c.FirstName != "Ann" || c.LastName != "Lee" || c.Expiry.String() != "03/31" || len(c.CVV) != 3 || c.Balance.String() != "0.00" || !number.Luhn(c.Number) {
			s.t.Errorf("number of %d digits, %s, %s %s, CVV of %d digits, balance %s", len(c.Number), c.Expiry, c.FirstName, c.LastName, len(c.CVV), c.Balance)
		}
		again, err := s.cards.ByLastFour(s.t.Context(), ann, c.Number[12:])
		s.must(err)
		if again != c {
			s.t.Error("the card looks different when it is read")
		}
	},
	"numbers are sealed at rest": func(s *shop) {
		c := s.card(s.customer("Ann", "Lee"), 0)
		s.update(func(tx store.Tx) error {
			row, found, err := tx.Card(c.ID)
			if !found || strings.Contains(string(row.SealedNumber), c.Number[4:12]) {
				s.t.Error("the row holds the number")
			}
			return err
		})
	},
	"without a wallet there are no cards": func(s *shop) {
		nobody := s.person("No", "Wallet")
		_, err := s.cards.Create(s.t.Context(), nobody, nil)
		s.refuses("create", err, wallet.ErrNone)
		_, err = s.cards.List(s.t.Context(), nobody)
		s.refuses("list", err, wallet.ErrNone)
	},
	"cards created at once differ in their last four digits": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		s.race(nil, func(ctx context.Context) error {
			_, err := s.cards.Create(ctx, ann, nil)
			return err
		})
		cards, err := s.cards.List(s.t.Context(), ann)
		s.must(err)
		seen := map[string]bool{}
		for _, c := range cards {
			seen[c.LastFour] = true
		}
		if len(cards) != callers || len(seen) != callers {
			s.t.Errorf("%d cards with %d endings", len(cards), len(seen))
		}
	},
	"a person has at most so many cards": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		first := s.card(ann, 0)
		s.update(func(tx store.Tx) error {
			row, _, err := tx.Card(first.ID)
			for i := 1; i < card.MaxCards && err == nil; i++ {
				var account ledger.Account
				if account, err = ledger.OpenAccount(tx, ann, ledger.Card, money.USD); err != nil {
					return err
				}
				last, _ := strconv.Atoi(first.LastFour)
				row.ID, row.LastFour = account.ID, fmt.Sprintf("%04d", (last+i)%10_000)
				err = tx.InsertCard(row)
			}
			return err
		})
		_, err := s.cards.Create(s.t.Context(), ann, nil)
		s.refuses("one more", err, card.ErrTooMany)
		s.must(s.cards.Delete(s.t.Context(), ann, first.Number))
		s.card(ann, 0)
	},
	"a living card is found by its last four digits, by its owner": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Lee")
		first, second := s.card(ann, 0), s.card(ann, 0)
		s.deposit(second.ID, money.New(100, money.USD))
		found, err := s.cards.ByLastFour(s.t.Context(), ann, second.LastFour)
		s.must(err)
		second.Balance = money.New(100, money.USD)
		if found != second {
			s.t.Errorf("found %v", found)
		}
		_, err = s.cards.ByLastFour(s.t.Context(), bob, first.LastFour)
		s.refuses("someone else's", err, card.ErrUnknown)
		s.must(s.cards.Delete(s.t.Context(), ann, first.Number))
		_, err = s.cards.ByLastFour(s.t.Context(), ann, first.LastFour)
		s.refuses("a deleted one", err, card.ErrUnknown)
	},
	"one key makes one card": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		first, err := s.cards.Create(s.t.Context(), ann, keyOf("k", ""))
		s.must(err)
		s.deposit(first.ID, money.New(100, money.USD))
		again, err := s.cards.Create(s.t.Context(), ann, keyOf("k", ""))
		s.must(err)
		if again != first {
			s.t.Error("the same key got another answer")
		}
		_, err = s.cards.Create(s.t.Context(), ann, keyOf("k", "other"))
		s.refuses("other body", err, ledger.ErrKeyReused)
	},
	"a transfer reaches a card and a wallet by number": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		from, to, purse := s.card(ann, 10_000), s.card(bob, 0), s.wallet(bob, money.USD)
		for _, receiver := range []string{to.Number, purse.Number, to.Number[:4] + " " + to.Number[4:]} {
			done, err := s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: ann, From: from.Number, To: receiver, Amount: decimal("20.5")})
			s.must(err)
			if done.Amount.String() != "20.50" {
				s.t.Error(done.Amount)
			}
		}
		if a, b, c := s.balance(from.ID), s.balance(to.ID), s.balance(purse.ID); a != 3850 || b != 4100 || c != 2050 {
			s.t.Error(a, b, c)
		}
	},
	"a transfer's errors have an order": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		mine, theirs, kept := s.card(ann, 1000), s.card(bob, 1000), s.wallet(ann, money.KZT)
		deleted := s.card(ann, 0)
		s.must(s.cards.Delete(s.t.Context(), ann, deleted.Number))
		frozen := s.card(ann, 0)
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, frozen.ID) })
		for _, c := range []struct {
			name, from, to, amount string
			want                   error
		}{
			{"another's card", theirs.Number, mine.Number, "1", card.ErrUnknown},
			{"another's card comes first", theirs.Number, theirs.Number, "1.001", card.ErrUnknown},
			{"a wallet is no card", kept.Number, mine.Number, "1", card.ErrUnknown},
			{"no number", "x", mine.Number, "1", card.ErrUnknown},
			{"nobody's number", number.Card(), mine.Number, "1", card.ErrUnknown},
			{"a deleted sender", deleted.Number, mine.Number, "1", card.ErrUnknown},
			{"nobody's receiver", mine.Number, number.Card(), "1", number.ErrUnknown},
			{"a deleted receiver", mine.Number, deleted.Number, "1", number.ErrUnknown},
			{"a frozen receiver", mine.Number, frozen.Number, "1", ledger.ErrReceiverClosed},
			{"to itself", mine.Number, mine.Number, "1", card.ErrSameNumber},
			{"too precise", mine.Number, theirs.Number, "1.001", money.ErrTooPrecise},
			{"too large", mine.Number, theirs.Number, "1e30", money.ErrDecimalRange},
			{"zero", mine.Number, theirs.Number, "0", ledger.ErrAmount},
			{"negative", mine.Number, theirs.Number, "-1", ledger.ErrAmount},
			{"no rate", mine.Number, kept.Number, "1", fx.ErrNoRate},
			{"not enough", mine.Number, theirs.Number, "10.01", ledger.ErrInsufficientFunds},
		} {
			_, err := s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: ann, From: c.from, To: c.to, Amount: decimal(c.amount)})
			s.refuses(c.name, err, c.want)
			if c.want == error(money.ErrTooPrecise) {
				if f := fault.From(err).Fields; len(f) != 1 || f[0].Name != "amount" || f[0].Params["places"] != "2" {
					s.t.Errorf("fields %v", f)
				}
			}
		}
		if got := s.balance(mine.ID); got != 1000 {
			s.t.Errorf("refused transfers moved money: %d", got)
		}
	},
	"a transfer into another currency converts, once for each key, and its history names both ends": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		from, won := s.card(ann, 2000), s.wallet(bob, money.KRW)
		s.must(s.rates.Replace(s.t.Context(), "USD", map[string]string{"KRW": "1400.5"}))
		request := card.TransferRequest{Owner: ann, From: from.Number, To: won.Number, Amount: decimal("10"), Key: keyOf("k", "10")}
		first, err := s.cards.Transfer(s.t.Context(), request)
		s.must(err)
		again, err := s.cards.Transfer(s.t.Context(), request)
		s.must(err)
		if again != first || first.Remaining.String() != "10.00" || s.balance(won.ID) != 14005 {
			s.t.Errorf("%v then %v, %d arrived", first, again, s.balance(won.ID))
		}
		history, err := s.cards.History(s.t.Context(), ann, from.Number, ledger.TransferID{}, 1)
		s.must(err)
		if got, want := written(history[0]), fmt.Sprintf("out Ann Lee/%s Bob Ray/******%s TRANSFER 10.00", from.Number, won.Number[6:]); got != want {
			s.t.Errorf("got %s, want %s", got, want)
		}
		_, err = s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: ann, From: from.Number, To: won.Number, Amount: decimal("10.01")})
		s.refuses("not enough", err, ledger.ErrInsufficientFunds)
		s.must(s.rates.Replace(s.t.Context(), "USD", map[string]string{"KRW": "0.001"}))
		_, err = s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: ann, From: from.Number, To: won.Number, Amount: decimal("1")})
		s.refuses("nothing arrives", err, fx.ErrArrivesAsZero)
	},
	"a repeated key repeats the transfer's answer": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		from, to := s.card(ann, 1000), s.card(bob, 0)
		request := card.TransferRequest{Owner: ann, From: from.Number, To: to.Number, Amount: decimal("4"), Key: keyOf("k", "4")}
		first, err := s.cards.Transfer(s.t.Context(), request)
		s.must(err)
		s.deposit(from.ID, money.New(5, money.USD))
		again, err := s.cards.Transfer(s.t.Context(), request)
		s.must(err)
		if again != first || s.balance(to.ID) != 400 {
			s.t.Errorf("%v then %v", first, again)
		}
	},
	"of many callers for a card's last funds one wins": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		from, to := s.card(ann, 1000), s.card(bob, 0)
		won := s.race(ledger.ErrInsufficientFunds, func(ctx context.Context) error {
			_, err := s.cards.Transfer(ctx, card.TransferRequest{Owner: ann, From: from.Number, To: to.Number, Amount: decimal("10")})
			return err
		})
		if won != 1 || s.balance(from.ID) != 0 || s.balance(to.ID) != 1000 {
			s.t.Errorf("%d won", won)
		}
	},
	"of many deletions one wins": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c := s.card(ann, 0)
		if won := s.race(card.ErrUnknown, func(ctx context.Context) error { return s.cards.Delete(ctx, ann, c.Number) }); won != 1 {
			s.t.Errorf("%d won", won)
		}
		_, err := s.cards.ByLastFour(s.t.Context(), ann, c.LastFour)
		s.refuses("look", err, card.ErrUnknown)
		_, err = s.cards.History(s.t.Context(), ann, c.Number, ledger.TransferID{}, 0)
		s.refuses("history", err, card.ErrUnknown)
	},
	"a deletion and a deposit never lose money": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		from := s.card(ann, 1000)
		for range 20 {
			c := s.card(ann, 0)
			paid := make(chan error, 1)
			go func() {
				_, err := s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: ann, From: from.Number, To: c.Number, Amount: decimal("0.01")})
				paid <- err
			}()
			deleted := s.cards.Delete(s.t.Context(), ann, c.Number)
			switch err := <-paid; {
			case err == nil && !errors.Is(deleted, ledger.ErrNotEmpty):
				s.t.Errorf("paid, and the deletion said %v", deleted)
			case err != nil && (deleted != nil || !errors.Is(err, number.ErrUnknown)):
				s.t.Errorf("not paid (%v), and the deletion said %v", err, deleted)
			}
		}
	},
	"a card with funds or of another person is not deleted": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		mine := s.card(ann, 1)
		s.refuses("funds", s.cards.Delete(s.t.Context(), ann, mine.Number), ledger.ErrNotEmpty)
		s.refuses("another's", s.cards.Delete(s.t.Context(), bob, mine.Number), card.ErrUnknown)
		_, err := s.cards.ByLastFour(s.t.Context(), bob, mine.LastFour)
		s.refuses("another's look", err, card.ErrUnknown)
		_, err = s.cards.History(s.t.Context(), bob, mine.Number, ledger.TransferID{}, 0)
		s.refuses("another's history", err, card.ErrUnknown)
	},
	"the last four digits of a deleted card are free again": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		c := s.card(ann, 0)
		s.must(s.cards.Delete(s.t.Context(), ann, c.Number))
		s.update(func(tx store.Tx) error {
			row, _, err := tx.Card(c.ID)
			s.must(err)
			account, err := ledger.OpenAccount(tx, ann, ledger.Card, money.USD)
			s.must(err)
			row.ID = account.ID
			return tx.InsertCard(row)
		})
	},
	"a number found once is found without a query": func(s *shop) {
		c := s.card(s.customer("Ann", "Lee"), 0)
		_, err := s.numbers.Find(s.t.Context(), c.Number)
		s.must(err)
		ended, cancel := context.WithCancel(s.t.Context())
		cancel()
		if e, err := s.numbers.Find(ended, c.Number); err != nil || e.Account != c.ID {
			s.t.Errorf("%v, %v", e, err)
		}
	},
	"an undone unit leaves no number behind": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		undone := errors.New("undone")
		var w wallet.Wallet
		err := s.engine.Update(s.t.Context(), func(tx store.Tx) error {
			var err error
			if w, err = wallet.Open(tx, s.numbers, ann, money.KZT); err != nil {
				return err
			}
			return undone
		})
		s.refuses("update", err, undone)
		_, err = s.numbers.Find(s.t.Context(), w.Number)
		s.refuses("find", err, number.ErrUnknown)
	},
	"the default wallet is the oldest": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		s.clock.Advance(time.Hour)
		s.wallet(ann, money.KZT)
		s.update(func(tx store.Tx) error {
			w, err := wallet.Default(tx, ann)
			if w.Currency != money.USD {
				s.t.Error(w.Currency)
			}
			return err
		})
	},
}

// openingGrant is the rule of opening grants, with one of 25.50.
func openingGrant(s *shop) {
	ann := s.customer("Ann", "Lee")
	c := s.card(ann, 0)
	goal, err := s.savings.Create(s.t.Context(), ann, "Trip", decimal("100"), nil)
	s.must(err)
	if c.Balance.String() != "25.50" || goal.Balance.String() != "25.50" || s.system(ledger.Promotions) != -5100 {
		s.t.Errorf("card %s, goal %s", c.Balance, goal.Balance)
	}
	kept := s.person("Kai", "Tenge")
	s.wallet(kept, money.KZT)
	if c := s.card(kept, 0); c.Balance.String() != "0.00" {
		s.t.Errorf("a grant without a rate paid %s", c.Balance)
	}
	history, err := s.cards.History(s.t.Context(), ann, c.Number, ledger.TransferID{}, 0)
	s.must(err)
	if len(history) != 1 || history[0].Type != "INCOME" || history[0].From.Name != "Promotions" {
		s.t.Errorf("%+v", history)
	}
}
