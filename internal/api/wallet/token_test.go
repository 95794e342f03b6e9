package wallet_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/store"
	"purse/internal/token"
)

// part reads a part of a token without looking at its signature.
func part(t *testing.T, text string, index int) (values map[string]any) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[index])
	if err == nil {
		err = json.Unmarshal(raw, &values)
	}
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// who asks for the caller with a token: the status and the message about it.
func (s *stack) who(access string) (status int, message string) {
	s.t.Helper()
	w := s.do("GET", "/users/", "", "Authorization", "Bearer "+access)
	var answer struct {
		Code     string
		Messages []struct{ Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		s.t.Fatal(err)
	}
	if w.Code == http.StatusUnauthorized && (answer.Code != "token_not_valid" || w.Header().Get("WWW-Authenticate") != `Bearer realm="api"`) {
		s.t.Errorf("%s, WWW-Authenticate %q", w.Body, w.Header().Get("WWW-Authenticate"))
	}
	for _, m := range answer.Messages {
		message += m.Message
	}
	return w.Code, message
}

func (s *stack) refused(what, access, want string) {
	s.t.Helper()
	if status, message := s.who(access); status != http.StatusUnauthorized || message != want {
		s.t.Errorf("%s: %d %q, want 401 %q", what, status, message, want)
	}
}

func (s *stack) accepted(what, access string) {
	s.t.Helper()
	if status, message := s.who(access); status != http.StatusOK {
		s.t.Errorf("%s: %d %s", what, status, message)
	}
}

func TestTokensSayWhatSimpleJWTSays(t *testing.T) {
	s := start(t, options{})
	p := s.join(1)
	hex := regexp.MustCompile(`^[0-9a-f]{32}$`)
	var user string
	err := s.engine.View(t.Context(), func(tx store.Tx) error {
		u, err := tx.User(1)
		user = u.UUID.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	now := s.clock.Now().Unix()
	for kind, c := range map[string]struct {
		token    string
		lifetime int64
	}{"access": {p.access, 3600}, "refresh": {p.refresh, 86400}} {
		claims := part(t, c.token, 1)
		if got := slices.Sorted(maps.Keys(claims)); !slices.Equal(got, []string{"exp", "iat", "jti", "token_type", "user_id"}) {
			t.Errorf("%s: claims %v", kind, got)
		}
		jti, _ := claims["jti"].(string)
		if claims["token_type"] != kind || claims["user_id"] != user || !hex.MatchString(jti) || claims["iat"] != float64(now) || claims["exp"] != float64(now+c.lifetime) {
			t.Errorf("%s: %v", kind, claims)
		}
		if header := part(t, c.token, 0); header["alg"] != "HS256" || header["kid"] == "" {
			t.Errorf("%s: header %v", kind, header)
		}
	}
}

// forge signs claims as Purse would, for the surface given.
func (s *stack) forge(surface string, claims token.Claims) string {
	s.t.Helper()
	text, err := token.NewSigner(s.root, surface, s.clock).Sign(claims, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

func TestSecurity9ATokenThatIsNotThisSurfacesAccessTokenOpensNothing(t *testing.T) {
	s := start(t, options{})
	p, other := s.join(1), s.join(2)
	claims := part(t, p.access, 1)
	good := func(change func(token.Claims)) token.Claims {
		c := token.Claims{"token_type": "access", "jti": claims["jti"], "user_id": claims["user_id"]}
		change(c)
		return c
	}
	asItIs := func(token.Claims) {}
	const notValid, wrongType, ended = "Token is invalid or expired", "Token has wrong type", "Token is blacklisted"
	s.accepted("made like ours", s.forge("wallet", good(asItIs)))
	s.refused("another surface's", s.forge("bot", good(asItIs)), notValid)
	s.refused("a refresh token", p.refresh, wrongType)
	s.refused("without a type", s.forge("wallet", good(func(c token.Claims) { delete(c, "token_type") })), wrongType)
	s.refused("without an id", s.forge("wallet", good(func(c token.Claims) { delete(c, "jti") })), notValid)
	s.refused("of no session", s.forge("wallet", good(func(c token.Claims) { c["jti"] = strings.Repeat("0", 32) })), ended)
	s.refused("of another user", s.forge("wallet", good(func(c token.Claims) { c["user_id"] = part(t, other.access, 1)["user_id"] })), notValid)
	s.refused("cut", p.access[:len(p.access)-2], notValid)
	s.refused("of no algorithm", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))+"."+strings.Split(p.access, ".")[1]+".", notValid)
	s.refused("long", strings.Repeat("a", 5000), notValid)

	// A session of another surface, named by a token of this one.
	session, err := s.people.SignIn(t.Context(), claim.Phone, p.phone, password, identity.Client{Surface: identity.Bot})
	if err != nil {
		t.Fatal(err)
	}
	s.refused("of another surface's session", s.forge("wallet", good(func(c token.Claims) { c["jti"] = strings.ReplaceAll(session.Token, "-", "") })), ended)
}

func TestWhatEndsASessionEndsItsTokensAtOnce(t *testing.T) {
	s := start(t, options{})
	const ended = "Token is blacklisted"
	user := func(p person) identity.UserID {
		session, err := s.people.Check(t.Context(), dashed(part(t, p.access, 1)["jti"].(string)), identity.Wallet)
		if err != nil {
			t.Fatal(err)
		}
		return session.User
	}
	revoked, deactivated := s.join(1), s.join(2)
	if err := s.people.EndAll(t.Context(), user(revoked)); err != nil {
		t.Fatal(err)
	}
	if err := s.people.Deactivate(t.Context(), user(deactivated)); err != nil {
		t.Fatal(err)
	}
	for what, p := range map[string]person{"revoked": revoked, "of somebody deactivated": deactivated} {
		s.refused(what, p.access, ended)
		w := s.do("POST", "/users/token/refresh/", fmt.Sprintf(`{"refresh":%q}`, p.refresh))
		if w.Code != http.StatusUnauthorized || w.Body.String() != `{"detail":"Token is blacklisted","code":"token_not_valid"}` {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
}

func dashed(hex string) string {
	return hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
}

func TestKeysChangeByThemselves(t *testing.T) {
	s := start(t, options{})
	p := s.join(1)
	s.clock.Advance(46 * 24 * time.Hour)
	s.refused("after 46 days", p.access, "Token is invalid or expired")
	later := s.signIn(p)
	if before, after := part(t, p.access, 0)["kid"], part(t, later.access, 0)["kid"]; before == after {
		t.Errorf("the key is still %v", after)
	}
	s.accepted("of the new key", later.access)
	// Across the change itself, what was signed before it is still good.
	period := 45 * 24 * time.Hour
	s.clock.Advance(period - time.Duration(s.clock.Now().Unix())*time.Second%period - 10*time.Minute)
	last := s.signIn(p)
	s.clock.Advance(20 * time.Minute)
	s.accepted("of the key before", last.access)
	if next := s.signIn(p); part(t, next.access, 0)["kid"] == part(t, last.access, 0)["kid"] {
		t.Error("the key did not change at its time")
	}
}

func TestARefreshTokenSpentTwiceEndsItsFamilyButForARace(t *testing.T) {
	s := start(t, options{})
	p := s.join(1)
	renew := func(refresh string) (int, string) {
		w := s.do("POST", "/users/token/refresh/", fmt.Sprintf(`{"refresh":%q}`, refresh))
		var next struct{ Access, Refresh string }
		if err := json.Unmarshal(w.Body.Bytes(), &next); err != nil {
			t.Fatal(err)
		}
		return w.Code, next.Refresh
	}
	status, second := renew(p.refresh)
	if status != http.StatusCreated {
		t.Fatal(status)
	}
	s.clock.Advance(10 * time.Second)
	if status, _ := renew(p.refresh); status != http.StatusUnauthorized {
		t.Errorf("again within ten seconds: %d", status)
	}
	s.accepted("after a race", p.access)
	status, third := renew(second)
	if status != http.StatusCreated {
		t.Errorf("the next one: %d", status)
	}
	s.clock.Advance(10*time.Second + time.Microsecond)
	if status, _ := renew(second); status != http.StatusUnauthorized {
		t.Errorf("again after ten seconds: %d", status)
	}
	s.refused("after the family has ended", p.access, "Token is blacklisted")
	if status, _ := renew(third); status != http.StatusUnauthorized {
		t.Errorf("the newest of a family that has ended: %d", status)
	}
}

func TestCredentialsAreLimitedByAddress(t *testing.T) {
	s := start(t, options{})
	s = start(t, options{limiter: limit.NewMemory(s.clock)})
	for range httpkit.LimitCredential.Rate.Count {
		if w := s.do("POST", "/users/verify/", `{"session_id":"01999999-0000-7000-8000-000000000000","code":"123456"}`); w.Code != http.StatusBadRequest {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	for _, path := range []string{"/users/create/", "/users/verify/", "/users/token/create/", "/users/token/refresh/", "/users/password/update/"} {
		w := s.do("POST", path, `{}`)
		if w.Code != http.StatusTooManyRequests || w.Body.String() != `{"detail":"Request was throttled. Expected available in `+w.Header().Get("Retry-After")+` seconds."}` {
			t.Errorf("%s: %d %s, Retry-After %q", path, w.Code, w.Body, w.Header().Get("Retry-After"))
		}
	}
}
