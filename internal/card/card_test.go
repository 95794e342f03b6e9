package card

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/secret"
)

func service(t *testing.T, key byte) *Service {
	t.Helper()
	root, err := secret.NewRoot([]byte(strings.Repeat(string(rune(key)), secret.RootKeyBytes)))
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Root: root})
}

func TestTheCVVFollowsFromKeyNumberAndExpiry(t *testing.T) {
	s, pan, expiry := service(t, 'a'), number.Card(), Expiry{2031, time.March}
	cvv := s.cvvOf(pan, expiry)
	if s.cvvOf(pan, expiry) != cvv || len(cvv) != 3 || strings.Trim(cvv, "0123456789") != "" {
		t.Fatalf("%q", cvv)
	}
	// Any other key, number or expiry gives an unrelated value: of many, few agree.
	same := map[string]int{}
	for i := range 200 {
		if service(t, byte('b'+i%20)).cvvOf(pan, expiry) == cvv {
			same["key"]++
		}
		if s.cvvOf(number.Card(), expiry) == cvv {
			same["number"]++
		}
		if s.cvvOf(pan, Expiry{2032 + i, time.March}) == cvv {
			same["expiry"]++
		}
	}
	for what, count := range same {
		if count > 20 {
			t.Errorf("the CVV does not depend on the %s", what)
		}
	}
}

func TestASealedNumberBelongsToItsCard(t *testing.T) {
	s, pan := service(t, 'a'), number.Card()
	sealed := s.sealer.Seal([]byte(pan), associated(7))
	if got, err := s.unseal(7, sealed); err != nil || got != pan {
		t.Errorf("unseal: %v", err)
	}
	for what, open := range map[string]func() (string, error){
		"another card": func() (string, error) { return s.unseal(8, sealed) },
		"another key":  func() (string, error) { return service(t, 'b').unseal(7, sealed) },
	} {
		if _, err := open(); fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), pan) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestACardPrintsAsItsNameOnly(t *testing.T) {
	c := Card{Number: "9657645412936683", CVV: "202"}
	if got := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(got, "9657") || strings.Contains(got, "202") {
		t.Error("a card prints what is secret")
	}
}

func TestAnExpiryIsMonthAndYear(t *testing.T) {
	for want, e := range map[string]Expiry{"03/31": {2031, time.March}, "12/05": {2105, time.December}} {
		if e.String() != want {
			t.Errorf("%s, want %s", e, want)
		}
	}
}

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
	_, err := service(t, 'a').Move(nil, Movement{From: 1, To: 2, Amount: money.New(1, money.USD), Into: money.KRW})
	if !errors.Is(err, ledger.ErrCurrency) {
		t.Error(err)
	}
}
