package bank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/money"
	"purse/internal/number"
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

// holding is a person with a card, a goal and a bill.
type holding struct {
	cookie, card string
	cardID       int64
	goal, bill   int64
}

func (s *stack) holding(name string) (h holding) {
	s.t.Helper()
	h.cookie = s.person(name)
	make := func(path, body string, into any) {
		w := s.do("POST", path, body, "Cookie", h.cookie)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
			s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var card struct {
		ID     int64 `json:"card_id"`
		Number string
	}
	var other struct{ ID int64 }
	make("/card/create", "", &card)
	h.card, h.cardID = card.Number, card.ID
	make("/savings/create", `{"name":"Trip","goal":10}`, &other)
	h.goal = other.ID
	make("/bills/create", `{"name":"Power","amount":1,"due_date":"2026-04-01T10:00:00Z"}`, &other)
	h.bill = other.ID
	return h
}

func TestWhatIsNotYoursIsNotThere(t *testing.T) {
	s := start(t, options{grant: money.New(10_000, money.USD)})
	mine, theirs := s.holding("ann"), s.holding("bob")
	nothing := holding{card: number.Card(), cardID: 900_001, goal: 900_002, bill: 900_003}
	requests := []struct {
		name, method, path string
		body               func(other holding) string
	}{
		{"find", "GET", "/card/%s", func(h holding) string { return h.card[12:] }},
		{"delete a card", "DELETE", "/card/delete", func(h holding) string { return fmt.Sprintf(`{"card_number":%q}`, h.card) }},
		{"pay from", "POST", "/card/transfer", func(h holding) string {
			return fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":1}`, h.card, mine.card)
		}},
		{"history", "POST", "/card/history", func(h holding) string { return fmt.Sprintf(`{"card_number":%q}`, h.card) }},
		{"top up from", "POST", "/savings/topUp", func(h holding) string {
			return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, mine.goal, h.cardID)
		}},
		{"top up", "POST", "/savings/topUp", func(h holding) string {
			return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, h.goal, mine.cardID)
		}},
		{"decrease to", "POST", "/savings/decrease", func(h holding) string {
			return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, mine.goal, h.cardID)
		}},
		{"decrease", "POST", "/savings/decrease", func(h holding) string {
			return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, h.goal, mine.cardID)
		}},
		{"delete savings", "DELETE", "/savings/delete", func(h holding) string { return fmt.Sprintf(`{"saving_account_id":%d}`, h.goal) }},
		{"pay", "POST", "/bills/pay", func(h holding) string { return fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, h.bill, mine.card) }},
		{"pay with", "POST", "/bills/pay", func(h holding) string { return fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, mine.bill, h.card) }},
	}
	for _, r := range requests {
		t.Run(r.name, func(t *testing.T) {
			ask := func(h holding) string {
				path, body := r.path, r.body(h)
				if strings.Contains(path, "%s") {
					path, body = fmt.Sprintf(path, body), ""
				}
				w := s.do(r.method, path, body, "Cookie", mine.cookie)
				return fmt.Sprintf("%d %s", w.Code, w.Body)
			}
			yours, none := ask(theirs), ask(nothing)
			if yours != none || !strings.HasPrefix(yours, "4") || strings.HasPrefix(yours, "401") {
				t.Errorf("another's: %s\nnobody's: %s", yours, none)
			}
		})
	}
}

func TestTheCookieFollowsTheAddressAndTheOrigins(t *testing.T) {
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
	s := start(t, options{})
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
