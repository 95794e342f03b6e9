package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/statement"
	"purse/internal/store"
	"purse/internal/wallet"
)

// transfersOf asks for transfers, each written "from to amount" or "from to amount key".
func transfersOf(list ...[]string) (transfers []card.BulkTransfer) {
	for _, words := range list {
		t := card.BulkTransfer{From: words[0], To: words[1], Amount: decimal(words[2])}
		if len(words) > 3 {
			t.Key = keyOf(words[3], words[0]+words[1]+words[2])
		}
		transfers = append(transfers, t)
	}
	return transfers
}

// codes are what became of transfers: "" for those that were made.
func codes(done []payment.Done) (list []fault.Code) {
	for _, d := range done {
		if d.Err == nil && d.Transfer.IsZero() || d.Err != nil && !d.Transfer.IsZero() {
			panic(fmt.Sprintf("neither made nor refused: %+v", d))
		}
		code := fault.Code("")
		if d.Err != nil {
			code = fault.From(d.Err).Code
		}
		list = append(list, code)
	}
	return list
}

// bulk makes transfers each on its own, and checks what became of them.
func (s *shop) bulk(r card.BulkRequest, want ...*fault.Error) []payment.Done {
	s.t.Helper()
	done, err := s.cards.TransferAll(s.t.Context(), r)
	s.must(err)
	var wanted []fault.Code
	for _, w := range want {
		if w == nil {
			w = &fault.Error{}
		}
		wanted = append(wanted, w.Code)
	}
	if got := codes(done); !slices.Equal(got, wanted) {
		s.t.Errorf("got %q\nwant %q", got, wanted)
	}
	return done
}

// town is people and their accounts, the same ones in each town.
type town struct {
	owner   ledger.OwnerID
	from    []string // numbers that transfers come from
	to      []string // numbers that they go to
	ids     []ledger.AccountID
	blocked wallet.View
}

// newTown makes a town. Rates are to be put in force afterwards: the wallet that
// is blocked is so because time has passed.
func (s *shop) newTown() (w town) {
	ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
	w.owner = ann
	w.blocked = s.blockedWallet(s.person("Cy", "Roe"), money.KZT, 10_000)
	first, second, empty := s.card(ann, 3000), s.card(ann, 500), s.card(ann, 0)
	theirs, deleted, frozen := s.card(bob, 700), s.card(bob, 0), s.card(bob, 0)
	usd, eur := s.wallet(bob, money.USD), s.newWallet(bob, money.EUR, 0)
	s.must(s.cards.Delete(s.t.Context(), bob, deleted.Number))
	s.update(func(tx store.Tx) error { return ledger.Freeze(tx, frozen.ID) })
	nobody := number.Wallet()
	w.from = []string{first.Number, first.Number, first.Number, second.Number, empty.Number, theirs.Number, deleted.Number, nobody}
	w.to = []string{first.Number, second.Number, empty.Number, theirs.Number, deleted.Number, frozen.Number, usd.Number, eur.Number, w.blocked.Number, "x"}
	w.ids = []ledger.AccountID{first.ID, second.ID, empty.ID, theirs.ID, deleted.ID, frozen.ID, usd.ID, eur.ID, w.blocked.ID}
	return w
}

// line is an entry without what differs between towns.
type line struct {
	Amount, After string
	Seq           int64
	Kind          ledger.TransferKind
	Counter       int // among the town's accounts, or -1
	Settled       string
}

// book is all that has happened in a town.
func (s *shop) book(w town) (lines [][]line, statuses []ledger.Status) {
	s.t.Helper()
	s.must(s.engine.View(s.t.Context(), func(tx store.Tx) error {
		for _, id := range w.ids {
			account, err := ledger.One(tx, id)
			if err != nil {
				return err
			}
			all, err := tx.Lines(id, 0, 10_000)
			if err != nil {
				return err
			}
			short := make([]line, len(all))
			for i, l := range all {
				short[i] = line{l.Amount.String(), l.BalanceAfter.String(), l.Seq, l.Kind, slices.Index(w.ids, l.Counter), statement.ReadMemo(l.Meta).Settled}
			}
			lines, statuses = append(lines, short), append(statuses, account.Status)
		}
		return nil
	}))
	return lines, statuses
}

