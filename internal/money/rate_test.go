package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"purse/internal/money"
)

func decimal(t interface{ Fatalf(string, ...any) }, text string) money.Decimal {
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func rate(t interface{ Fatalf(string, ...any) }, from, to money.Currency, fromTable, toTable string) money.Rate {
	r, err := money.NewRate(from, to, decimal(t, fromTable), decimal(t, toTable))
	if err != nil {
		t.Fatalf("%s/%s: %v", fromTable, toTable, err)
	}
	return r
}

func TestConversionsAreRoundedHalfEvenFromTheExactRatio(t *testing.T) {
	cases := []struct {
		name               string
		amount             money.Amount
		to                 money.Currency
		fromTable, toTable string
		want               int64
	}{
		{"from the base", money.New(100, money.USD), money.KZT, "1", "500", 50000},
		{"to the base", money.New(50000, money.KZT), money.USD, "500", "1", 100},
		{"across the base", money.New(500, money.KZT), money.EUR, "500", "0.9", 1}, // 0.9 cents
		{"to fewer decimals", money.New(150, money.USD), money.KRW, "1", "1", 2},
		{"to more decimals", money.New(1, money.USD), money.KWD, "1", "1", 10},
		{"half, to the even below", money.New(250, money.USD), money.KRW, "1", "1", 2},
		{"half, to the even above", money.New(350, money.USD), money.KRW, "1", "1", 4},
		{"half, negative", money.New(-250, money.USD), money.KRW, "1", "1", -2},
		{"half, negative, odd", money.New(-350, money.USD), money.KRW, "1", "1", -4},
		{"just above half", money.New(251, money.USD), money.KRW, "1", "1", 3},
		{"just below half", money.New(249, money.USD), money.KRW, "1", "1", 2},
		{"a third is not rounded on the way", money.New(300, money.USD), money.EUR, "3", "1", 100},
		{"too little to arrive", money.New(1, money.KZT), money.USD, "500", "1", 0},
		{"the fee", money.New(20000, money.KZT), money.EUR, "483.516273", "0.92", 38}, // 38.05…
		{"the largest amount", money.New(math.MaxInt64, money.USD), money.EUR, "1", "1", math.MaxInt64},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := rate(t, c.amount.Currency(), c.to, c.fromTable, c.toTable).Convert(c.amount, money.RoundHalfEven)
			if err != nil || got != money.New(c.want, c.to) {
				t.Errorf("got %d %s, %v, want %d", got.Minor(), got.Currency(), err, c.want)
			}
		})
	}
}

func TestAConversionThatDoesNotFitIsAnOverflow(t *testing.T) {
	for _, minor := range []int64{math.MaxInt64, math.MinInt64, math.MaxInt64/500 + 1} {
		if got, err := rate(t, money.USD, money.KZT, "1", "500").Convert(money.New(minor, money.USD), money.RoundHalfEven); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%d: %v, %v", minor, got, err)
		}
	}
}

func TestARateConvertsItsOwnCurrencyOnly(t *testing.T) {
	r := rate(t, money.USD, money.KZT, "1", "500")
	for _, amount := range []money.Amount{money.New(1, money.KZT), money.New(1, money.EUR), {}} {
		if _, err := r.Convert(amount, money.RoundHalfEven); !errors.Is(err, money.ErrMixedCurrency) {
			t.Errorf("%s %s: %v", amount, amount.Currency(), err)
		}
	}
	if _, err := (money.Rate{}).Convert(money.Amount{}, money.RoundHalfEven); err == nil {
		t.Error("no rate converted")
	}
}

func TestARateIsGreaterThanZero(t *testing.T) {
	for _, table := range [][2]string{{"0", "1"}, {"1", "0"}, {"-1", "1"}, {"1", "-500"}, {"-1", "-1"}} {
		if _, err := money.NewRate(money.USD, money.KZT, decimal(t, table[0]), decimal(t, table[1])); !errors.Is(err, money.ErrRate) {
			t.Errorf("%v: %v", table, err)
		}
	}
}

func TestAConversionIsOffByHalfAMinorUnitAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SampledFrom(currencies).Draw(t, "from"), rapid.SampledFrom(currencies).Draw(t, "to")
		fromTable := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{1,8}`).Draw(t, "fromTable")
		toTable := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{1,8}`).Draw(t, "toTable")
		amount := money.New(rapid.Int64Range(-1e12, 1e12).Draw(t, "minor"), from)
		got, err := rate(t, from, to, fromTable, toTable).Convert(amount, money.RoundHalfEven)
		if err != nil {
			t.Fatal(err)
		}
		major := func(a money.Amount) *big.Rat { return decimal(t, a.String()).Rat() }
		exact := new(big.Rat).Mul(major(amount), decimal(t, toTable).Rat())
		exact.Quo(exact, decimal(t, fromTable).Rat())
		off := new(big.Rat).Sub(major(got), exact)
		off.Abs(off.Mul(off, big.NewRat(2, 1)))
		if off.Cmp(major(money.New(1, to))) > 0 {
			t.Fatalf("%s %s at %s/%s is %s %s", amount, from, toTable, fromTable, got, to)
		}
	})
}

func TestARateShowsTenSignificantDigits(t *testing.T) {
	for _, c := range []struct{ fromTable, toTable, want string }{
		{"1", "500", "500"},
		{"500", "1", "0.002"},
		{"3", "1", "0.3333333333"},
		{"3", "2", "0.6666666667"},
		{"1", "483.516273", "483.516273"},
		{"1", "483.51627312345", "483.5162731"},
		{"483.516273", "1", "0.002068182719"},
		{"1", "12345678901234", "12345678900000"},
		{"1", "0.99999999999", "1"},
		{"1", "9.9999999999", "10"},
		{"1", "9999999999.9", "10000000000"},
		{"1", "1.0000000005", "1"},
		{"1", "1.0000000015", "1.000000002"},
		{"0.9", "0.9", "1"},
		{"1e-9", "1e9", "1000000000000000000"},
		{"1e9", "1e-9", "0.000000000000000001"},
	} {
		if got := rate(t, money.USD, money.KZT, c.fromTable, c.toTable).String(); got != c.want {
			t.Errorf("%s/%s: got %s, want %s", c.toTable, c.fromTable, got, c.want)
		}
	}
}

func TestWhatARateShowsIsTheNearestWithTenDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fromTable := rapid.StringMatching(`[1-9][0-9]{0,5}(\.[0-9]{1,8})?`).Draw(t, "fromTable")
		toTable := rapid.StringMatching(`[1-9][0-9]{0,5}(\.[0-9]{1,8})?`).Draw(t, "toTable")
		text := rate(t, money.USD, money.KZT, fromTable, toTable).String()
		shown := decimal(t, text)
		digits := strings.Trim(strings.ReplaceAll(text, ".", ""), "0")
		if len(digits) > 10 {
			t.Fatalf("%s/%s shows %s", toTable, fromTable, text)
		}
		exact := new(big.Rat).Quo(decimal(t, toTable).Rat(), decimal(t, fromTable).Rat())
		off := new(big.Rat).Quo(new(big.Rat).Sub(shown.Rat(), exact), exact)
		if off.Abs(off).Cmp(big.NewRat(5, 1e10)) > 0 {
			t.Fatalf("%s/%s shows %s", toTable, fromTable, text)
		}
	})
}
