package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"purse/internal/bill"
	"purse/internal/gift"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/portfolio"
	"purse/internal/statement"
	"purse/internal/store"
)

// gifts is the product under one of its fundings.
func (s *shop) gifts(funding gift.Funding) *gift.Service {
	return gift.New(gift.Options{Work: store.Narrow[gift.Tx](s.engine), Payments: s.payments, Numbers: s.numbers, Funding: funding})
}

// give sends a message in a money bag that must arrive.
func (s *shop) give(g *gift.Service, from, to ledger.OwnerID, amount int64) gift.Message {
	s.t.Helper()
	m, err := g.Send(s.t.Context(), gift.SendRequest{Sender: from, Receiver: to, Text: fmt.Sprintf("복 %d\n많이", amount), Amount: amount, Moneybag: true})
	s.must(err)
	return m
}

// gifted is what a person was given, as "total count".
func (s *shop) gifted(g *gift.Service, person ledger.OwnerID) string {
	s.t.Helper()
	page, err := g.Messages(s.t.Context(), person, 1)
	s.must(err)
	return fmt.Sprintf("%s %s %d", page.Total, page.Total.Currency(), page.Count)
}

func (s *shop) erase(person ledger.OwnerID) error {
	return s.engine.Update(s.t.Context(), func(tx store.Tx) error {
		if _, err := tx.User(identity.UserID(person)); err != nil { // locked, as identity has it
			return err
		}
		if err := gift.Forget(tx, person); err != nil {
			return err
		}
		if err := ledger.CloseAll(tx, person); err != nil {
			return err
		}
		return tx.EraseUser(identity.UserID(person))
	})
}

func (s *shop) sound() {
	s.t.Helper()
	err := s.engine.View(s.t.Context(), func(tx store.Tx) error {
		return ledger.Verify(tx, func(b ledger.Breach) { s.t.Errorf("the book: %v", b) }, func(int64, int64) {})
	})
	s.must(err)
}