// likeOneByOne plays random transfers in two towns: in bulks in one, one by one
// in the other. All becomes the same: what is refused and why, every entry of
// every account in its order, and what a blocked account pays.
func likeOneByOne(s *shop) {
	bulks, singles := s.newTown(), s.newTown()
	s.setRates(map[string]string{"KZT": "500", "EUR": "0.9"})
	random := rand.New(rand.NewPCG(7, 1))
	settled := func(l line) bool { return l.Settled != "" }
	met := map[fault.Code]int{}
	for round := range 12 {
		var many []card.BulkTransfer
		var one []card.TransferRequest
		for range 40 {
			from, to := random.IntN(len(bulks.from)), random.IntN(len(bulks.to))
			if bulks.from[from] == bulks.to[to] {
				continue
			}
			amount := fmt.Sprintf("%d.%02d", random.IntN(3), 1+random.IntN(99))
			body := fmt.Sprint(from, to, amount)
			b := card.BulkTransfer{From: bulks.from[from], To: bulks.to[to], Amount: decimal(amount)}
			t := card.TransferRequest{Owner: singles.owner, From: singles.from[from], To: singles.to[to], Amount: decimal(amount)}
			if random.IntN(3) == 0 {
				name := fmt.Sprint(random.IntN(60)) // many come again, with the same request or another
				b.Key, t.Key = keyOf("bulk "+name, body), keyOf("single "+name, body)
			}
			many, one = append(many, b), append(one, t)
		}
		done, err := s.cards.TransferAll(s.t.Context(), card.BulkRequest{Owner: bulks.owner, Transfers: many})
		s.must(err)
		for i, got := range codes(done) {
			want := fault.Code("")
			if _, err := s.cards.Transfer(s.t.Context(), one[i]); err != nil {
				want = fault.From(err).Code
			}
			met[want]++
			if got != want {
				s.t.Errorf("round %d, transfer %d: %q in a bulk, %q alone", round, i, got, want)
			}
		}
		if round == 5 { // the wallet that was blocked owes again
			s.clock.Set(s.see(bulks.blocked).FeeDueAt)
			s.setRates(map[string]string{"KZT": "400", "EUR": "0.8"})
			s.charge()
		}
		bulkLines, bulkStatuses := s.book(bulks)
		singleLines, singleStatuses := s.book(singles)
		if !reflect.DeepEqual(bulkLines, singleLines) || !slices.Equal(bulkStatuses, singleStatuses) {
			s.t.Fatalf("round %d: in bulks\n%v %v\none by one\n%v %v", round, bulkLines, bulkStatuses, singleLines, singleStatuses)
		}
	}
	lines, _ := s.book(bulks)
	if slices.IndexFunc(lines[len(lines)-1], settled) < 0 {
		s.t.Error("the blocked wallet has paid nothing")
	}
	for _, code := range []fault.Code{"", card.ErrUnknown.Code, number.ErrUnknown.Code, ledger.ErrReceiverClosed.Code, ledger.ErrInsufficientFunds.Code, ledger.ErrKeyReused.Code} {
		if met[code] == 0 {
			s.t.Errorf("no transfer was refused with %q: %v", code, met)
		}
	}
}

