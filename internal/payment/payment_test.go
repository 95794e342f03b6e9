package payment

import (
	"encoding/json"
	"errors"
	"testing"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/ledger"
	"purse/internal/money"
)

func TestAmountsAreCheckedAgainstTheCurrency(t *testing.T) {
	for _, c := range []struct {
		text     string
		currency money.Currency
		want     string
		err      error
		reason   string
	}{
		{"1.25", money.USD, "1.25", nil, ""},
		{"1.250", money.USD, "1.25", nil, ""},
		{"5", money.KRW, "5", nil, ""},
		{"1.255", money.USD, "", money.ErrTooPrecise, "too_precise"},
		{"0.5", money.KRW, "", money.ErrTooPrecise, "too_precise"},
		{"1e20", money.USD, "", money.ErrDecimalRange, "decimal_range"},
		{"0", money.USD, "", ledger.ErrAmount, "not_positive"},
		{"-1", money.USD, "", ledger.ErrAmount, "not_positive"},
	} {
		d, err := money.ParseDecimal(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := AmountIn(d, c.currency, "goal")
		if c.err == nil {
			if err != nil || got.String() != c.want {
				t.Errorf("%s %s: %s, %v", c.text, c.currency, got, err)
			}
			continue
		}
		fields := fault.From(err).Fields
		if !errors.Is(err, c.err) || len(fields) != 1 || fields[0].Name != "goal" || fields[0].Reason != c.reason {
			t.Errorf("%s %s: %v, %v", c.text, c.currency, err, fields)
		}
	}
}

func TestWithoutAConverterCurrenciesDoNotMix(t *testing.T) {
	_, err := New(Options{}).Move(nil, Movement{From: 1, To: 2, Amount: money.New(1, money.USD), Into: money.KRW})
	if !errors.Is(err, ledger.ErrCurrency) {
		t.Error(err)
	}
}

// failing is a converter that fails.
type failing struct{ err error }

func (f failing) Convert(ledger.Tx, ledger.AccountID, ledger.AccountID, money.Amount, money.Currency) ([]ledger.Posting, json.RawMessage, error) {
	return nil, nil, f.err
}

// promoting is rows among which there is a promotions account.
type promoting struct{ ledger.Tx }

func (promoting) SystemAccount(ledger.AccountKind, money.Currency) (ledger.AccountID, error) {
	return 1, nil
}

// A unit goes on without a grant that cannot be converted. After a failure of the
// database it does not: half of the grant may be written.
func TestAGrantIsLeftOutForWantOfARateAlone(t *testing.T) {
	account := ledger.Account{ID: 2, Owner: 1, Currency: money.KRW, Balance: money.New(0, money.KRW), Status: ledger.Open}
	for err, want := range map[error]error{
		fx.ErrNoRate: nil, fx.ErrStale: nil, fx.ErrArrivesAsZero: nil, ledger.ErrCurrency: nil,
		fault.ErrUnavailable: fault.ErrUnavailable, fault.ErrOverloaded: fault.ErrOverloaded, fault.ErrInternal: fault.ErrInternal,
	} {
		balance, got := New(Options{Converter: failing{err}}).Grant(promoting{}, account, money.New(100, money.USD))
		if !errors.Is(got, want) || want == nil && balance != account.Balance {
			t.Errorf("after %v: %s, %v, want %v", err, balance, got, want)
		}
	}
}