var giftRules = map[string]func(s *shop){
	"a message is read as it was written, by its receiver alone": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		sent := s.give(g, ann, bob, 5001)
		got, err := g.Message(s.t.Context(), bob, sent.ID)
		if err != nil || got != sent || got.Author.FirstName != "Ann" || got.Image() != "Money_99999.png" {
			s.t.Errorf("%+v\n%+v, %v", sent, got, err)
		}
		for _, other := range []ledger.OwnerID{ann, 999} {
			_, err = g.Message(s.t.Context(), other, sent.ID)
			s.refuses("another's message", err, gift.ErrNoMessage)
		}
	},
	"play money fills a box from the pledges": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		if got := s.gifted(g, bob); got != "0 GIFT 0" {
			s.t.Error(got)
		}
		s.give(g, ann, bob, 300)
		s.give(g, bob, bob, 50) // to oneself, which nothing forbids
		if got := s.gifted(g, bob); got != "350 GIFT 2" {
			s.t.Error(got)
		}
		if got := s.gifted(s.gifts(gift.Wallet), bob); got != "0 KRW 2" {
			s.t.Errorf("as real money: %s", got)
		}
		s.update(func(tx store.Tx) error {
			wallets, err := tx.WalletsOf(bob)
			if len(wallets) != 0 {
				s.t.Error("a wallet was opened")
			}
			return err
		})
		s.sound()
	},
	"won goes from wallet to wallet, which is opened for who has none": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Wallet)
		try := func(from, to ledger.OwnerID, amount int64) error {
			_, err := g.Send(s.t.Context(), gift.SendRequest{Sender: from, Receiver: to, Text: "x", Amount: amount, Moneybag: true})
			return err
		}
		s.refuses("no wallet of won", try(ann, bob, 1), ledger.ErrInsufficientFunds)
		from := s.wallet(ann, money.KRW)
		s.deposit(from.ID, money.New(1000, money.KRW))
		s.refuses("too much", try(ann, bob, 1001), ledger.ErrInsufficientFunds)
		s.refuses("to oneself", try(ann, ann, 1), gift.ErrToSelf)
		s.must(try(ann, bob, 600))
		s.must(try(ann, bob, 150))
		s.must(try(bob, ann, 50))
		var to ledger.AccountID
		s.update(func(tx store.Tx) error {
			wallets, err := tx.WalletsOf(bob)
			if err != nil || len(wallets) != 1 || wallets[0].Currency != money.KRW {
				return fmt.Errorf("wallets %+v, %v", wallets, err)
			}
			to = wallets[0].ID
			return nil
		})
		if s.balance(from.ID) != 300 || s.balance(to) != 700 || s.gifted(g, bob) != "750 KRW 2" || s.gifted(g, ann) != "50 KRW 1" {
			s.t.Errorf("%d, %d, %s, %s", s.balance(from.ID), s.balance(to), s.gifted(g, bob), s.gifted(g, ann))
		}
		s.sound()
	},
	"won that was given shows in both wallets' histories": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		bob := s.person("", "")
		s.update(func(tx store.Tx) error {
			u, err := tx.User(identity.UserID(bob))
			must(err)
			u.Username = "민수"
			return tx.UpdateUser(u)
		})
		from := s.wallet(ann, money.KRW)
		s.deposit(from.ID, money.New(1000, money.KRW))
		s.give(s.gifts(gift.Wallet), ann, bob, 600)
		s.update(func(tx store.Tx) error {
			wallets, err := tx.WalletsOf(bob)
			must(err)
			to := wallets[0]
			for account, want := range map[ledger.AccountID]string{
				from.ID: fmt.Sprintf("out Ann Lee/%s 민수/%s TRANSFER 600", from.Number, number.Masked(to.Number)),
				to.ID:   fmt.Sprintf("in Ann Lee/%s 민수/%s TRANSFER 600", number.Masked(from.Number), to.Number),
			} {
				page, err := statement.Read(tx, account, ledger.TransferID{}, 1)
				must(err)
				lines, err := page.Lines(nil)
				must(err)
				if got := written(lines[0]); got != want {
					s.t.Errorf("got %s\nwant %s", got, want)
				}
			}
			return nil
		})
	},
	"a frozen wallet stops the money": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Wallet)
		from := s.wallet(ann, money.KRW)
		s.deposit(from.ID, money.New(1000, money.KRW))
		s.give(g, ann, bob, 100)
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, from.ID) })
		_, err := g.Send(s.t.Context(), gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: 100})
		s.refuses("from a frozen wallet", err, ledger.ErrSenderClosed)
	},
	"amounts are notes, or anything in a bag": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		for _, c := range []struct {
			amount int64
			bag    bool
			want   error
			image  string
		}{
			{100, false, nil, "Money_100.png"}, {99999, false, nil, "Money_99999.png"}, {5000, true, nil, "Money_99999.png"}, {1, true, nil, "Money_99999.png"},
			{gift.MaxAmount, true, nil, "Money_99999.png"}, {5001, false, gift.ErrNote, ""}, {0, true, gift.ErrAmount, ""}, {-1, false, gift.ErrAmount, ""},
			{gift.MaxAmount + 1, true, gift.ErrAmount, ""},
		} {
			m, err := g.Send(s.t.Context(), gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: c.amount, Moneybag: c.bag})
			if !errors.Is(err, c.want) || err == nil && m.Image() != c.image {
				s.t.Errorf("%d, bag %v: %v, %s", c.amount, c.bag, err, m.Image())
			}
		}
	},
	"pages are of six, the newest first, and empty past the end": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		for n := range int64(14) {
			s.give(g, ann, bob, n+1)
			s.give(g, bob, ann, 1000)
		}
		for page, want := range map[int64]string{1: "14 13 12 11 10 9", 2: "8 7 6 5 4 3", 3: "2 1", 4: "", 1 << 52: ""} {
			p, err := g.Messages(s.t.Context(), bob, page)
			s.must(err)
			var got []string
			for _, m := range p.Messages {
				got = append(got, m.Amount.String())
			}
			if strings.Join(got, " ") != want || p.Count != 14 || p.Last() != 3 || p.Total.Minor() != 105 {
				s.t.Errorf("page %d: %v of %d, last %d, total %s", page, got, p.Count, p.Last(), p.Total)
			}
		}
	},
	"the errors have an order": func(s *shop) {
		ann, bob, gone := s.person("Ann", "Lee"), s.person("Bob", "Ray"), s.person("Zoe", "Kim")
		s.must(s.erase(gone))
		for _, c := range []struct {
			name     string
			from, to ledger.OwnerID
			amount   int64
			want     error
		}{
			{"a sender who has left", gone, bob, 0, identity.ErrNoSession},
			{"a sender who never was", 998, bob, 0, identity.ErrNoSession},
			{"nobody", ann, 999, 0, gift.ErrNoReceiver},
			{"somebody who has left", ann, gone, 0, gift.ErrNoReceiver},
			{"no amount", ann, bob, 0, gift.ErrAmount},
			{"no note", ann, bob, 7, gift.ErrNote},
			{"no money", ann, bob, 100, ledger.ErrInsufficientFunds},
		} {
			_, err := s.gifts(gift.Wallet).Send(s.t.Context(), gift.SendRequest{Sender: c.from, Receiver: c.to, Text: "x", Amount: c.amount})
			s.refuses(c.name, err, c.want)
		}
	},
	"many senders with one key send one message": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		r := gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: 100, Key: keyOf("gift", "")}
		first, err := g.Send(s.t.Context(), r)
		s.must(err)
		won := s.race(nil, func(ctx context.Context) error {
			m, err := g.Send(ctx, r)
			if m != first {
				return fmt.Errorf("got %+v, %w", m, err)
			}
			return err
		})
		if won != callers || s.gifted(g, bob) != "100 GIFT 1" {
			s.t.Errorf("%d won, %s", won, s.gifted(g, bob))
		}
		s.must(s.erase(bob))
		_, err = g.Send(s.t.Context(), r)
		s.refuses("to who has left since", err, gift.ErrNoReceiver)
	},
	"who was undone under a key that another has used meanwhile is told the other's message": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		r := gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: 100, Key: keyOf("gift", "")}
		var sent gift.Message
		work := undoneFirst{s.engine, func() {
			var err error
			sent, err = s.gifts(gift.Pledge).Send(s.t.Context(), r)
			s.must(err)
		}}
		g := gift.New(gift.Options{Work: store.Narrow[gift.Tx](work), Payments: s.payments, Numbers: s.numbers, Funding: gift.Pledge})
		if told, err := g.Send(s.t.Context(), r); err != nil || told != sent {
			s.t.Errorf("told %+v, %v\nsent %+v", told, err, sent)
		}
	},
	"first gifts at once open one box and one wallet": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		from := s.wallet(ann, money.KRW)
		s.deposit(from.ID, money.New(100*callers, money.KRW))
		for funding, want := range map[gift.Funding]string{gift.Pledge: " GIFT ", gift.Wallet: " KRW "} {
			g := s.gifts(funding)
			s.race(nil, func(ctx context.Context) error {
				_, err := g.Send(ctx, gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: 100})
				return err
			})
			if got := s.gifted(g, bob); !strings.HasPrefix(got, fmt.Sprint(100*callers)+want) {
				s.t.Errorf("%s: %s", funding, got)
			}
		}
		s.update(func(tx store.Tx) error {
			accounts, err := tx.AccountsOf(bob)
			if len(accounts) != 2 {
				s.t.Errorf("%d accounts", len(accounts))
			}
			return err
		})
		s.sound()
	},
	"who leaves takes their gifts along, and their name off those they gave": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		mine, theirs := s.give(g, bob, ann, 700), s.give(g, ann, bob, 300)
		s.must(s.erase(ann))
		_, err := g.Message(s.t.Context(), ann, mine.ID)
		s.refuses("a message to who has left", err, gift.ErrNoMessage)
		_, err = g.Account(s.t.Context(), ann)
		s.refuses("who has left", err, identity.ErrNoUser)
		left, err := g.Message(s.t.Context(), bob, theirs.ID)
		if err != nil || left.Sender != 0 || left.Author != (identity.Profile{}) || left.Text != theirs.Text || s.gifted(g, bob) != "300 GIFT 1" {
			s.t.Errorf("%+v, %v, %s", left, err, s.gifted(g, bob))
		}
		s.update(func(tx store.Tx) error {
			pledges, err := tx.SystemAccount(ledger.Pledges, money.Play)
			must(err)
			if a, err := ledger.One(tx, pledges); err != nil || a.Balance.Minor() != -300 {
				s.t.Errorf("the pledges: %s, %v", a.Balance, err)
			}
			return nil
		})
		s.sound()
	},
	"who has money cannot leave, and nothing has changed": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		s.give(g, bob, ann, 700)
		c := s.card(ann, 1)
		s.refuses("with a cent", s.erase(ann), ledger.ErrNotEmpty)
		if s.gifted(g, ann) != "700 GIFT 1" || s.balance(c.ID) != 1 {
			s.t.Errorf("%s, %d", s.gifted(g, ann), s.balance(c.ID))
		}
	},
	"a held amount keeps its owner": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		w := s.wallet(ann, money.KRW)
		s.deposit(w.ID, money.New(5, money.KRW))
		s.update(func(tx store.Tx) error {
			out, err := ledger.System(tx, ledger.CashOut, money.KRW)
			must(err)
			_, err = ledger.NewHold(tx, w.ID, out, money.New(5, money.KRW), s.clock.Now().Add(1))
			return err
		})
		s.refuses("with a hold", s.erase(ann), ledger.ErrNotEmpty)
	},
	"withdrawals and messages at once leave no money behind": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		var erased, sent, refused atomic.Int64
		var turn atomic.Int64
		s.race(nil, func(ctx context.Context) error {
			if turn.Add(1)%5 == 0 {
				err := s.erase(bob)
				if err == nil {
					erased.Add(1)
				}
				return err
			}
			_, err := g.Send(ctx, gift.SendRequest{Sender: ann, Receiver: bob, Text: "x", Amount: 100})
			switch {
			case errors.Is(err, gift.ErrNoReceiver):
				refused.Add(1)
				return nil
			case err == nil:
				sent.Add(1)
			}
			return err
		})
		s.update(func(tx store.Tx) error {
			accounts, err := tx.AccountsOf(bob)
			for _, a := range accounts {
				if !a.Balance.IsZero() || a.Status != ledger.Closed {
					s.t.Errorf("after %d withdrawals, %d messages and %d refused: %s, %s", erased.Load(), sent.Load(), refused.Load(), a.Balance, a.Status)
				}
			}
			must(err)
			left, err := tx.GiftMessages(bob, 0, 100)
			if len(left) != 0 {
				s.t.Errorf("%d messages are left", len(left))
			}
			return err
		})
		s.sound()
	},
	"two people who are one have all their gifts": func(s *shop) {
		ann, bob, zoe := s.person("Ann", "Lee"), s.person("Bob", "Ray"), s.person("Zoe", "Kim")
		g := s.gifts(gift.Pledge)
		s.give(g, zoe, ann, 10)
		s.give(g, zoe, bob, 20)
		given := s.give(g, ann, zoe, 40)
		s.must(s.mergeAll(ann, bob))
		if s.gifted(g, bob) != "30 GIFT 2" || s.gifted(g, ann) != "0 GIFT 0" {
			s.t.Errorf("%s, %s", s.gifted(g, bob), s.gifted(g, ann))
		}
		if m, err := g.Message(s.t.Context(), zoe, given.ID); err != nil || m.Sender != bob || m.Author.FirstName != "Bob" {
			s.t.Errorf("%+v, %v", m, err)
		}
		s.must(s.mergeAll(ann, bob)) // who has nothing
		kim := s.person("Kim", "Oh")
		s.must(s.mergeAll(bob, kim)) // to who has nothing
		s.give(g, zoe, kim, 5)
		if s.gifted(g, kim) != "35 GIFT 3" {
			s.t.Error(s.gifted(g, kim))
		}
		s.must(s.erase(bob)) // all closed and empty
		s.sound()
		if err := s.engine.Update(s.t.Context(), func(tx store.Tx) error { return gift.Reassign(tx, kim, kim) }); err == nil {
			s.t.Error("merged with oneself")
		}
	},
	"a box that is frozen is not merged": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		g := s.gifts(gift.Pledge)
		s.give(g, bob, ann, 10)
		s.give(g, ann, bob, 20)
		s.update(func(tx store.Tx) error {
			box, err := tx.GiftBox(ann)
			must(err)
			return ledger.Freeze(tx, box.Account)
		})
		s.refuses("merge", s.mergeAll(ann, bob), portfolio.ErrMoney)
		if s.gifted(g, ann) != "10 GIFT 1" || s.gifted(g, bob) != "20 GIFT 1" {
			s.t.Errorf("%s, %s", s.gifted(g, ann), s.gifted(g, bob))
		}
	},
}

