package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/ledger"
	"purse/internal/number"
	"purse/internal/saving"
	"purse/internal/statement"
	"purse/internal/wallet"
)

func (s *shop) bill(owner ledger.OwnerID, amount string) bill.Bill {
	s.t.Helper()
	b, err := s.bills.Create(s.t.Context(), owner, "Power", decimal(amount), time.Date(2026, 4, 1, 10, 0, 0, 0, time.FixedZone("", 3600)))
	s.must(err)
	return b
}

var billRules = map[string]func(s *shop){
	"a bill is listed as it was made, and then as paid": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		b, c := s.bill(ann, "40"), s.card(ann, 5000)
		list, err := s.bills.List(s.t.Context(), ann)
		s.must(err)
		if len(list) != 1 || list[0] != b || b.Paid() || b.DueAt.Format(time.RFC3339) != "2026-04-01T09:00:00Z" {
			s.t.Errorf("%+v", list)
		}
		paid, err := s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: ann, Bill: b.ID, Card: c.Number})
		s.must(err)
		list, err = s.bills.List(s.t.Context(), ann)
		s.must(err)
		if paid.Remaining.String() != "10.00" || !list[0].Paid() || s.system(ledger.Bills) != 4000 {
			s.t.Errorf("%+v, %+v", paid, list)
		}
	},
	"a person has so many unpaid bills at most, and paying one makes room": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		first, c := s.bill(ann, "1"), s.card(ann, 1000)
		for range bill.MaxUnpaid - 1 {
			s.bill(ann, "1")
		}
		another := func() error {
			_, err := s.bills.Create(s.t.Context(), ann, "Power", decimal("1"), time.Date(2026, 4, 1, 10, 0, 0, 0, time.UTC))
			return err
		}
		if err := another(); !errors.Is(err, bill.ErrTooMany) {
			s.t.Errorf("one bill too many: %v", err)
		}
		_, err := s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: ann, Bill: first.ID, Card: c.Number})
		s.must(err)
		s.must(another())
	},
	"of many payers one wins": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		b, c := s.bill(ann, "1"), s.card(ann, 100*callers)
		won := s.race(bill.ErrPaid, func(ctx context.Context) error {
			_, err := s.bills.Pay(ctx, bill.PayRequest{Owner: ann, Bill: b.ID, Card: c.Number})
			return err
		})
		if won != 1 || s.balance(c.ID) != 100*callers-100 {
			s.t.Errorf("%d won, %d left", won, s.balance(c.ID))
		}
	},
	"many payers with one key are one payer": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		b, c := s.bill(ann, "1"), s.card(ann, 1000)
		won := s.race(nil, func(ctx context.Context) error {
			paid, err := s.bills.Pay(ctx, bill.PayRequest{Owner: ann, Bill: b.ID, Card: c.Number, Key: keyOf("pay", "")})
			if paid.Remaining.String() != "9.00" {
				return fmt.Errorf("%s remain: %w", paid.Remaining, err)
			}
			return err
		})
		if won != callers || s.balance(c.ID) != 900 {
			s.t.Errorf("%d won, %d left", won, s.balance(c.ID))
		}
	},
	"the errors have an order": func(s *shop) {
		ann, bob, nobody := s.customer("Ann", "Lee"), s.customer("Bob", "Ray"), s.person("No", "Wallet")
		mine, theirs, paid := s.bill(ann, "50"), s.bill(bob, "1"), s.bill(ann, "1")
		c, other, gone := s.card(ann, 1000), s.card(bob, 1000), s.card(ann, 0)
		s.must(s.cards.Delete(s.t.Context(), ann, gone.Number))
		_, err := s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: ann, Bill: paid.ID, Card: c.Number})
		s.must(err)
		for _, c := range []struct {
			name  string
			owner ledger.OwnerID
			bill  bill.ID
			card  string
			want  error
		}{
			{"no wallet", nobody, mine.ID, c.Number, wallet.ErrNone},
			{"another's bill", ann, theirs.ID, other.Number, bill.ErrUnknown},
			{"no such bill", ann, 999, c.Number, bill.ErrUnknown},
			{"another's card", ann, mine.ID, other.Number, card.ErrUnknown},
			{"nobody's card", ann, paid.ID, number.Card(), card.ErrUnknown},
			{"a deleted card", ann, paid.ID, gone.Number, card.ErrUnknown},
			{"paid", ann, paid.ID, c.Number, bill.ErrPaid},
			{"not enough", ann, mine.ID, c.Number, ledger.ErrInsufficientFunds},
		} {
			_, err := s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: c.owner, Bill: c.bill, Card: c.card})
			s.refuses(c.name, err, c.want)
		}
		_, err = s.bills.List(s.t.Context(), nobody)
		s.refuses("list, no wallet", err, wallet.ErrNone)
		_, err = s.bills.List(s.t.Context(), s.customer("Kim", "Oh"))
		s.refuses("list, none", err, bill.ErrNone)
		_, err = s.bills.Create(s.t.Context(), nobody, "Power", decimal("1"), time.Time{})
		s.refuses("create, no wallet", err, wallet.ErrNone)
	},
}