var bulkRules = map[string]func(s *shop){
	"random transfers in bulks become what they become one by one": likeOneByOne,
	"earlier transfers of a bulk count for later ones": func(s *shop) {
		ann := s.customer("Ann", "Lee")
		a, b, c := s.card(ann, 1000), s.card(ann, 0), s.card(ann, 0)
		s.bulk(card.BulkRequest{Owner: ann, Transfers: transfersOf(
			[]string{b.Number, c.Number, "1"}, []string{a.Number, b.Number, "10"}, []string{b.Number, c.Number, "4"}, []string{b.Number, c.Number, "6.01"}, []string{c.Number, a.Number, "4"},
		)}, ledger.ErrInsufficientFunds, nil, nil, ledger.ErrInsufficientFunds, nil)
		if a, b, c := s.balance(a.ID), s.balance(b.ID), s.balance(c.ID); a != 400 || b != 600 || c != 0 {
			s.t.Error(a, b, c)
		}
	},
	"of an atomic bulk all transfers are made, or none and the first refusal is told": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, theirs := s.card(ann, 1000), s.card(bob, 0)
		blocked := s.blockedWallet(s.person("Cy", "Roe"), money.KZT, 0)
		good := []string{a.Number, theirs.Number, "3"}
		for _, key := range []*ledger.Key{nil, keyOf("all", "")} {
			for _, c := range []struct {
				what string
				bad  []string
				want error
			}{
				{"not enough", []string{a.Number, theirs.Number, "4.01"}, ledger.ErrInsufficientFunds},
				{"no sender", []string{theirs.Number, a.Number, "1"}, card.ErrUnknown},
				{"no receiver", []string{a.Number, "x", "1"}, number.ErrUnknown},
				{"no rate", []string{a.Number, blocked.Number, "1"}, fx.ErrNoRate},
			} {
				r := card.BulkRequest{Owner: ann, Atomic: true, Transfers: transfersOf(good, good, c.bad, []string{a.Number, "y", "1"})}
				if key != nil {
					r.Key = keyOf(c.what, "")
				}
				_, err := s.cards.TransferAll(s.t.Context(), r)
				var at *payment.RefusedAt
				if !errors.As(err, &at) || at.Index != 2 || !errors.Is(err, c.want) {
					s.t.Errorf("%s: %v, want %v at 2", c.what, err, c.want)
				}
			}
		}
		if a, b := s.balance(a.ID), s.balance(theirs.ID); a != 1000 || b != 0 {
			s.t.Fatal(a, b)
		}
		s.setRates(map[string]string{"KZT": "500"})
		_, err := s.cards.TransferAll(s.t.Context(), card.BulkRequest{
			Owner: ann, Atomic: true, Key: keyOf("settled and undone", ""), Transfers: transfersOf(good, []string{a.Number, blocked.Number, "1"}, []string{a.Number, theirs.Number, "6.01"}),
		})
		s.refuses("after one that settles", err, ledger.ErrInsufficientFunds)
		if v := s.see(blocked); v.Active || s.balance(a.ID) != 1000 {
			s.t.Errorf("%+v, %d", v, s.balance(a.ID))
		}
		s.bulk(card.BulkRequest{Owner: ann, Atomic: true, Transfers: transfersOf(good, []string{a.Number, blocked.Number, "1"}, good)}, nil, nil, nil)
		if v := s.see(blocked); !v.Active || v.Balance.String() != "300.00" || s.balance(a.ID) != 300 || s.balance(theirs.ID) != 600 {
			s.t.Errorf("%+v, %d, %d", v, s.balance(a.ID), s.balance(theirs.ID))
		}
	},
	"a bulk's key repeats what became of each": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, theirs := s.card(ann, 1000), s.card(bob, 0)
		r := card.BulkRequest{Owner: ann, Key: keyOf("k", "1"), Transfers: transfersOf([]string{a.Number, theirs.Number, "9"}, []string{a.Number, theirs.Number, "2"}, []string{a.Number, "x", "1"})}
		first := s.bulk(r, nil, ledger.ErrInsufficientFunds, number.ErrUnknown)
		s.deposit(a.ID, money.New(10_000, money.USD))
		if again := s.bulk(r, nil, ledger.ErrInsufficientFunds, number.ErrUnknown); again[0].Transfer != first[0].Transfer {
			s.t.Errorf("%v, then %v", first, again)
		}
		r.Key = keyOf("k", "2")
		_, err := s.cards.TransferAll(s.t.Context(), r)
		s.refuses("another request", err, ledger.ErrKeyReused)

		r.Key, r.Atomic, r.Transfers = keyOf("atomic", "1"), true, transfersOf([]string{a.Number, theirs.Number, "1"}, []string{a.Number, theirs.Number, "200"})
		for range 2 {
			_, err = s.cards.TransferAll(s.t.Context(), r)
			var at *payment.RefusedAt
			if !errors.As(err, &at) || at.Index != 1 || !errors.Is(err, ledger.ErrInsufficientFunds) {
				s.t.Errorf("an atomic one: %v", err)
			}
			s.deposit(a.ID, money.New(100_000, money.USD))
		}
		if got := s.balance(theirs.ID); got != 900 {
			s.t.Error(got)
		}
	},
	"a transfer's own key holds in its bulk and in later ones": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, theirs, other := s.card(ann, 1000), s.card(bob, 0), s.newWallet(bob, money.KZT, 0)
		s.setRates(map[string]string{"KZT": "500"})
		pay, refused, converted := []string{a.Number, theirs.Number, "6", "pay"}, []string{a.Number, theirs.Number, "5", "refused"}, []string{a.Number, other.Number, "2", "converted"}
		changed := []string{a.Number, theirs.Number, "7", "pay"}
		first := s.bulk(card.BulkRequest{Owner: ann, Transfers: transfersOf(pay, refused, converted, pay, changed)}, nil, ledger.ErrInsufficientFunds, nil, nil, ledger.ErrKeyReused)
		if first[0].Transfer != first[3].Transfer {
			s.t.Error("a key made two transfers")
		}
		s.deposit(a.ID, money.New(10_000, money.USD))
		s.setRates(map[string]string{}) // there is none for anything new
		again := s.bulk(card.BulkRequest{Owner: ann, Transfers: transfersOf(converted, refused, pay)}, nil, ledger.ErrInsufficientFunds, nil)
		if again[0].Transfer != first[2].Transfer || again[2].Transfer != first[0].Transfer || s.balance(theirs.ID) != 600 || s.balance(other.ID) != 100_000 {
			s.t.Errorf("%v, then %v", first, again)
		}
	},
	"what is wrong with transfers in themselves is told of all and changes nothing": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, theirs := s.card(ann, 1000), s.card(bob, 0)
		_, err := s.cards.TransferAll(s.t.Context(), card.BulkRequest{Owner: ann, Transfers: transfersOf(
			[]string{a.Number, theirs.Number, "1"}, []string{a.Number, a.Number, "1"}, []string{"x", theirs.Number, "0.001"}, []string{a.Number, theirs.Number, "0.001"},
		)})
		var invalid card.Invalid
		if !errors.As(err, &invalid) || len(invalid) != 2 || invalid[0].Index != 1 || !errors.Is(invalid[0].Err, card.ErrSameNumber) ||
			invalid[1].Index != 3 || !errors.Is(invalid[1].Err, money.ErrTooPrecise) || s.balance(a.ID) != 1000 {
			s.t.Errorf("%v: %+v, %d", err, invalid, s.balance(a.ID))
		}
	},
	"a bulk finds a card by the number that its new owner has for it": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, theirs := s.card(ann, 1000), s.card(bob, 0)
		pay := transfersOf([]string{a.Number, theirs.Number, "1"}, []string{a.Number, theirs.Number, "2"})
		s.bulk(card.BulkRequest{Owner: ann, Transfers: pay}, nil, nil)
		s.bulk(card.BulkRequest{Owner: bob, Transfers: pay}, card.ErrUnknown, card.ErrUnknown)
		s.update(func(tx store.Tx) error { return ledger.Reassign(tx, ann, bob) })
		s.bulk(card.BulkRequest{Owner: bob, Transfers: pay}, nil, nil)
		s.bulk(card.BulkRequest{Owner: ann, Transfers: pay}, card.ErrUnknown, card.ErrUnknown)
	},
	"bulks both ways at once all succeed, and a key among them counts once": func(s *shop) {
		ann, bob := s.customer("Ann", "Lee"), s.customer("Bob", "Ray")
		a, b := s.card(ann, 1_000_000), s.card(bob, 1_000_000)
		owners, cards := []ledger.OwnerID{ann, bob}, []card.Card{a, b}
		turn := make(chan int, callers)
		for i := range callers {
			turn <- i
		}
		if won := s.race(nil, func(ctx context.Context) error {
			i := <-turn % 2
			one := []string{cards[i].Number, cards[1-i].Number, "0.01"}
			keyed := append(slices.Clone(one), fmt.Sprint("once ", i))
			done, err := s.cards.TransferAll(ctx, card.BulkRequest{Owner: owners[i], Transfers: transfersOf(one, keyed, one)})
			for _, d := range done {
				err = errors.Join(err, d.Err)
			}
			return err
		}); won != callers {
			s.t.Errorf("%d of %d", won, callers)
		}
		if a, b := s.balance(a.ID), s.balance(b.ID); a != 1_000_000 || b != 1_000_000 {
			s.t.Error(a, b)
		}
		s.update(func(tx store.Tx) error {
			account, err := ledger.One(tx, a.ID)
			if want := int64(1 + 2*callers + 2); account.Entries != want {
				s.t.Errorf("%d entries, want %d", account.Entries, want)
			}
			return err
		})
	},
}