var leavingRules = map[string]func(s *shop){
	"names are taken off cards, goals and bills, and histories read on": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		c, theirs, g, b := s.card(ann, 1000), s.card(bob, 1000), s.goal(ann, 0), s.bill(ann, "1")
		s.bill(ann, "2")
		other := s.bill(bob, "3")
		_, err := s.bills.Pay(s.t.Context(), bill.PayRequest{Owner: ann, Bill: b.ID, Card: c.Number})
		s.must(err)
		s.update(func(tx store.Tx) error {
			must(tx.ForgetCards(ann, tx.Now()))
			must(tx.ForgetSavings(ann, tx.Now()))
			return tx.ForgetBills(ann)
		})
		s.update(func(tx store.Tx) error {
			row, _, err := tx.Card(c.ID)
			must(err)
			kept, _, err := tx.Card(theirs.ID)
			must(err)
			goal, _, err := tx.Saving(g.ID)
			must(err)
			bills, err := tx.BillsOf(ann)
			must(err)
			names, err := tx.BillNames([]int64{int64(b.ID), int64(other.ID), 999})
			must(err)
			if row.FirstName+row.LastName+goal.Name != "" || row.DeletedAt.IsZero() || goal.DeletedAt.IsZero() || kept.FirstName != "Bob" || !kept.DeletedAt.IsZero() {
				s.t.Errorf("%+v\n%+v\n%+v", row, kept, goal)
			}
			if len(bills) != 1 || bills[0].Name != "" || len(names) != 2 || names[int64(other.ID)] != "Power" {
				s.t.Errorf("%+v, %v", bills, names)
			}
			return nil
		})
	},
}
