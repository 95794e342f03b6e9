package bank_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/api/bank"
	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/clock"
	"purse/internal/fx"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/logging"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/wallet"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// stack is the whole of Purse behind the bank surface: real rows, a clock that
// stands, and mail that is kept.
type stack struct {
	t       testing.TB
	url     string // of the database
	engine  store.Engine
	clock   *clock.Manual
	numbers *number.Directory
	rates   *fx.Exchange
	mail    *mailbox
	people  *identity.Service
	handler http.Handler
}

// options is what tests start differently.
type options struct {
	engine  enginetest.Engine // SQLite when empty
	limiter limit.Limiter     // limit.Off when nil
	grant   money.Amount
	origins httpkit.Origins
	public  string // URL
}

// start opens a Purse. People whose e-mail begins with "nowallet" get none.
func start(t testing.TB, o options) *stack {
	t.Helper()
	s := &stack{t: t, url: o.engine.URL(t), clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), mail: &mailbox{}}
	s.engine = enginetest.Open(t, s.url, s.clock)
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	services := s.services(o)
	if o.limiter == nil {
		o.limiter = limit.Off{}
	}
	var err error
	s.handler, err = httpkit.New(httpkit.Config{
		Log: log, Limiter: o.limiter, Metrics: httpkit.NewMetrics(log), Origins: o.origins, PublicURL: o.public,
	}, bank.New(services))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stack) services(o options) bank.Services {
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		s.t.Fatal(err)
	}
	s.numbers = number.NewDirectory(store.Narrow[number.Tx](s.engine), root)
	s.rates = fx.New(store.Narrow[fx.Tx](s.engine), 48*time.Hour)
	people, err := identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](s.engine), Clock: s.clock, Root: root, Mailer: s.mail, Outbox: s.mail,
		MinPassword: identity.MinPassword, ResetURL: "http://purse.example/reset", Sessions: map[identity.Surface]identity.SessionRule{identity.Bank: {Lifetime: bank.SessionLifetime}},
		OnRegistered: func(tx identity.Tx, user identity.User) error {
			if strings.HasPrefix(user.Email, "nowallet") {
				return nil
			}
			_, err := wallet.Open(tx.(wallet.Tx), s.numbers, ledger.OwnerID(user.ID), money.USD)
			return err
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.people = people
	payments := payment.New(payment.Options{Work: store.Narrow[payment.Tx](s.engine), Book: ledger.NewBook(store.Ledger(s.engine)), Converter: s.rates})
	cards := card.New(card.Options{Work: store.Narrow[card.Tx](s.engine), Payments: payments, Numbers: s.numbers, Root: root, Grant: o.grant})
	secure := strings.HasPrefix(o.public, "https:")
	return bank.Services{
		People: people, Cards: cards,
		Savings:      saving.New(saving.Options{Work: store.Narrow[saving.Tx](s.engine), Payments: payments, Grant: o.grant}),
		Bills:        bill.New(bill.Options{Work: store.Narrow[bill.Tx](s.engine), Cards: cards, Payments: payments}),
		BaseCurrency: money.USD, Secure: secure, CrossSite: secure && len(o.origins) > 0,
	}
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
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// deposit puts money on an account from outside.
func (s *stack) deposit(text, amount string) {
	s.t.Helper()
	entry, err := s.numbers.Find(s.t.Context(), text)
	if err != nil {
		s.t.Fatal(err)
	}
	decimal, err := money.ParseDecimal(amount)
	if err != nil {
		s.t.Fatal(err)
	}
	sum, err := decimal.In(entry.Currency)
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.engine.Update(s.t.Context(), func(tx store.Tx) error {
		source, err := ledger.System(tx, ledger.CashIn, entry.Currency)
		if err != nil {
			return err
		}
		_, err = ledger.Post(tx, ledger.Request{Kind: "deposit", Postings: []ledger.Posting{{From: source, To: entry.Account, Amount: sum}}})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// mailbox keeps identity's messages.
type mailbox struct {
	mutex    sync.Mutex
	messages []identity.Message
	down     bool
}

var errMailDown = errors.New("the mail server is down")

func (m *mailbox) Deliver(_ context.Context, message identity.Message) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.down {
		return errMailDown
	}
	m.messages = append(m.messages, message)
	return nil
}

func (m *mailbox) Enqueue(_ identity.Tx, message identity.Message) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.messages = append(m.messages, message)
	return nil
}

// newest is the last message to an address.
func (m *mailbox) newest(t testing.TB, to string) identity.Message {
	t.Helper()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for i := len(m.messages) - 1; i >= 0; i-- {
		if m.messages[i].To == to {
			return m.messages[i]
		}
	}
	t.Fatalf("nothing was mailed to %s", to)
	return identity.Message{}
}
