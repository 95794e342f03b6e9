package bot_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/api/bot"
	"purse/internal/botclient"
	"purse/internal/clock"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/logging"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/portfolio"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/token"
)

const (
	clientID = "telegram_bot"
	key      = "the bot's secret"
	botToken = "123456:ABC"
	password = "correct horse battery"
	chat     = int64(556399210)
)

// stack is the surface over real rows, with a clock that stands.

type stack struct {
	t       *testing.T
	engine  store.Engine
	clock   *clock.Manual
	root    *secret.Root
	numbers *number.Directory
	people  *identity.Service
	handler http.Handler
}

// start opens a Purse; unsigned as in development.

func start(t *testing.T, engine enginetest.Engine, unsigned bool) *stack {
	t.Helper()
	return startLimited(t, engine, unsigned, func(clock.Clock) limit.Limiter { return limit.Off{} })
}

func startLimited(t *testing.T, engine enginetest.Engine, unsigned bool, limiter func(clock.Clock) limit.Limiter) *stack {
	t.Helper()
	s := &stack{t: t, clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	s.engine = engine.Open(t, s.clock)
	var err error
	if s.root, err = secret.NewRoot(make([]byte, secret.RootKeyBytes)); err != nil {
		t.Fatal(err)
	}
	s.numbers = number.NewDirectory(store.Narrow[number.Tx](s.engine), s.root)
	if s.people, err = identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](s.engine), Clock: s.clock, Root: s.root, Outbox: silent{},
		MinPassword: identity.MinPassword, ResetURL: "http://purse.example/reset",
		Sessions: map[identity.Surface]identity.SessionRule{identity.Bot: bot.Sessions, identity.Wallet: bot.Sessions},
		OnMerged: []func(tx identity.Tx, from, into identity.UserID) error{func(tx identity.Tx, from, into identity.UserID) error {
			return portfolio.Merge(tx.(portfolio.Tx), ledger.OwnerID(from), ledger.OwnerID(into))
		}},
	}); err != nil {
		t.Fatal(err)
	}
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	s.handler, err = httpkit.New(httpkit.Config{Log: log, Limiter: limiter(s.clock), Metrics: httpkit.NewMetrics(log)}, bot.New(bot.Services{
		People: s.people, Accounts: portfolio.New(store.Narrow[portfolio.Tx](s.engine)), Tokens: s.signer("bot"), Unsigned: unsigned,
		Clients: botclient.New(botclient.Options{
			Work: store.Narrow[botclient.Tx](s.engine), Clock: s.clock, Root: s.root, BotToken: botToken, Fixed: map[botclient.ID][]string{clientID: {key}},
		}),
	}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stack) signer(surface string) *token.Signer {
	return token.NewSigner(s.root, surface, s.clock)
}

// silent sends no mail.

type silent struct{}

func (silent) Enqueue(identity.Tx, identity.Message) error { return nil }

// request is one to the surface.

type request struct {
	method, target, body string
	headers              []string // names and values
}

func (r request) with(headers ...string) request {
	r.headers = append(append([]string{}, r.headers...), headers...)
	return r
}

// as is the request with a token.

func (r request) as(token string) request { return r.with("Authorization", "Bearer "+token) }

// signed is the request with the bot's signature at the clock's time.

func (s *stack) signed(r request) request {
	timestamp := strconv.FormatInt(s.clock.Now().Unix(), 10)
	signature := botclient.Sign([]byte(key), timestamp, r.method, r.target, []byte(r.body))
	return r.with("X-Client-Id", clientID, "X-Timestamp", timestamp, "X-Signature", hex.EncodeToString(signature[:]))
}

func (s *stack) do(r request) *httptest.ResponseRecorder {
	s.t.Helper()
	q := httptest.NewRequestWithContext(s.t.Context(), r.method, r.target, strings.NewReader(r.body))
	q.RemoteAddr = "192.0.2.1:1234"
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(r.headers); i += 2 {
		q.Header.Set(r.headers[i], r.headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, q)
	return w
}

// want does a request and holds its answer to a status and a part of its body.

func (s *stack) want(status int, part string, r request) map[string]any {
	s.t.Helper()
	w := s.do(r)
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		s.t.Errorf("%s %s: %d %s\nwant %d and %q", r.method, r.target, w.Code, w.Body, status, part)
	}
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // a list is none
	return answer
}

func post(path, body string) request {
	return request{method: "POST", target: "/api/v1/auth/" + path, body: body}
}

var accounts = request{method: "GET", target: "/api/v1/accounts"}

func registerChat(chat int64) request {
	return post(fmt.Sprintf("telegram/register?chat_id=%d&username=john_doe&first_name=John", chat), "")
}

func getToken(chat int64) request { return post("token/get", fmt.Sprintf(`{"chat_id":%d}`, chat)) }

// join registers somebody with an e-mail and returns their tokens.

func (s *stack) join(name string) (user identity.UserID, access, refresh string) {
	s.t.Helper()
	a := s.want(200, "", post("register", fmt.Sprintf(`{"email":"%s@example.com","password":%q,"first_name":%q}`, name, password, name)))
	return identity.UserID(a["user_id"].(float64)), a["access_token"].(string), a["refresh_token"].(string)
}

// code begins to link a chat.

func (s *stack) code(chat int64) string {
	s.t.Helper()
	return s.want(200, "", s.signed(post("telegram/start", fmt.Sprintf(`{"chat_id":%d}`, chat))))["code"].(string)
}

func confirm(chat int64, code string) request {
	return post("telegram/confirm", fmt.Sprintf(`{"chat_id":%d,"code":%q}`, chat, code))
}

// open opens an account with an amount on it.

func (s *stack) open(user identity.UserID, kind ledger.AccountKind, amount money.Amount) {
	s.t.Helper()
	err := s.engine.Update(s.t.Context(), func(tx store.Tx) error {
		a, err := ledger.OpenAccount(tx, ledger.OwnerID(user), kind, amount.Currency())
		if err != nil || amount.IsZero() {
			return err
		}
		source, err := ledger.System(tx, ledger.Pledges, amount.Currency())
		if err != nil {
			return err
		}
		_, err = ledger.Post(tx, ledger.Request{Kind: "pledge", Postings: []ledger.Posting{{From: source, To: a.ID, Amount: amount}}})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// together does requests at once and counts the statuses.

func (s *stack) together(count int, ask func(i int) request) (statuses map[int]int, bodies []string) {
	s.t.Helper()
	statuses = map[int]int{}
	var mutex sync.Mutex
	var wait sync.WaitGroup
	for i := range count {
		wait.Go(func() {
			w := s.do(ask(i))
			mutex.Lock()
			defer mutex.Unlock()
			statuses[w.Code]++
			bodies = append(bodies, w.Body.String())
		})
	}
	wait.Wait()
	return statuses, bodies
}

const callers = 50

// extended is a target with one more parameter.

// initData is what Telegram would open a Mini App with.
