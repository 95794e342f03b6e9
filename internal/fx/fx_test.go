package fx_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

var start = time.Date(2031, time.March, 1, 12, 0, 0, 0, time.UTC)

const maxAge = 48 * time.Hour

var _ payment.Converter = (*fx.Exchange)(nil)

func open(t *testing.T) (*sqlite.Store, *clock.Manual, *fx.Exchange) {
	t.Helper()
	c := clock.NewManual(start)
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "purse.db"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, c, fx.New(store.Narrow[fx.Tx](s), maxAge)
}

func replace(t *testing.T, x *fx.Exchange, rates map[string]string) {
	t.Helper()
	if err := x.Replace(t.Context(), "USD", rates); err != nil {
		t.Fatal(err)
	}
}

func TestQuoteRoundsTheExactRatioHalfEven(t *testing.T) {
	s, _, x := open(t)
	replace(t, x, map[string]string{"KZT": "500", "EUR": "0.9", "JPY": "150", "KWD": "0.308", "RUB": "3"})
	for _, test := range []struct {
		name     string
		amount   money.Amount
		into     money.Currency
		received int64
		rate     string
	}{
		{"from the base", money.New(1250, money.USD), money.KZT, 625000, "500"},
		{"into the base", money.New(20000, money.KZT), money.USD, 40, "0.002"},
		{"between two others", money.New(100, money.EUR), money.KZT, 55556, "555.5555556"},
		{"half up to even", money.New(750, money.KZT), money.USD, 2, "0.002"},
		{"half down to even", money.New(1250, money.KZT), money.USD, 2, "0.002"},
		{"into a currency without decimals", money.New(1, money.USD), money.JPY, 2, "150"},
		{"into a currency with three", money.New(100, money.USD), money.KWD, 308, "0.308"},
		{"a rate that does not end", money.New(100, money.RUB), money.USD, 33, "0.3333333333"},
		{"the same currency", money.New(7, money.USD), money.USD, 7, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.View(t.Context(), func(tx store.Tx) error {
				q, err := x.Quote(tx, test.amount, test.into)
				if q.Sent != test.amount || q.Received != money.New(test.received, test.into) {
					t.Errorf("got %v %v for %v %v", q.Received, q.Received.Currency(), q.Sent, q.Sent.Currency())
				}
				if test.rate != "" && (q.Rate.String() != test.rate || !q.RateAt.Equal(start)) {
					t.Errorf("got rate %v of %v, want %v", q.Rate, q.RateAt, test.rate)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAConversionIsRefusedRatherThanGuessed(t *testing.T) {
	kzt := func(minor int64) money.Amount { return money.New(minor, money.KZT) }
	for _, test := range []struct {
		name   string
		rates  map[string]string // nil: none were ever had
		age    time.Duration
		amount money.Amount
		into   money.Currency
		want   error
		kind   fault.Kind
	}{
		{"no table", nil, 0, kzt(100), money.USD, fx.ErrNoRate, fault.Unavailable},
		{"a table without the currency", map[string]string{"EUR": "1"}, 0, kzt(100), money.USD, fx.ErrNoRate, fault.Unavailable},
		{"a table as old as may be", map[string]string{"KZT": "1"}, maxAge, kzt(100), money.USD, nil, 0},
		{"a table that is older", map[string]string{"KZT": "1"}, maxAge + time.Microsecond, kzt(100), money.USD, fx.ErrStale, fault.Unavailable},
		{"the same currency needs no table", nil, 0, kzt(100), money.KZT, nil, 0},
		{"nothing would arrive", map[string]string{"KZT": "500"}, 0, kzt(250), money.USD, fx.ErrArrivesAsZero, fault.Refused},
		{"the smallest that arrives", map[string]string{"KZT": "500"}, 0, kzt(251), money.USD, nil, 0},
		{"no amount", map[string]string{"KZT": "500"}, 0, kzt(0), money.USD, ledger.ErrAmount, fault.Invalid},
		{"more than an account holds", map[string]string{"KZT": "0.0000000000001"}, 0, kzt(1 << 60), money.USD, money.ErrOverflow, fault.Refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c, x := open(t)
			if test.rates != nil {
				replace(t, x, test.rates)
			}
			c.Advance(test.age)
			err := s.Update(t.Context(), func(tx store.Tx) error {
				_, _, err := x.Convert(tx, 1, 2, test.amount, test.into)
				return err
			})
			if !errors.Is(err, test.want) || err != nil && fault.KindOf(err) != test.kind {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAConversionBalancesInEachCurrencyAndRemembersItsRate(t *testing.T) {
	s, c, x := open(t)
	replace(t, x, map[string]string{"KZT": "523.4567891234"})
	c.Advance(time.Hour)
	var transfer ledger.Transfer
	err := s.Update(t.Context(), func(tx store.Tx) error {
		cash, err := ledger.System(tx, ledger.CashIn, money.USD)
		if err != nil {
			return err
		}
		ann, _ := ledger.OpenAccount(tx, 1, ledger.Wallet, money.USD)
		bob, _ := ledger.OpenAccount(tx, 2, ledger.Wallet, money.KZT)
		if _, err := ledger.Post(tx, ledger.Request{Postings: []ledger.Posting{{From: cash, To: ann.ID, Amount: money.New(1000, money.USD)}}}); err != nil {
			return err
		}
		postings, note, err := x.Convert(tx, ann.ID, bob.ID, money.New(1000, money.USD), money.KZT)
		if err != nil {
			return err
		}
		transfer, err = ledger.Post(tx, ledger.Request{Kind: "transfer", Postings: postings, Meta: string(note)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var note fx.Note
	if err := json.Unmarshal([]byte(transfer.Meta), &note); err != nil || note.Rate != "523.4567891" || !note.RateAt.Equal(start) {
		t.Errorf("got note %s, %v", transfer.Meta, err)
	}
	if len(transfer.Entries) != 4 || transfer.Entries[1].Amount != money.New(1000, money.USD) || transfer.Entries[3].Amount != money.New(523457, money.KZT) {
		t.Errorf("got entries %+v", transfer.Entries)
	}
	if in, out := transfer.Entries[1].BalanceAfter, transfer.Entries[2].BalanceAfter; in != money.New(1000, money.USD) || out != money.New(-523457, money.KZT) {
		t.Errorf("the exchange accounts have %v and %v", in, out)
	}
}

func TestReplaceNamesTheRatesThatAreWrong(t *testing.T) {
	_, _, x := open(t)
	ctx := context.Background()
	err := x.Replace(ctx, "USD", map[string]string{"KZT": "0", "EUR": "-1", "JPY": "x", "RUB": "90", "USD": "2", "XXX": "?"})
	var names []string
	for _, field := range fault.From(err).Fields {
		names = append(names, field.Name)
	}
	if got, _ := json.Marshal(names); !errors.Is(err, fx.ErrTable) || string(got) != `["EUR","JPY","KZT","USD"]` {
		t.Errorf("got %v with fields %s", err, got)
	}
	if err := x.Replace(ctx, "XXX", nil); !errors.Is(err, money.ErrUnknownCurrency) {
		t.Errorf("an unknown base: %v", err)
	}
	if err := x.Replace(ctx, "KZT", map[string]string{"KZT": "1.0", "USD": "0.002"}); err != nil {
		t.Errorf("the base's own rate is 1: %v", err)
	}
}

func TestTheBuiltInTableHoldsAsOfNowUntilThereIsAnother(t *testing.T) {
	s, c, _ := open(t)
	x := fx.NewForDevelopment(store.Narrow[fx.Tx](s), maxAge)
	rate := func() (text string, at time.Time) {
		err := s.View(t.Context(), func(tx store.Tx) error {
			q, err := x.Quote(tx, money.New(1, money.USD), money.KZT)
			text, at = q.Rate.String(), q.RateAt
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return text, at
	}
	for range 3 {
		if got, at := rate(); got != "500" || !at.Equal(c.Now()) {
			t.Errorf("got %v of %v", got, at)
		}
		c.Advance(90 * 24 * time.Hour)
	}
	replace(t, x, map[string]string{"KZT": "480"})
	put := c.Now()
	c.Advance(time.Hour)
	if got, at := rate(); got != "480" || !at.Equal(put) {
		t.Errorf("got %v of %v", got, at)
	}
	c.Advance(maxAge)
	err := s.View(t.Context(), func(tx store.Tx) error {
		_, err := x.Quote(tx, money.New(1, money.USD), money.KZT)
		return err
	})
	if !errors.Is(err, fx.ErrStale) {
		t.Errorf("after its time: %v, which is not the built-in table's turn again", err)
	}
}