var statementRules = map[string]func(s *shop){
	"a history names parties, hides others' numbers and tells types": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		c, second, theirs := s.card(ann, 10_000), s.card(ann, 0), s.card(bob, 500)
		g, b := s.goal(ann, 0), s.bill(ann, "5")
		pay := func(owner ledger.OwnerID, from, to card.Card) {
			_, err := s.cards.Transfer(s.t.Context(), card.TransferRequest{Owner: owner, From: from.Number, To: to.Number, Amount: decimal("1")})
			s.must(err)
		}
		pay(ann, c, theirs)
		pay(bob, theirs, c)
		pay(ann, c, second)
		move := saving.MoveRequest{Owner: ann, Saving: g.ID, Card: c.ID, Amount: decimal("3")}
		_, err := s.savings.TopUp(s.t.Context(), move)
		s.must(err)
		_, err = s.savings.Decrease(s.t.Context(), move)
		s.must(err)
		_, err = s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: ann, Bill: b.ID, Card: c.Number})
		s.must(err)

		hidden := "************" + theirs.LastFour
		want := []string{
			fmt.Sprintf("out Ann Lee/%s Bill – Power/ BILL 5.00", c.Number),
			fmt.Sprintf("in Savings – Trip/ Ann Lee/%s SAVINGS_WITHDRAW 3.00", c.Number),
			fmt.Sprintf("out Ann Lee/%s Savings – Trip/ SAVINGS_TOPUP 3.00", c.Number),
			fmt.Sprintf("out Ann Lee/%s Ann Lee/%s TRANSFER 1.00", c.Number, second.Number),
			fmt.Sprintf("in Bob Ray/%s Ann Lee/%s TRANSFER 1.00", hidden, c.Number),
			fmt.Sprintf("out Ann Lee/%s Bob Ray/%s TRANSFER 1.00", c.Number, hidden),
			fmt.Sprintf("in Deposit/ Ann Lee/%s INCOME 100.00", c.Number),
		}
		var cursor ledger.TransferID
		for i, line := range want { // one page for each line
			page, err := s.cards.History(s.t.Context(), ann, c.Number, cursor, 1)
			s.must(err)
			if len(page) != 1 {
				s.t.Fatalf("page %d has %d lines", i, len(page))
			}
			if got := written(page[0]); got != line {
				s.t.Errorf("line %d:\n got %s\nwant %s", i, got, line)
			}
			cursor = page[0].ID
		}
		all, err := s.cards.History(s.t.Context(), ann, c.Number, ledger.TransferID{}, 100_000)
		s.must(err)
		if len(all) != len(want) {
			s.t.Errorf("%d lines in all", len(all))
		}
		_, err = s.cards.History(s.t.Context(), ann, second.Number, cursor, 1)
		s.refuses("another account's cursor", err, ledger.ErrNoCursor)
	},
}

func written(l statement.Line) string {
	return fmt.Sprintf("%s %s/%s %s/%s %s %s", l.Direction, l.From.Name, l.From.Number, l.To.Name, l.To.Number, l.Type, l.Amount)
}
