package gift_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/secret"
	"purse/internal/store/enginetest"
	"purse/internal/token"
)

// decode reads a token's payload as a page does with JSON.parse(atob(…)): each
// byte becomes one character, of ISO 8859-1.
func decode(t *testing.T, text string) (claims map[string]any) {
	t.Helper()
	bytes, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	characters := make([]rune, len(bytes))
	for i, b := range bytes {
		characters[i] = rune(b)
	}
	if err := json.Unmarshal([]byte(string(characters)), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

var dashed = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func TestTokensReadInAPageAsFlaskMakesThem(t *testing.T) {
	s := start(t, options{})
	s.join("first")
	jae := s.join("정재균 🐇")
	now := float64(s.clock.Now().Unix())
	check := func(text, kind string, fresh bool, days float64, username any) {
		t.Helper()
		claims := decode(t, text)
		want := map[string]any{"fresh": fresh, "iat": now, "nbf": now, "exp": now + days*86400, "sub": 2.0, "type": kind, "jti": claims["jti"]}
		if username != nil {
			want["username"] = username
		}
		if fmt.Sprint(claims) != fmt.Sprint(want) || !dashed.MatchString(fmt.Sprint(claims["jti"])) {
			t.Errorf("got %v\nwant %v", claims, want)
		}
	}
	check(jae.access, "access", true, 1, "정재균 🐇")
	check(jae.refresh, "refresh", false, 30, nil)
	w := s.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+jae.refresh)
	var pair map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	check(pair["access_token"], "access", false, 1, "정재균 🐇")
	check(pair["refresh_token"], "refresh", false, 30, nil)
}

func TestSecurity9ATokenIsOfThisSurfaceTypeAndPerson(t *testing.T) {
	s := start(t, options{})
	ann, bob := s.join("ann"), s.join("bob")
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.signer.Read(ann.access)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(signer *token.Signer, change func(token.Claims)) string {
		forged := token.Claims{}
		for name, value := range claims {
			forged[name] = value
		}
		change(forged)
		text, err := signer.Sign(forged, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, text := range map[string]string{
		"another surface's": forge(token.NewSigner(root, "wallet", s.clock), func(token.Claims) {}),
		"of no type":        forge(s.signer, func(c token.Claims) { delete(c, "type") }),
		"of another type":   forge(s.signer, func(c token.Claims) { c["type"] = "refresh" }),
		"of another person": forge(s.signer, func(c token.Claims) { c["sub"] = bob.id }),
		"of no person":      forge(s.signer, func(c token.Claims) { delete(c, "sub") }),
		"of a text":         forge(s.signer, func(c token.Claims) { c["sub"] = "1" }),
		"of no session":     forge(s.signer, func(c token.Claims) { c["jti"] = "01a2155b-ee15-7000-927b-f997869b42f9" }),
		"no token":          "x",
	} {
		w := s.do("GET", fmt.Sprintf("/api/user/%d/messages", ann.id), "", "Authorization", "Bearer "+text)
		if w.Code != http.StatusUnauthorized || w.Body.String() != `{"error":"잘못된 토큰입니다."}` {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		w = s.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+text)
		if w.Code != http.StatusUnauthorized || w.Body.String() != `{"error":"잘못된 토큰입니다."}` {
			t.Errorf("%s, to refresh: %d %s", name, w.Code, w.Body)
		}
	}
	if w := s.do("GET", fmt.Sprintf("/api/user/%d/messages", ann.id), "", "Authorization", "Bearer "+forge(s.signer, func(token.Claims) {})); w.Code != http.StatusOK {
		t.Errorf("nothing changed: %d, so nothing was tested", w.Code)
	}
}

func TestWhatEndsASessionEndsItsTokensAtOnce(t *testing.T) {
	s := start(t, options{})
	for name, end := range map[string]func(u user) error{
		"deactivation": func(u user) error { return s.people.Deactivate(t.Context(), identity.UserID(u.id)) },
		"all sessions": func(u user) error { return s.people.EndAll(t.Context(), identity.UserID(u.id)) },
	} {
		u := s.join(name)
		path := fmt.Sprintf("/api/user/%d/messages", u.id)
		if w := s.do("GET", path, "", u.bearer()...); w.Code != http.StatusOK {
			t.Fatal(w.Code)
		}
		if err := end(u); err != nil {
			t.Fatal(err)
		}
		for _, w := range []*httptest.ResponseRecorder{s.do("GET", path, "", u.bearer()...), s.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+u.refresh)} {
			if w.Code != http.StatusUnauthorized || w.Body.String() != `{"error":"잘못된 토큰입니다."}` {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	}
}

func TestASessionEndsForGoodHoweverOftenItIsRefreshed(t *testing.T) {
	s := start(t, options{})
	u := s.join("ann")
	for day := 0; ; day += 20 {
		w := s.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+u.refresh)
		if w.Code != http.StatusOK {
			if day != 180 || w.Body.String() != `{"error":"잘못된 토큰입니다."}` {
				t.Errorf("after %d days: %d %s", day, w.Code, w.Body)
			}
			return
		}
		var pair map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil {
			t.Fatal(err)
		}
		u.refresh = pair["refresh_token"]
		s.clock.Advance(20 * 24 * time.Hour)
	}
}

func TestPeopleOfOtherSurfacesAreShownByAName(t *testing.T) {
	s := start(t, options{})
	none := func(identity.Tx, identity.User) error { return nil }
	for id, n := range map[int]identity.Newcomer{
		1: {Profile: identity.Profile{FirstName: "Ada", LastName: "Lovelace"}, Login: "ada"},
		2: {Profile: identity.Profile{FirstName: "Bob", Username: "bobby"}, Login: "bob"},
		3: {Login: "zoe"},
	} {
		made, err := s.people.Join(t.Context(), n, password, none)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int]string{1: "Ada", 2: "bobby", 3: "이름 없음"}[id]
		if w := s.do("GET", fmt.Sprintf("/api/user/%d", made.ID), ""); w.Body.String() != fmt.Sprintf(`{"user_info":{"username":%q,"total_amount":0}}`, want) {
			t.Errorf("%s", w.Body)
		}
		if err := s.people.Deactivate(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		if w := s.do("GET", fmt.Sprintf("/api/user/%d", made.ID), ""); w.Code != http.StatusNotFound {
			t.Errorf("who was deactivated: %d %s", w.Code, w.Body)
		}
	}
}

func TestMoneyAndNamesAreUsedByPermissionAlone(t *testing.T) {
	s := start(t, options{})
	ann, bob := s.join("ann"), s.join("bob")
	s.send(ann, bob, "before")
	if err := s.people.RevokeRole(t.Context(), identity.UserID(ann.id), identity.RoleUser); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*httptest.ResponseRecorder{
		s.do("POST", "/api/user/2/messages", `{"message":"x","amount":100,"is_moneybag":false}`, ann.bearer()...),
		s.do("PUT", "/api/user/1", `{"username":"anna"}`, ann.bearer()...),
	} {
		if w.Code != http.StatusForbidden || w.Body.String() != `{"error":"권한이 없습니다."}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := s.do("GET", "/api/user/1/messages", "", ann.bearer()...); w.Code != http.StatusOK {
		t.Errorf("looking needs no permission: %d", w.Code)
	}
}

func TestGuessingPasswordsIsLimited(t *testing.T) {
	s := start(t, options{})
	s.join("ann")
	body := func(password string) string {
		return fmt.Sprintf(`{"email":"%x@example.com","password":%q}`, "ann", password)
	}
	for range 10 {
		s.do("POST", "/api/user/login", body("wrong horse battery"))
	}
	w := s.do("POST", "/api/user/login", body(password))
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" || w.Body.String() != `{"error":"요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."}` {
		t.Errorf("%d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
	limited := start(t, options{limiter: limit.NewMemory(s.clock)})
	for range httpkit.LimitCredential.Rate.Count {
		limited.do("POST", "/api/user/refresh", "")
	}
	if w := limited.do("POST", "/api/user/register", "{}"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAFaultOfOursIsOpaqueAndHasARequestID(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		if err := s.engine.Close(); err != nil {
			t.Fatal(err)
		}
		w := s.do("GET", "/api/user/1", "")
		var answer struct {
			Error     string
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusServiceUnavailable {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if answer.RequestID == "" || answer.RequestID != w.Header().Get("X-Request-Id") || answer.Error != "일시적으로 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요." {
			t.Errorf("%s", w.Body)
		}
	})
}

func TestPagesLinkToWhereTheClientIs(t *testing.T) {
	proxies, err := httpkit.ParseProxies("192.0.2.0/24")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, options{proxies: proxies})
	ann := s.join("ann")
	for range 7 {
		s.send(ann, ann, "x")
	}
	w := s.do("GET", "/api/user/1/messages", "", append(ann.bearer(), "X-Forwarded-Proto", "https", "X-Forwarded-Host", "gift.example")...)
	if !strings.Contains(w.Body.String(), `"next":"https://gift.example/api/user/1/messages?page=2","prev":null`) {
		t.Errorf("%s", w.Body)
	}
}

func TestAnAccountOfTwoStepsIsToldSoByTheRightPasswordOnly(t *testing.T) {
	s := start(t, options{})
	ann := s.join("ann")
	if err := s.people.SetTwoFactorRequired(t.Context(), identity.UserID(ann.id), true); err != nil {
		t.Fatal(err)
	}
	for try, want := range map[string]string{password: `{"error":"2단계 로그인이 필요한 계정입니다."}`, "wrong horse battery": `{"error":"이메일과 비밀번호를 확인하세요."}`} {
		w := s.do("POST", "/api/user/login", fmt.Sprintf(`{"email":"%x@example.com","password":%q}`, "ann", try))
		if w.Code != http.StatusUnauthorized || w.Body.String() != want || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if _, err := s.people.SignIn(t.Context(), claim.Email, "nobody@example.com", password, identity.Client{Surface: identity.Gift}); err == nil {
		t.Error("nobody signed in")
	}
}
