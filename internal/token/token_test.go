package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"purse/internal/clock"
	"purse/internal/secret"
)

var start = time.Date(2031, time.March, 1, 12, 0, 0, 0, time.UTC)

func newSigner(t testing.TB, surface string) (*Signer, *clock.Manual) {
	t.Helper()
	root, err := secret.NewRoot(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(start)
	return NewSigner(root, surface, c), c
}

func sign(t *testing.T, s *Signer, lifetime time.Duration) string {
	t.Helper()
	text, err := s.Sign(Claims{"jti": "one", "user_id": int64(1) << 52, "type": "access"}, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestATokenSaysWhatWasSigned(t *testing.T) {
	s, _ := newSigner(t, "wallet")
	claims, err := s.Read(sign(t, s, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	user, ok := claims.Int("user_id")
	expires, _ := claims.Int("exp")
	issued, _ := claims.Int("iat")
	if claims.Text("jti") != "one" || !ok || user != 1<<52 || expires != start.Add(time.Hour).Unix() || issued != start.Unix() {
		t.Errorf("got %v", claims)
	}
	if _, ok := claims.Int("jti"); ok || claims.Text("user_id") != "" || claims.Text("none") != "" {
		t.Error("a claim of another kind was read")
	}
}

// TestSecurity9TokensArePinnedToOneAlgorithmAndSurface tries what forgers try.
func TestSecurity9TokensArePinnedToOneAlgorithmAndSurface(t *testing.T) {
	s, c := newSigner(t, "wallet")
	other, _ := newSigner(t, "bot")
	good := sign(t, s, time.Hour)
	parts := strings.Split(good, ".")
	key := s.key(periodOf(start))
	forged := func(method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
		forgery := jwt.NewWithClaims(method, claims)
		forgery.Header["kid"] = keyID(periodOf(start))
		for name, value := range header {
			forgery.Header[name] = value
		}
		text, err := forgery.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	in := func(d time.Duration) int64 { return start.Add(d).Unix() }
	valid := jwt.MapClaims{"exp": in(time.Hour), "iat": in(0)}
	for name, text := range map[string]string{
		"empty":                    "",
		"no token":                 "token",
		"two parts":                parts[0] + "." + parts[1],
		"another surface's":        sign(t, other, time.Hour),
		"unsigned":                 forged(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, valid),
		"HS512":                    forged(jwt.SigningMethodHS512, key, nil, valid),
		"its own key address":      forged(jwt.SigningMethodHS256, key, map[string]any{"jku": "https://evil.example"}, valid),
		"its own key":              forged(jwt.SigningMethodHS256, key, map[string]any{"jwk": map[string]any{"kty": "oct"}}, valid),
		"an unknown key id":        forged(jwt.SigningMethodHS256, key, map[string]any{"kid": "0"}, valid),
		"a key id to come":         forged(jwt.SigningMethodHS256, s.key(periodOf(start)+1), map[string]any{"kid": keyID(periodOf(start) + 1)}, valid),
		"a key id of another type": forged(jwt.SigningMethodHS256, key, map[string]any{"kid": 1}, valid),
		"another key":              forged(jwt.SigningMethodHS256, []byte("guess"), nil, valid),
		"without an end":           forged(jwt.SigningMethodHS256, key, nil, jwt.MapClaims{"iat": in(0)}),
		"of the future":            forged(jwt.SigningMethodHS256, key, nil, jwt.MapClaims{"exp": in(2 * time.Hour), "iat": in(time.Hour)}),
		"not yet valid":            forged(jwt.SigningMethodHS256, key, nil, jwt.MapClaims{"exp": in(2 * time.Hour), "nbf": in(time.Hour)}),
		"another content":          parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":9999999999}`)) + "." + parts[2],
		"very long":                good + strings.Repeat("A", longest),
	} {
		if _, err := s.Read(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: the error holds the token", name)
		}
	}
	if _, err := s.Read(good); err != nil {
		t.Errorf("the token itself: %v", err)
	}
	c.Advance(time.Hour)
	if _, err := s.Read(good); !errors.Is(err, ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
}

// TestTokensOfTheSecondRootKeyStayGood: nobody is signed out while the root key is
// changed, in either order of the keys.
func TestTokensOfTheSecondRootKeyStayGood(t *testing.T) {
	c := clock.NewManual(start)
	signer := func(fills ...byte) *Signer {
		var keys [][]byte
		for _, fill := range fills {
			keys = append(keys, bytes.Repeat([]byte{fill}, 32))
		}
		root, err := secret.NewRoot(keys[0], keys[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		return NewSigner(root, "wallet", c)
	}
	before, prepared, changed, after := signer(1), signer(1, 2), signer(2, 1), signer(2)
	for _, test := range []struct {
		name      string
		made, by  *Signer
		wantsGood bool
	}{
		{"of the old key, with both", before, changed, true},
		{"of the old key, with both, before the change", before, prepared, true},
		{"of who only knows the new key, with the old one alone", prepared, before, true},
		{"of the new key, with both", after, changed, true},
		{"of the new key, before the change", changed, prepared, true},
		{"of both, with the new key alone", changed, after, true},
		{"of the old key, with the new one alone", before, after, false},
		{"of the new key, with the old one alone", changed, before, false},
		{"of a third key", signer(3), changed, false},
	} {
		if _, err := test.by.Read(sign(t, test.made, time.Hour)); (err == nil) != test.wantsGood {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestSecurity9TwoKeysOverlap: a key signs for 45 days and is believed for 45
// more, so that no token ends before its time.
func TestSecurity9TwoKeysOverlap(t *testing.T) {
	s, c := newSigner(t, "gift")
	boundary := time.Unix((periodOf(start)+1)*int64(keyPeriod/time.Second), 0).UTC()
	c.Set(boundary.Add(-time.Second))
	last := sign(t, s, Longest)
	before := periodOf(c.Now())
	c.Set(boundary)
	if keyID(periodOf(c.Now())) == keyID(before) {
		t.Error("the key did not change")
	}
	first := sign(t, s, Longest)
	for _, text := range []string{last, first} {
		if _, err := s.Read(text); err != nil {
			t.Errorf("just after the change: %v", err)
		}
	}
	c.Set(boundary.Add(keyPeriod - 2*time.Second))
	if _, err := s.Read(last); err != nil {
		t.Errorf("one second before its end: %v", err)
	}
	c.Set(boundary.Add(keyPeriod))
	if _, err := s.Read(last); err == nil {
		t.Error("a key of two periods ago is still believed")
	}
	c.Set(boundary.Add(-30 * time.Second))
	if _, err := s.Read(first); err != nil {
		t.Errorf("made by a node whose clock is half a minute ahead: %v", err)
	}
	c.Set(boundary.Add(-2 * time.Minute))
	if _, err := s.Read(first); err == nil {
		t.Error("a token of the future was believed")
	}
}

func FuzzRead(f *testing.F) {
	s, _ := newSigner(f, "wallet")
	good, err := s.Sign(Claims{"jti": "x"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := s.Read(text); err == nil && text != good {
			t.Errorf("read %q", text)
		}
	})
}

// TestAPayloadIsASCII: pages decode a payload with atob and JSON.parse, which
// take no UTF-8.
func TestAPayloadIsASCII(t *testing.T) {
	s, _ := newSigner(t, "gift")
	for _, name := range []string{"정재균바보", `<"a&b">`, "e\u0301 \u2028", "🐇 토끼", "ascii", ""} {
		text, err := s.Sign(Claims{"username": name}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range payload {
			if c >= 0x80 {
				t.Fatalf("%q is written as %q", name, payload)
			}
		}
		if claims, err := s.Read(text); err != nil || claims.Text("username") != name {
			t.Errorf("%q is read back as %q, %v", name, claims.Text("username"), err)
		}
	}
}
