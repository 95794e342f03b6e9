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

var currencies = []money.Currency{money.KZT, money.USD, money.EUR, money.RUB, money.KRW, money.JPY, money.KWD}

func anyAmount(currency money.Currency) *rapid.Generator[money.Amount] {
	return rapid.Custom(func(t *rapid.T) money.Amount {
		return money.New(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-1000, 1000), rapid.SampledFrom([]int64{
			math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 0,
		})).Draw(t, "minor"), currency)
	})
}

func TestAmountsAreWrittenWithAllTheirDecimals(t *testing.T) {
	cases := []struct {
		amount money.Amount
		want   string
	}{
		{money.New(0, money.USD), "0.00"},
		{money.New(5, money.USD), "0.05"},
		{money.New(-5, money.USD), "-0.05"},
		{money.New(400000, money.KZT), "4000.00"},
		{money.New(1250, money.KRW), "1250"},
		{money.New(-1, money.JPY), "-1"},
		{money.New(1, money.KWD), "0.001"},
		{money.New(1_234_567, money.KWD), "1234.567"},
		{money.New(math.MaxInt64, money.USD), "92233720368547758.07"},
		{money.New(math.MinInt64, money.USD), "-92233720368547758.08"},
		{money.New(math.MinInt64, money.KRW), "-9223372036854775808"},
	}
	for _, c := range cases {
		if got := c.amount.String(); got != c.want {
			t.Errorf("%d %s: got %s, want %s", c.amount.Minor(), c.amount.Currency(), got, c.want)
		}
	}
}

func TestSecurity16AddingIsExactOrAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(money.USD).Draw(t, "a"), anyAmount(money.USD).Draw(t, "b")
		exact := new(big.Int).Add(big.NewInt(a.Minor()), big.NewInt(b.Minor()))
		sum, err := a.Add(b)
		if exact.IsInt64() != (err == nil) || err == nil && sum != money.New(exact.Int64(), money.USD) {
			t.Fatalf("%s + %s = %s, %v", a, b, sum, err)
		}
		if err != nil && !errors.Is(err, money.ErrOverflow) {
			t.Fatalf("%s + %s: %v", a, b, err)
		}
	})
}

func TestSubtractingIsExactOrAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(money.USD).Draw(t, "a"), anyAmount(money.USD).Draw(t, "b")
		exact := new(big.Int).Sub(big.NewInt(a.Minor()), big.NewInt(b.Minor()))
		difference, err := a.Sub(b)
		if exact.IsInt64() != (err == nil) || err == nil && difference != money.New(exact.Int64(), money.USD) {
			t.Fatalf("%s - %s = %s, %v", a, b, difference, err)
		}
	})
}

func TestSubtractingUndoesAdding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(money.EUR).Draw(t, "a"), anyAmount(money.EUR).Draw(t, "b")
		sum, err := a.Add(b)
		if err != nil {
			return
		}
		if back, err := sum.Sub(b); err != nil || back != a {
			t.Fatalf("%s + %s - %s = %s, %v", a, b, b, back, err)
		}
	})
}

func TestAmountsOfDifferentCurrenciesDoNotMix(t *testing.T) {
	a, b := money.New(1, money.USD), money.New(1, money.EUR)
	_, add := a.Add(b)
	_, sub := a.Sub(b)
	_, cmp := a.Cmp(b)
	_, least := a.Sub(money.New(math.MinInt64, money.EUR))
	for _, err := range []error{add, sub, cmp, least} {
		if !errors.Is(err, money.ErrMixedCurrency) {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheLeastNumberHasNoOpposite(t *testing.T) {
	if _, err := money.New(math.MinInt64, money.USD).Neg(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	if got, err := money.New(math.MaxInt64, money.USD).Neg(); err != nil || got.Minor() != -math.MaxInt64 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSignAndOrderAgreeWithTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(money.KWD).Draw(t, "a"), anyAmount(money.KWD).Draw(t, "b")
		want := big.NewInt(a.Minor()).Cmp(big.NewInt(b.Minor()))
		if got, err := a.Cmp(b); got != want || err != nil {
			t.Fatalf("%s against %s: %d, %v", a, b, got, err)
		}
		if sign := big.NewInt(a.Minor()).Sign(); a.Sign() != sign || a.IsZero() != (sign == 0) {
			t.Fatalf("%s: sign %d, zero %t", a, a.Sign(), a.IsZero())
		}
	})
}

func TestWhatAnAmountSaysIsReadBackAsTheSameAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(rapid.SampledFrom(currencies).Draw(t, "currency")).Draw(t, "amount")
		d, err := money.ParseDecimal(a.String())
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		if back, err := d.In(a.Currency()); err != nil || back != a {
			t.Fatalf("%s came back as %s, %v", a, back, err)
		}
		if again, err := money.ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%s says %s, which is %s, %v", a, d, again, err)
		}
	})
}

