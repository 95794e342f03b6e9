package mailaddr_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"purse/internal/mailaddr"
)

func TestAddressesKeepTheirLocalPartAndLowerTheirDomain(t *testing.T) {
	for text, want := range map[string]string{
		"user@example.com":                       "user@example.com",
		"  User@Example.COM\n":                   "User@example.com",
		"first.last+tag@sub.example.co":          "first.last+tag@sub.example.co",
		"!#$%&'*+-/=?^_`{|}~@example.com":        "!#$%&'*+-/=?^_`{|}~@example.com",
		"e\u0301@example.com":                    "\u00e9@example.com",
		"почта@пример.рф":                        "почта@пример.рф",
		"a@xn--e1afmkfd.xn--p1ai":                "a@xn--e1afmkfd.xn--p1ai",
		"someone@corp.local":                     "someone@corp.local",
		strings.Repeat("a", 64) + "@example.com": strings.Repeat("a", 64) + "@example.com",
	} {
		got, err := mailaddr.Parse(text)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestOtherTextsAreRefusedWithTheirReason(t *testing.T) {
	cases := []struct {
		text   string
		reason mailaddr.Reason
		bad    string
		excess int
	}{
		{"", mailaddr.NoAt, "", 0},
		{"string", mailaddr.NoAt, "", 0},
		{"Ann <a@example.com>", mailaddr.DisplayName, "", 0},
		{"@example.com", mailaddr.NothingBefore, "", 0},
		{"a@", mailaddr.NothingAfter, "", 0},
		{strings.Repeat("é", 65) + "@example.com", mailaddr.LocalTooLong, "", 1},
		{"b a\x00b @example.com", mailaddr.LocalCharacter, "\x00 ", 0},
		{`"quoted"@example.com`, mailaddr.LocalCharacter, `"`, 0},
		{"a\u202eb@example.com", mailaddr.LocalCharacter, "\u202e", 0},
		{"a\xff@example.com", mailaddr.LocalCharacter, "\ufffd", 0},
		{".a@example.com", mailaddr.LocalFirstDot, "", 0},
		{"a.@example.com", mailaddr.LocalLastDot, "", 0},
		{"a..b@example.com", mailaddr.TwoDots, "", 0},
		{"a@b@example.com", mailaddr.DomainChar, "@", 0},
		{"a@exa_mple.com", mailaddr.DomainChar, "_", 0},
		{"a@[127.0.0.1]", mailaddr.DomainChar, "[]", 0},
		{"a@exam\nple.com", mailaddr.DomainChar, "\n", 0},
		{"a@.example.com", mailaddr.DomainFirstDot, "", 0},
		{"a@example.com.", mailaddr.DomainLastDot, "", 0},
		{"a@-example.com", mailaddr.FirstHyphen, "", 0},
		{"a@example.com-", mailaddr.LastHyphen, "", 0},
		{"a@example.-com", mailaddr.DotHyphen, "", 0},
		{"a@" + strings.Repeat("b", 65) + ".com", mailaddr.LabelTooLong, "", 2},
		{"a@" + strings.Repeat("b.", 126) + "com", mailaddr.DomainTooLong, "", 2},
		{"a@localhost", mailaddr.NoDot, "", 0},
		{"a@127.0.0.1", mailaddr.TopLevel, "", 0},
		{"abcd@" + strings.Repeat("b.", 125) + "co", mailaddr.TooLong, "", 3},
		{strings.Repeat("a@", 100_000), mailaddr.TooLong, "", 200_000 - 254},
	}
	for _, c := range cases {
		address, err := mailaddr.Parse(c.text)
		var e *mailaddr.Error
		if !errors.As(err, &e) || address != "" {
			t.Errorf("%.40q: %q, %v", c.text, address, err)
			continue
		}
		if e.Reason != c.reason || mailaddr.ReasonOf(err) != c.reason || string(e.Characters) != c.bad || e.Excess != c.excess {
			t.Errorf("%.40q: %+v, want %s %q %d", c.text, e, c.reason, c.bad, c.excess)
		}
		if c.text != "" && strings.Contains(err.Error(), c.text) {
			t.Errorf("%.40q: the error's text holds it", c.text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"user@example.com", "User@ПРИМЕР.РФ", "a@b", "İ@İ.COM", "a@\u1100\u1161.co", "ſ@K.com", "\"a\"@b.co", "a@b.c\u0327"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := mailaddr.Parse(text)
		if err != nil {
			var e *mailaddr.Error
			if !errors.As(err, &e) || !slices.IsSorted(e.Characters) || e.Excess < 0 {
				t.Fatalf("%q: %+v", text, err)
			}
			return
		}
		if again, err := mailaddr.Parse(address); err != nil || again != address {
			t.Fatalf("%q gives %q, which gives %q, %v", text, address, again, err)
		}
		if len(address) > 254 || !utf8.ValidString(address) || strings.ContainsAny(address, " \r\n\t<>,;\x00\"") {
			t.Fatalf("%q gives %q", text, address)
		}
	})
}
