package gift_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	giftapi "purse/internal/api/gift"
	"purse/internal/clock"
	"purse/internal/fx"
	"purse/internal/gift"
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
	"purse/internal/wallet"
)

// stack is the whole of Purse behind the gift surface: real rows, a clock that
// stands, and mail that is dropped.
type stack struct {
	t       testing.TB
	url     string // of the database
	engine  store.Engine
	clock   *clock.Manual
	numbers *number.Directory
	people  *identity.Service
	signer  *token.Signer
	handler http.Handler
}

type options struct {
	url     string            // of a database; empty for one of its own
	engine  enginetest.Engine // SQLite when empty
	limiter limit.Limiter     // limit.Off when nil
	funding gift.Funding      // gift.Pledge when empty
	proxies httpkit.Proxies
}

func start(t testing.TB, o options) *stack {
	t.Helper()
	if o.url == "" {
		o.url = o.engine.URL(t)
	}
	if o.limiter == nil {
		o.limiter = limit.Off{}
	}
	if o.funding == "" {
		o.funding = gift.Pledge
	}
	s := &stack{t: t, url: o.url, clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	s.engine = enginetest.Open(t, s.url, s.clock)
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	services := s.services(o)
	var err error
	s.handler, err = httpkit.New(httpkit.Config{Log: log, Limiter: o.limiter, Metrics: httpkit.NewMetrics(log), Proxies: o.proxies}, giftapi.New(services))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stack) services(o options) giftapi.Services {
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		s.t.Fatal(err)
	}
	s.numbers = number.NewDirectory(store.Narrow[number.Tx](s.engine), root)
	rates := fx.New(store.Narrow[fx.Tx](s.engine), time.Hour)
	payments := payment.New(payment.Options{
		Work: store.Narrow[payment.Tx](s.engine), Book: ledger.NewBook(store.Ledger(s.engine)), Converter: rates,
		Settler: wallet.NewFees(store.Narrow[wallet.Tx](s.engine), rates),
	})
	s.people, err = identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](s.engine), Clock: s.clock, Root: root, Mailer: noMail{}, Outbox: noMail{},
		MinPassword: identity.MinPassword, ResetURL: "http://purse.example/reset", Sessions: map[identity.Surface]identity.SessionRule{identity.Gift: giftapi.Sessions(false)},
		OnErase: []func(identity.Tx, identity.User) error{
			func(tx identity.Tx, u identity.User) error { return gift.Forget(tx.(gift.Tx), ledger.OwnerID(u.ID)) },
			func(tx identity.Tx, u identity.User) error {
				return ledger.CloseAll(tx.(ledger.Tx), ledger.OwnerID(u.ID))
			},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.signer = token.NewSigner(root, "gift", s.clock)
	gifts := gift.New(gift.Options{Work: store.Narrow[gift.Tx](s.engine), Payments: payments, Numbers: s.numbers, Funding: o.funding})
	return giftapi.Services{People: s.people, Gifts: gifts, Signer: s.signer, Clock: s.clock}
}

type noMail struct{}

func (noMail) Deliver(context.Context, identity.Message) error { return errors.New("no mail here") }
func (noMail) Enqueue(_ identity.Tx, _ identity.Message) error { return nil }

// do sends one request. Headers are pairs of name and value.
func (s *stack) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// user is somebody who is signed in.
type user struct {
	id              int64
	access, refresh string
}

// bearer is the header of the access token.
func (u user) bearer() []string { return []string{"Authorization", "Bearer " + u.access} }

const password = "correct horse battery"

// join registers somebody and signs them in.
func (s *stack) join(name string) (u user) {
	s.t.Helper()
	if w := s.do("POST", "/api/user/register", fmt.Sprintf(`{"username":%q,"email":"%x@example.com","password":%q}`, name, name, password)); w.Code != http.StatusCreated {
		s.t.Fatalf("registering %s: %d %s", name, w.Code, w.Body)
	}
	return s.signIn(name)
}

func (s *stack) signIn(name string) (u user) {
	s.t.Helper()
	w := s.do("POST", "/api/user/login", fmt.Sprintf(`{"email":"%x@example.com","password":%q}`, name, password))
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("signing %s in: %d %s", name, w.Code, w.Body)
	}
	claims, err := s.signer.Read(pair.Access)
	if err != nil {
		s.t.Fatal(err)
	}
	u = user{access: pair.Access, refresh: pair.Refresh}
	u.id, _ = claims.Int("sub")
	return u
}

// send sends a message and returns its id.
func (s *stack) send(from, to user, text string) (id int64) {
	s.t.Helper()
	w := s.do("POST", fmt.Sprintf("/api/user/%d/messages", to.id), fmt.Sprintf(`{"message":%q,"amount":100,"is_moneybag":false}`, text), from.bearer()...)
	var made struct{ ID int64 }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return made.ID
}

// racers is how many race for one thing.
const racers = 50

// together runs do with all racers at once and counts the statuses.
func together(do func(i int) int) map[int]int {
	statuses := make([]int, racers)
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		wait.Go(func() {
			<-begin
			statuses[i] = do(i)
		})
	}
	close(begin)
	wait.Wait()
	counted := map[int]int{}
	for _, status := range statuses {
		counted[status]++
	}
	return counted
}
