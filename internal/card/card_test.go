package card

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/internal/fault"
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

func TestSecurity23TheCVVFollowsFromKeyNumberAndExpiry(t *testing.T) {
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

func TestSecurity23ASealedNumberBelongsToItsCard(t *testing.T) {
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
