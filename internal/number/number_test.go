package number

import (
	"strings"
	"testing"
)

func TestNewNumbersHaveTheirForm(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		card, wallet := Card(), Wallet()
		if len(card) != CardDigits || card[0] != '9' || !Luhn(card) {
			t.Fatalf("card number %q", card)
		}
		if len(wallet) != WalletDigits || wallet[0] == '0' {
			t.Fatalf("wallet number %q", wallet)
		}
		for _, made := range []string{card, wallet} {
			if parsed, ok := Parse(made); !ok || parsed != made {
				t.Fatalf("Parse(%q) = %q, %v", made, parsed, ok)
			}
		}
		seen[card] = true
	}
	if len(seen) < 1000 {
		t.Errorf("1000 cards have %d numbers", len(seen))
	}
}

func TestParseTakesTheDigitsAsPeopleTypeThem(t *testing.T) {
	for text, want := range map[string]string{
		"4539148803436467":      "4539148803436467",
		"4539 1488 0343 6467":   "4539148803436467",
		"4539-1488-0343-6467":   "4539148803436467",
		"123 456 7890":          "1234567890",
		"4539148803436468":      "", // check digit
		"4539  1488 0343 6467":  "",
		" 4539148803436467":     "",
		"4539148803436467 ":     "",
		"-1234567890":           "",
		"0234567890":            "", // no wallet begins with zero
		"123456789":             "",
		"12345678901":           "",
		"":                      "",
		"1234567890\n":          "",
		"１２３４５６７８９０":            "",
		"12345.7890":            "",
		strings.Repeat("9", 64): "",
	} {
		got, ok := Parse(text)
		if got != want || ok != (want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}

func TestLuhnFindsEverySingleWrongDigit(t *testing.T) {
	card := Card()
	for i := range card {
		for d := byte('0'); d <= '9'; d++ {
			if wrong := card[:i] + string(d) + card[i+1:]; wrong != card && Luhn(wrong) {
				t.Errorf("%s passes like %s", wrong, card)
			}
		}
	}
	for _, text := range []string{"", "0", "abcd", "79927398713x"} {
		if Luhn(text) {
			t.Errorf("Luhn(%q)", text)
		}
	}
	if !Luhn("79927398713") { // the example of ISO/IEC 7812-1's algorithm in wide use
		t.Error("a known good number fails")
	}
}

func TestMaskShowsTheLastFourDigits(t *testing.T) {
	if got := Masked("4539148803436467"); got != "************6467" {
		t.Error(got)
	}
	if got := MaskedCard("6467"); got != "************6467" {
		t.Error(got)
	}
	if got := Masked("123"); got != "123" {
		t.Error(got)
	}
}

func TestTheCacheStaysWithinItsBound(t *testing.T) {
	var c cache
	for i := range 3 * shardEntries {
		c.put([32]byte{0, byte(i), byte(i >> 8)}, Entry{Account: 1})
	}
	if n := len(c.shards[0].entries); n != shardEntries {
		t.Errorf("%d entries in a shard", n)
	}
}

func FuzzWhatParseAcceptsIsANumber(f *testing.F) {
	for _, seed := range []string{"4539 1488 0343 6467", "1234567890", "--", "9", "0000000000", "4539-1488 0343-6467"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, ok := Parse(text)
		if !ok {
			return
		}
		if len(number) != WalletDigits && !(len(number) == CardDigits && Luhn(number)) {
			t.Errorf("Parse(%q) = %q", text, number)
		}
		if again, ok := Parse(number); !ok || again != number {
			t.Errorf("%q does not parse as itself", number)
		}
	})
}
