package wallet_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/api/wallet"
	"purse/internal/clock"
	"purse/internal/fx"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/logging"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/token"
	product "purse/internal/wallet"
)

// stack is the whole of Purse behind the wallet surface: real rows, a clock
// that stands, and messages that are kept.
type stack struct {
	t       testing.TB
	engine  store.Engine
	clock   *clock.Manual
	post    *post
	root    *secret.Root
	people  *identity.Service
	rates   *fx.Exchange
	handler http.Handler
}

// options is what tests start differently.
type options struct {
	engine  enginetest.Engine // SQLite when empty
	limiter limit.Limiter     // limit.Off when nil
}

func start(t testing.TB, o options) *stack {
	t.Helper()
	s := &stack{t: t, clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), post: &post{}}
	s.engine = enginetest.Open(t, o.engine.URL(t), s.clock)
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	if o.limiter == nil {
		o.limiter = limit.Off{}
	}
	services := s.services()
	var err error
	s.handler, err = httpkit.New(httpkit.Config{Log: log, Limiter: o.limiter, Metrics: httpkit.NewMetrics(log), PublicURL: "http://purse.example"}, wallet.New(services))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stack) services() wallet.Services {
	var err error
	if s.root, err = secret.NewRoot(make([]byte, secret.RootKeyBytes)); err != nil {
		s.t.Fatal(err)
	}
	s.people, err = identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](s.engine), Clock: s.clock, Root: s.root, Outbox: s.post, MinPassword: identity.MinPassword,
		ResetURL: "http://purse.example/reset", Sessions: map[identity.Surface]identity.SessionRule{identity.Wallet: wallet.Sessions, identity.Bot: wallet.Sessions},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	numbers := number.NewDirectory(store.Narrow[number.Tx](s.engine), s.root)
	s.rates = fx.New(store.Narrow[fx.Tx](s.engine), 48*time.Hour)
	payments := payment.New(payment.Options{Work: store.Narrow[payment.Tx](s.engine), Book: ledger.NewBook(store.Ledger(s.engine)), Converter: s.rates, Settler: product.NewFees(store.Narrow[product.Tx](s.engine), s.rates)})
	return wallet.Services{
		People: s.people, Tokens: token.NewSigner(s.root, string(identity.Wallet), s.clock),
		Wallets: product.New(product.Options{Work: store.Narrow[product.Tx](s.engine), Payments: payments, Numbers: numbers}),
	}
}

// post keeps identity's messages.
type post struct {
	mutex    sync.Mutex
	messages []identity.Message
}

func (p *post) Enqueue(_ identity.Tx, m identity.Message) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.messages = append(p.messages, m)
	return nil
}

// code is the newest code that was sent to an address.
func (s *stack) code(to string) string {
	s.t.Helper()
	s.post.mutex.Lock()
	defer s.post.mutex.Unlock()
	for _, m := range slices.Backward(s.post.messages) {
		if m.To == to && m.Code != "" {
			return m.Code
		}
	}
	s.t.Fatalf("no code was sent to %s", to)
	return ""
}

// do sends one request. Headers are pairs of name and value.
func (s *stack) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// must is do for an answer of that status, which it reads into out.
func (s *stack) must(status int, out any, method, target, body string, headers ...string) {
	s.t.Helper()
	w := s.do(method, target, body, headers...)
	if w.Code != status {
		s.t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		s.t.Fatal(err)
	}
}

const password = "correct horse battery"

// person is somebody who is signed in.
type person struct {
	email, phone, access, refresh string
	wallet                        string // path of their first wallet
	number                        string // of it
	entry                         string // id of a line of its history
}

func (p person) bearer() []string { return []string{"Authorization", "Bearer " + p.access} }

// join makes a person of that number.
func (s *stack) join(number int) person {
	s.t.Helper()
	p := person{email: fmt.Sprintf("person%d@example.com", number), phone: fmt.Sprintf("+7701%07d", number)}
	var session struct {
		ID string `json:"session_id"`
	}
	s.must(201, &session, "POST", "/users/create/", fmt.Sprintf(`{"email":%q,"phone_number":%q,"password":%q}`, p.email, p.phone, password))
	s.must(201, &session, "POST", "/users/verify/", fmt.Sprintf(`{"session_id":%q,"code":%q}`, session.ID, s.code(p.email)))
	return s.signIn(p)
}

func (s *stack) signIn(p person) person {
	s.t.Helper()
	var tokens struct{ Access, Refresh string }
	s.must(201, &tokens, "POST", "/users/token/create/", fmt.Sprintf(`{"phone_number":%q,"password":%q}`, p.phone, password))
	p.access, p.refresh = tokens.Access, tokens.Refresh
	return p
}

// owner is a person with a wallet in KZT that holds 100.00.
func (s *stack) owner(n int) person {
	s.t.Helper()
	p := s.join(n)
	var made struct {
		ID     int64
		Number string `json:"wallet_number"`
	}
	s.must(201, &made, "POST", "/users/wallets/create/", "", p.bearer()...)
	p.wallet, p.number = fmt.Sprintf("/users/wallets/%d/", made.ID), made.Number
	var moved struct {
		ID string `json:"transaction_id"`
	}
	s.must(201, &moved, "POST", p.wallet+"deposit/", `{"amount":"100"}`, p.bearer()...)
	p.entry = moved.ID
	return p
}

// balance is that of the person's first wallet.
func (s *stack) balance(p person) string {
	s.t.Helper()
	var w struct{ Amount string }
	s.must(200, &w, "GET", p.wallet, "", p.bearer()...)
	return w.Amount
}
