package bank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/api/bank"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/money"
	"purse/internal/store/enginetest"
)

// person registers someone and returns the Cookie header of their session.
func (s *stack) person(name string) string {
	s.t.Helper()
	if w := s.do("POST", "/auth/register", "{"+details(name)+"}"); w.Code != http.StatusOK {
		s.t.Fatalf("registering %s: %d %s", name, w.Code, w.Body)
	}
	w := s.do("POST", "/auth/verify-email", fmt.Sprintf(
		`{%s,"first_name":%q,"last_name":"Lee","date_of_birth":"1990-05-04","address":"","city":"","state":"","post_code":"","password":"correct horse battery","verification_code":%q}`,
		details(name), name, s.mail.newest(s.t, email(name)).Code))
	if w.Code != http.StatusOK {
		s.t.Fatalf("confirming %s: %d %s", name, w.Code, w.Body)
	}
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return cookie
}

func TestSecurity7TheCookieFollowsTheAddressAndTheOrigins(t *testing.T) {
	for _, c := range []struct {
		name, public string
		origins      httpkit.Origins
		want         string
	}{
		{"http", "http://purse.example", nil, "; Path=/; Max-Age=2700; HttpOnly; SameSite=Lax"},
		{"http with origins", "http://purse.example", httpkit.Origins{"http://app.example"}, "; Path=/; Max-Age=2700; HttpOnly; SameSite=Lax"},
		{"https", "https://purse.example", nil, "; Path=/; Max-Age=2700; HttpOnly; Secure; SameSite=Lax"},
		{"https with origins", "https://purse.example", httpkit.Origins{"https://app.example"}, "; Path=/; Max-Age=2700; HttpOnly; Secure; SameSite=None"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, options{public: c.public, origins: c.origins})
			s.person("ann")
			s.do("POST", "/auth/2fa/request", `{"email":"ann@example.com","password":"correct horse battery"}`)
			w := s.do("POST", "/auth/2fa/confirm", fmt.Sprintf(`{"email":"ann@example.com","twofa_code":%q}`, s.mail.newest(t, email("ann")).Code))
			if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "authorization=") || !strings.HasSuffix(got, c.want) {
				t.Errorf("got %q, want …%q", got, c.want)
			}
		})
	}
}

func TestGuessingCodesIsLimitedByAddress(t *testing.T) {
	s := start(t, options{})
	s = start(t, options{limiter: limit.NewMemory(s.clock)})
	for range httpkit.LimitCredential.Rate.Count {
		if w := s.do("POST", "/auth/2fa/confirm", `{"email":"ann@example.com","twofa_code":"x"}`); w.Code != http.StatusUnauthorized {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	w := s.do("POST", "/auth/2fa/confirm", `{"email":"ann@example.com","twofa_code":"x"}`)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || w.Body.String() != `{"detail":"Too many attempts, try again later"}` {
		t.Errorf("%d %s, Retry-After %q", w.Code, w.Body, w.Header().Get("Retry-After"))
	}
}

func TestAFaultOfOursIsOpaqueAndHasARequestID(t *testing.T) {
	enginetest.Each(t, opaqueFault)
}

func opaqueFault(t *testing.T, engine enginetest.Engine) {
	s := start(t, options{engine: engine})
	cookie := s.person("ann")
	if err := s.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w := s.do("POST", "/card/create", "", "Cookie", cookie)
	var answer struct {
		Detail    string
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if answer.RequestID == "" || answer.RequestID != w.Header().Get("X-Request-Id") || answer.Detail != "Service temporarily unavailable" {
		t.Errorf("%s", w.Body)
	}
}

// A cursor goes into the answer as it was sent, whichever characters are in it.
func TestACursorThatIsNoneIsRefusedInAnAnswerThatSaysSo(t *testing.T) {
	s := start(t, options{})
	cookie := s.person("ann")
	w := s.do("POST", "/card/create", "", "Cookie", cookie)
	var card struct{ Number string }
	if err := json.Unmarshal(w.Body.Bytes(), &card); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, cursor := range []string{"x", `"<&>\`, "\u00ad\u2028", "\U000e0001", "00000000-0000-0000-0000-000000000000", "018f3c5e-7b8c-7d1e-9f2a-0123456789ab"} {
		w := s.do("POST", "/card/history?before="+url.QueryEscape(cursor), fmt.Sprintf(`{"card_number":%q}`, card.Number), "Cookie", cookie)
		var answer struct {
			Detail []struct {
				Loc   []string
				Input string
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%q: %d %s", cursor, w.Code, w.Body)
		}
		if len(answer.Detail) != 1 || strings.Join(answer.Detail[0].Loc, " ") != "query before" || answer.Detail[0].Input != cursor {
			t.Errorf("%q: %s", cursor, w.Body)
		}
	}
}

// BenchmarkTransfer is one transfer through the whole stack, from one client.
func BenchmarkTransfer(b *testing.B) {
	s := start(b, options{grant: money.New(1_000_000_000, money.USD)})
	from, to := s.holding("ann"), s.holding("bob")
	body := fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":0.01}`, from.card, to.card)
	b.ReportAllocs()
	for b.Loop() {
		if w := s.do("POST", "/card/transfer", body, "Cookie", from.cookie); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

func TestMoneyIsUsedByPermissionAlone(t *testing.T) {
	s := start(t, options{})
	cookie := s.person("ann")
	routes := map[string]string{
		"/card/create":      ``,
		"/card/transfer":    `{"from_card_number":"9000000000000001","to_card_number":"9000000000000002","amount":1}`,
		"/savings/create":   `{"name":"Boat","goal":1}`,
		"/savings/topUp":    `{"amount":1,"saving_account_id":1,"card_id":1}`,
		"/savings/decrease": `{"amount":1,"saving_account_id":1,"card_id":1}`,
		"/bills/pay":        `{"bill_id":1,"card_number":"9000000000000001"}`,
		"/transfers/batch":  `{"atomic":true,"transfers":[{"from_card_number":"9000000000000001","to_card_number":"9000000000000002","amount":1}]}`,
	}
	for _, route := range bank.New(bank.Services{}).Routes {
		if _, listed := routes[route.Path]; route.MovesMoney != listed {
			t.Errorf("%s: moves money %v, listed here %v", route.Path, route.MovesMoney, listed)
		}
	}
	if err := s.people.RevokeRole(t.Context(), 1, identity.RoleUser); err != nil {
		t.Fatal(err)
	}
	for path, body := range routes {
		w := s.do("POST", path, body, "Cookie", cookie)
		if w.Code != http.StatusForbidden || w.Body.String() != `{"detail":"The user may not use money"}` {
			t.Errorf("%s without the permission: %d %s", path, w.Code, w.Body)
		}
	}
	if w := s.do("GET", "/auth/me", "", "Cookie", cookie); w.Code != http.StatusOK {
		t.Errorf("looking needs no permission: %d %s", w.Code, w.Body)
	}
	if err := s.people.GrantPermission(t.Context(), 1, identity.UseMoney); err != nil {
		t.Fatal(err)
	}
	if w := s.do("POST", "/card/create", "", "Cookie", cookie); w.Code != http.StatusOK {
		t.Errorf("with the permission given back: %d %s", w.Code, w.Body)
	}
}