func TestCurrenciesAreKnownByTheirCode(t *testing.T) {
	for _, want := range currencies {
		if got, err := money.ParseCurrency(want.Code()); err != nil || got != want {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
	for _, code := range []string{"", "usd", "XXX", "USD "} {
		if _, err := money.ParseCurrency(code); !errors.Is(err, money.ErrUnknownCurrency) {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestDecimalsAreReadExactly(t *testing.T) {
	cases := []struct {
		text   string
		want   string
		places int
		sign   int
	}{
		{"0", "0", 0, 0},
		{"-0.000", "0", 0, 0},
		{"0e999999999", "0", 0, 0},
		{"1", "1", 0, 1},
		{"+1", "1", 0, 1},
		{"-12.50", "-12.5", 1, -1},
		{".5", "0.5", 1, 1},
		{"5.", "5", 0, 1},
		{"007.0100", "7.01", 2, 1},
		{"100", "100", 0, 1},
		{"1e2", "100", 0, 1},
		{"1.5E+3", "1500", 0, 1},
		{"1500e-5", "0.015", 3, 1},
		{"1e64", "1" + strings.Repeat("0", 64), 0, 1},
		{"1e-64", "0." + strings.Repeat("0", 63) + "1", 64, 1},
		{"9999999999999999999", "9999999999999999999", 0, 1},
		{"1.000000000000000000000000000000000000000000", "1", 0, 1},
		{"0000000000000000000000000000000000000000001", "1", 0, 1},
		{"1000000000000000000000000000000", "1000000000000000000000000000000", 0, 1},
		{"1000000000000000001", "1000000000000000001", 0, 1},
	}
	for _, c := range cases {
		d, err := money.ParseDecimal(c.text)
		if err != nil || d.String() != c.want || d.Places() != c.places || d.Sign() != c.sign {
			t.Errorf("%s: %s, places %d, sign %d, %v", c.text, d, d.Places(), d.Sign(), err)
		}
	}
}

func TestOtherTextIsNoDecimal(t *testing.T) {
	for _, text := range []string{
		"", ".", "-", "+", "e5", ".e5", "1e", "1e+", "1.2.3", "--1", "+-1", "1 ", " 1", "1,5", "0x1", "NaN", "Infinity", "1_0", "١", "1e5.5", "1e--5",
		strings.Repeat("x", 200),
	} {
		if d, err := money.ParseDecimal(text); !errors.Is(err, money.ErrNotDecimal) {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
}

func TestSecurity16DecimalsThatNoAccountCouldHoldAreOutOfRange(t *testing.T) {
	for _, text := range []string{
		"1e65", "1e-65", "-1e400", "1e99999999999999999999", "10000000000000000001", "99999999999999999999", "0." + strings.Repeat("3", 20),
		strings.Repeat("9", 200), "0." + strings.Repeat("0", 127) + "1", strings.Repeat("0", 200),
	} {
		if d, err := money.ParseDecimal(text); !errors.Is(err, money.ErrDecimalRange) {
			t.Errorf("%.30s: %s, %v", text, d, err)
		}
	}
}

func TestSecurity16ADecimalBecomesMoneyWithoutRounding(t *testing.T) {
	cases := []struct {
		text     string
		currency money.Currency
		minor    int64
		err      error
	}{
		{"12.5", money.USD, 1250, nil},
		{"12.5", money.KWD, 12500, nil},
		{"12.0", money.KRW, 12, nil},
		{"1e3", money.JPY, 1000, nil},
		{"-0.01", money.EUR, -1, nil},
		{"0e9", money.USD, 0, nil},
		{"92233720368547758.07", money.USD, math.MaxInt64, nil},
		{"-92233720368547758.08", money.USD, math.MinInt64, nil},
		{"92233720368547758.08", money.USD, 0, money.ErrDecimalRange},
		{"-92233720368547758.09", money.USD, 0, money.ErrDecimalRange},
		{"9223372036854775807", money.KRW, math.MaxInt64, nil},
		{"1e17", money.USD, 0, money.ErrDecimalRange},
		{"1e20", money.KRW, 0, money.ErrDecimalRange},
		{"1e64", money.USD, 0, money.ErrDecimalRange},
		{"0.001", money.USD, 0, money.ErrTooPrecise},
		{"12.5", money.KRW, 0, money.ErrTooPrecise},
		{"0.0001", money.KWD, 0, money.ErrTooPrecise},
		{"1e-64", money.USD, 0, money.ErrTooPrecise},
	}
	for _, c := range cases {
		d, err := money.ParseDecimal(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got, err := d.In(c.currency)
		if !errors.Is(err, c.err) || got.Minor() != c.minor {
			t.Errorf("%s %s: %d, %v, want %d, %v", c.text, c.currency, got.Minor(), err, c.minor, c.err)
		}
	}
}

func TestADecimalIsAnIntegerWhenItHasNoFractionAndFits(t *testing.T) {
	for text, want := range map[string]int64{"3.0": 3, "3e2": 300, "-9223372036854775808": math.MinInt64, "0": 0} {
		d, _ := money.ParseDecimal(text)
		if n, ok := d.Int64(); !ok || n != want {
			t.Errorf("%s: %d, %t", text, n, ok)
		}
	}
	for _, text := range []string{"3.5", "9223372036854775808", "1e19", "1e-1"} {
		d, _ := money.ParseDecimal(text)
		if n, ok := d.Int64(); ok {
			t.Errorf("%s: %d", text, n)
		}
	}
}

// FuzzParseDecimal holds it against math/big: what is read is the same number.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-12.50", "1e400", ".5", "5.", "+1", "NaN", "1e-64", "007", "1_0", "0x1p4", "99999999999999999999", "1000000000000000000000.000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := money.ParseDecimal(text)
		if err != nil {
			if !errors.Is(err, money.ErrNotDecimal) && !errors.Is(err, money.ErrDecimalRange) || d != (money.Decimal{}) {
				t.Fatalf("%q: %v, %v", text, d, err)
			}
			return
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			if d.Sign() != 0 { // big.Rat refuses huge exponents even of zero
				t.Fatalf("%q: %s is no number", text, d)
			}
			return
		}
		if d.Rat().Cmp(want) != 0 || d.Sign() != want.Sign() {
			t.Fatalf("%q: got %s", text, d)
		}
		if again, err := money.ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q: %s is read as %s, %v", text, d, again, err)
		}
	})
}

func TestPlayMoneyIsNoCurrency(t *testing.T) {
	if _, err := money.ParseCurrency(money.Play.Code()); !errors.Is(err, money.ErrUnknownCurrency) {
		t.Errorf("a setting, a rate or a wallet could name it: %v", err)
	}
	for _, unit := range append(currencies, money.Play) {
		if got, err := money.ParseUnit(unit.Code()); err != nil || got != unit {
			t.Errorf("%s is read back as %s, %v", unit, got, err)
		}
	}
	if _, err := money.ParseUnit("XXX"); !errors.Is(err, money.ErrUnknownCurrency) {
		t.Errorf("got %v", err)
	}
	if len(money.Play.Code()) == 3 {
		t.Error("ISO 4217 could give its code to a currency")
	}
	if _, err := money.New(1, money.Play).Add(money.New(1, money.KRW)); !errors.Is(err, money.ErrMixedCurrency) {
		t.Errorf("play money was added to won: %v", err)
	}
}
