package fx_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/payment"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

var all = []money.Currency{money.KZT, money.USD, money.EUR, money.RUB, money.KRW, money.JPY, money.KWD}

// TestNoConversionsMakeMoney sends amounts round between accounts of all
// currencies, by tables of any rates: each currency sums to zero at the end, and
// each conversion did what its quote had said.
func TestNoConversionsMakeMoney(t *testing.T) {
	dir, run := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		s, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(dir, strconv.Itoa(run)+".db"), Clock: clock.NewManual(start)})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		x := fx.New(store.Narrow[fx.Tx](s), maxAge)
		payments := payment.New(payment.Options{Work: store.Narrow[payment.Tx](s), Book: ledger.NewBook(store.Ledger(s)), Converter: x})
		accounts := openAll(rt, s)
		rates(rt, x)
		rt.Repeat(map[string]func(*rapid.T){
			"rates": func(rt *rapid.T) { rates(rt, x) },
			"convert": func(rt *rapid.T) {
				from, to := rapid.SampledFrom(all).Draw(rt, "from"), rapid.SampledFrom(all).Draw(rt, "to")
				if from == to {
					rt.Skip("no conversion")
				}
				amount := money.New(rapid.Int64Range(1, 1_000_000).Draw(rt, "amount"), from)
				var quote fx.Quote
				quoted := s.View(context.Background(), func(tx store.Tx) (err error) {
					quote, err = x.Quote(tx, amount, to)
					return err
				})
				transfer, err := payments.Transfer(context.Background(), payment.Movement{Kind: "transfer", From: accounts[from], To: accounts[to], Amount: amount, Into: to}, nil)
				switch {
				case err == nil && quoted == nil:
					if sent, got := transfer.Entries[0].Amount, transfer.Entries[3].Amount; sent.Minor() != -amount.Minor() || got != quote.Received {
						rt.Fatalf("%v left and %v arrived; the quote was %v", sent, got, quote.Received)
					}
				case fault.KindOf(err) == fault.Refused: // nothing arrives, too much would, or there is not enough
				default:
					rt.Fatalf("the quote: %v, the transfer: %v", quoted, err)
				}
			},
		})
		ledgertest.Verify(t, s)
	})
}

// openAll opens an account of each currency with a million minor units.
func openAll(rt *rapid.T, s store.Engine) map[money.Currency]ledger.AccountID {
	accounts := map[money.Currency]ledger.AccountID{}
	err := s.Update(context.Background(), func(tx store.Tx) error {
		for i, currency := range all {
			cash, err := ledger.System(tx, ledger.CashIn, currency)
			if err != nil {
				return err
			}
			a, opened := ledger.OpenAccount(tx, ledger.OwnerID(i+1), ledger.Wallet, currency)
			accounts[currency] = a.ID
			_, err = ledger.Post(tx, ledger.Request{Kind: "deposit", Postings: []ledger.Posting{{From: cash, To: a.ID, Amount: money.New(1_000_000, currency)}}})
			if err := errors.Join(opened, err); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
	return accounts
}

// rates puts any table in force.
func rates(rt *rapid.T, x *fx.Exchange) {
	table := map[string]string{}
	for _, currency := range all {
		if currency != money.USD {
			table[currency.Code()] = strconv.FormatInt(rapid.Int64Range(1, 1_000_000_000).Draw(rt, currency.Code()), 10) + "e" + strconv.Itoa(rapid.IntRange(-9, 2).Draw(rt, "exponent"))
		}
	}
	if err := x.Replace(context.Background(), "USD", table); err != nil {
		rt.Fatal(err)
	}
}
