package identity_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/secret"
)

func TestSecurity3ThePasswordPolicy(t *testing.T) {
	long := strings.Repeat("ab", identity.MaxPassword/2)
	for _, c := range []struct {
		password    string
		production  string // the reason it is refused for, or ""
		development string
	}{
		{"", "too_short", "too_short"},
		{"horse", "too_short", "too_short"},
		{"horses", "too_short", ""},
		{"horses7", "too_short", ""},
		{"horses78", "", ""},
		{"пароли77", "", ""},
		{"лошадь", "too_short", ""},
		{long, "", ""},
		{long + "c", "too_long", "too_long"},
		{strings.Repeat("é", 128), "", ""},
		{strings.Repeat("e\u0301", 128), "", ""}, // 128 characters as well
		{"password", "common", "common"},
		{"PassWord", "common", "common"},
		{"qwerty", "too_short", "common"},
		{"пароль", "too_short", "common"},
		{"correct horse", "", ""},
		// The documents' samples.
		{"string", "too_short", ""},
		{"test123", "too_short", ""},
		{"securepass123", "", ""},
		{"Vhtmxmaos123#", "", ""},
	} {
		for minimum, want := range map[int]string{identity.MinPassword: c.production, identity.MinPasswordDevelopment: c.development} {
			err := identity.CheckPasswordPolicy("password", c.password, minimum)
			got := ""
			if err != nil {
				got = fault.From(err).Fields[0].Reason
			}
			if got != want {
				t.Errorf("%.12q with at least %d characters: got %q, want %q", c.password, minimum, got, want)
			}
		}
	}
}

func TestARefusedPasswordTellsTheLimits(t *testing.T) {
	short := fault.From(identity.CheckPasswordPolicy("new_password", "x", 8)).Fields[0]
	long := fault.From(identity.CheckPasswordPolicy("new_password", strings.Repeat("x", 200), 8)).Fields[0]
	if short.Name != "new_password" || short.Params["min"] != "8" || long.Params["max"] != "128" {
		t.Errorf("got %+v and %+v", short, long)
	}
}

func TestSecurity5CodesAreEightUnambiguousLettersAndDigits(t *testing.T) {
	for range 2000 {
		code := identity.NewCode()
		if len(code) != 8 || strings.Trim(code, secret.Unambiguous) != "" || strings.ContainsAny(code, "01OIL") {
			t.Fatalf("code %q", code)
		}
		if strings.Trim(code, secret.Digits) == "" || !strings.ContainsAny(code, secret.Digits) {
			t.Fatalf("code %q has no letter, or no digit", code)
		}
	}
}

func TestAPasswordIsTheSameInEveryUnicodeForm(t *testing.T) {
	w := newWorld(t)
	c := ann
	c.Password = "caf\u00e9 noir"
	w.register(c)
	if utf8.RuneCountInString("cafe\u0301 noir") == utf8.RuneCountInString(c.Password) {
		t.Fatal("the two spellings are one")
	}
	w.signIn(c, "cafe\u0301 noir")
}
