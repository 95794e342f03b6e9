package storetest

import (
	"fmt"
	"slices"
	"time"

	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/store"
	"purse/internal/wallet"
)

// setRates puts a table in force, in units for one US dollar.
func (s *shop) setRates(rates map[string]string) {
	s.t.Helper()
	s.must(s.rates.Replace(s.t.Context(), "USD", rates))
}

// send moves money from a wallet to a number.
func (s *shop) send(v wallet.View, to, amount string) (wallet.Transferred, error) {
	s.t.Helper()
	return s.wallets.Transfer(s.t.Context(), wallet.TransferRequest{Owner: v.Owner, Wallet: v.ID, To: to, Amount: decimal(amount)})
}

// lines are a wallet's history in short.
func (s *shop) lines(v wallet.View) (short []string) {
	s.t.Helper()
	lines, err := s.wallets.History(s.t.Context(), v.Owner, v.ID, ledger.TransferID{}, 0)
	s.must(err)
	for _, l := range lines {
		short = append(short, fmt.Sprintf("%s %s %s>%s", l.Operation, l.Amount, l.SenderNumber, l.ReceiverNumber))
	}
	return short
}

var walletTransferRules = map[string]func(s *shop){
	"a transfer within a currency reaches wallets and cards": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.customer("Bob", "Ray")
		v, theirs, c := s.newWallet(ann, money.USD, 10_000), s.wallet(bob, money.USD), s.card(bob, 0)
		for _, to := range []struct{ text, number, balance string }{
			{theirs.Number, theirs.Number, "79.50"},
			{c.Number, c.Number, "59.00"},
			{theirs.Number[:3] + " " + theirs.Number[3:], theirs.Number, "38.50"},
		} {
			done, err := s.send(v, to.text, "20.5")
			s.must(err)
			if done.Number != to.number || done.Sent.String() != "20.50" || done.Received != done.Sent || done.Rate != "1" || done.Balance.String() != to.balance {
				s.t.Errorf("to %s: %+v, want a balance of %s", to.text, done, to.balance)
			}
		}
		if a, b, c := s.balance(v.ID), s.balance(theirs.ID), s.balance(c.ID); a != 3850 || b != 4100 || c != 2050 {
			s.t.Error(a, b, c)
		}
	},
	"a transfer into another currency arrives by the table's rate": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		from, to := s.newWallet(ann, money.EUR, 10_000), s.newWallet(bob, money.KZT, 0)
		s.setRates(map[string]string{"KZT": "523.4567891234", "EUR": "0.9"})
		done, err := s.send(from, to.Number, "10")
		s.must(err)
		if done.Sent != money.New(1000, money.EUR) || done.Received != money.New(581_619, money.KZT) || done.Rate != "581.6186546" || done.Balance != money.New(9000, money.EUR) {
			s.t.Errorf("%+v", done)
		}
		s.update(func(tx store.Tx) error {
			t, err := tx.Transfer(done.ID)
			if len(t.Entries) != 4 {
				s.t.Errorf("%d entries", len(t.Entries))
			}
			return err
		})
		if a, b := s.balance(from.ID), s.balance(to.ID); a != 9000 || b != 581_619 {
			s.t.Error(a, b)
		}
	},
	"a wallet's transfer is refused in an order": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.customer("Bob", "Ray")
		v, other, theirs := s.newWallet(ann, money.USD, 500), s.newWallet(ann, money.KZT, 0), s.wallet(bob, money.USD)
		deleted, frozen := s.card(bob, 0), s.card(bob, 0)
		s.must(s.cards.Delete(s.t.Context(), bob, deleted.Number))
		s.update(func(tx store.Tx) error { return ledger.Freeze(tx, frozen.ID) })
		stale := func() {
			s.setRates(map[string]string{"KZT": "500"})
			s.clock.Advance(49 * time.Hour)
		}
		for _, c := range []struct {
			name       string
			from       wallet.View
			to, amount string
			want       error
		}{
			{"another's wallet", wallet.View{Wallet: wallet.Wallet{Owner: ann, ID: theirs.ID}}, "x", "0", wallet.ErrUnknown},
			{"no number", v, "x", "0", number.ErrUnknown},
			{"nobody's number", v, number.Wallet(), "0", number.ErrUnknown},
			{"to itself", v, v.Number, "0", ledger.ErrSameAccount},
			{"nothing", v, theirs.Number, "0", ledger.ErrAmount},
			{"too precise", v, theirs.Number, "0.001", money.ErrTooPrecise},
			{"a deleted receiver", v, deleted.Number, "1", number.ErrUnknown},
			{"a frozen receiver", v, frozen.Number, "1", ledger.ErrReceiverClosed},
			{"not enough", v, theirs.Number, "5.01", ledger.ErrInsufficientFunds},
			{"no rate", v, other.Number, "1", fx.ErrNoRate},
			{"old rates", v, other.Number, "1", fx.ErrStale},
			{"not enough to convert", v, other.Number, "5.01", ledger.ErrInsufficientFunds},
			{"nothing arrives", v, other.Number, "0.01", fx.ErrArrivesAsZero},
		} {
			switch c.name {
			case "old rates":
				stale()
			case "not enough to convert":
				s.setRates(map[string]string{"KZT": "0.1"})
			}
			_, err := s.send(c.from, c.to, c.amount)
			s.refuses(c.name, err, c.want)
		}
		if s.balance(v.ID) != 500 {
			s.t.Error("money has moved")
		}
	},
	"a repeated key repeats a transfer's answer, converted or not": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.customer("Bob", "Ray")
		v := s.newWallet(ann, money.USD, 1000)
		s.setRates(map[string]string{"KZT": "500", "EUR": "0.9"})
		for _, to := range []string{s.wallet(bob, money.USD).Number, s.wallet(bob, money.KZT).Number} {
			r := wallet.TransferRequest{Owner: ann, Wallet: v.ID, To: to, Amount: decimal("1"), Key: keyOf("to "+to, "1")}
			first, err := s.wallets.Transfer(s.t.Context(), r)
			s.must(err)
			s.put(v, "3")
			s.setRates(map[string]string{"KZT": "400"})
			again, err := s.wallets.Transfer(s.t.Context(), r)
			s.must(err)
			if again != first {
				s.t.Errorf("%+v, then %+v", first, again)
			}
		}
		if s.balance(v.ID) != 1400 {
			s.t.Error(s.balance(v.ID))
		}
	},
	"a history tells what happened, the newest first, wallets by number and cards by their end": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.person("Bob", "Ray")
		c := s.card(ann, 5000)
		v, theirs := s.newWallet(ann, money.EUR, 0), s.newWallet(bob, money.USD, 10_000)
		s.setRates(map[string]string{"EUR": "0.5"})
		s.put(v, "7")
		_, err := s.wallets.Withdraw(s.t.Context(), wallet.Movement{Owner: ann, Wallet: v.ID, Amount: decimal("1")})
		s.must(err)
		_, err = s.send(v, theirs.Number, "2")
		s.must(err)
		_, err = s.send(theirs, v.Number, "8")
		s.must(err)
		_, err = s.cards.Transfer(s.t.Context(), cardTransfer(ann, c.Number, v.Number, "6"))
		s.must(err)
		masked := "************" + c.LastFour
		want := []string{
			"TRANSFER 3.00 " + masked + ">" + v.Number,
			"TRANSFER 4.00 " + theirs.Number + ">" + v.Number,
			"TRANSFER 2.00 " + v.Number + ">" + theirs.Number,
			"WITHDRAW 1.00 " + v.Number + ">",
			"DEPOSIT 7.00 >" + v.Number,
		}
		if got := s.lines(v); !slices.Equal(got, want) {
			s.t.Errorf("got %q\nwant %q", got, want)
		}
	},
	"a history is read page by page": func(s *shop) {
		ann, bob := s.person("Ann", "Lee"), s.person("Bob", "Ray")
		v, theirs := s.newWallet(ann, money.USD, 0), s.newWallet(bob, money.USD, 100)
		for i := range 7 {
			s.put(v, fmt.Sprint(i+1))
		}
		var amounts []string
		for before, pages := (ledger.TransferID{}), 0; pages < 4; pages++ {
			lines, err := s.wallets.History(s.t.Context(), ann, v.ID, before, 2)
			s.must(err)
			for _, l := range lines {
				amounts, before = append(amounts, l.Amount.String()), l.ID
			}
		}
		if want := []string{"7.00", "6.00", "5.00", "4.00", "3.00", "2.00", "1.00"}; !slices.Equal(amounts, want) {
			s.t.Errorf("%v", amounts)
		}
		others, err := s.wallets.History(s.t.Context(), bob, theirs.ID, ledger.TransferID{}, 0)
		s.must(err)
		_, err = s.wallets.History(s.t.Context(), ann, v.ID, others[0].ID, 2)
		s.refuses("a line of another wallet", err, ledger.ErrNoCursor)
		_, err = s.wallets.History(s.t.Context(), ann, theirs.ID, ledger.TransferID{}, 2)
		s.refuses("another's wallet", err, wallet.ErrUnknown)
	},
}
