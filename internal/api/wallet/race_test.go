package wallet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"purse/internal/ledger"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

// racers is how many ask at once.
const racers = 50

// together sends requests at once and counts the statuses and the bodies.
func (s *stack) together(method, target, body string, headers ...string) (statuses map[int]int, bodies map[string]int) {
	s.t.Helper()
	statuses, bodies = map[int]int{}, map[string]int{}
	var mutex sync.Mutex
	var wait sync.WaitGroup
	for range racers {
		wait.Go(func() {
			w := s.do(method, target, body, headers...)
			mutex.Lock()
			defer mutex.Unlock()
			statuses[w.Code]++
			bodies[w.Body.String()]++
		})
	}
	wait.Wait()
	return statuses, bodies
}

// sound checks every invariant of the ledger.
func (s *stack) sound() {
	s.t.Helper()
	err := s.engine.View(s.t.Context(), func(tx store.Tx) error {
		return ledger.Verify(tx, func(b ledger.Breach) { s.t.Errorf("the book: %v", b) }, func(int64, int64) {})
	})
	if err != nil {
		s.t.Error(err)
	}
}

func TestOfManyWhoOpenAWalletInOneCurrencyOneDoes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		p := s.join(1)
		statuses, bodies := s.together("POST", "/users/wallets/create/", `{"amount_currency":"USD"}`, p.bearer()...)
		if statuses[http.StatusCreated] != 1 || bodies[`{"error":"User already have the wallet with this currency"}`] != racers-1 {
			t.Errorf("%v %v", statuses, bodies)
		}
		var list []struct{ ID int64 }
		if s.must(200, &list, "GET", "/users/wallets/", "", p.bearer()...); len(list) != 1 {
			t.Errorf("%d wallets", len(list))
		}
		// One key at once is one wallet, for all.
		statuses, bodies = s.together("POST", "/users/wallets/create/", `{"amount_currency":"EUR"}`, append(p.bearer(), "Idempotency-Key", "once")...)
		if statuses[http.StatusCreated] != racers || len(bodies) != 1 {
			t.Errorf("with one key: %v %v", statuses, bodies)
		}
	})
}

func TestTheLastFundsAreWithdrawnOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		p, other := s.owner(1), s.owner(2)
		statuses, bodies := s.together("POST", p.wallet+"withdraw/", `{"amount":"100.00"}`, p.bearer()...)
		if statuses[http.StatusCreated] != 1 || bodies[`{"error":"Not enough balance"}`] != racers-1 || s.balance(p) != "0.00" {
			t.Errorf("%v %v, left %s", statuses, bodies, s.balance(p))
		}
		send := fmt.Sprintf(`{"wallet_number":%q,"amount":"40.00"}`, p.number)
		if statuses, _ := s.together("POST", other.wallet+"transfer/", send, other.bearer()...); statuses[http.StatusCreated] != 2 || s.balance(other) != "20.00" || s.balance(p) != "80.00" {
			t.Errorf("%v, left %s and %s", statuses, s.balance(other), s.balance(p))
		}
		s.sound()
	})
}

func TestOneKeyAtOnceMovesMoneyOnceAndAnswersAllAlike(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		p, other := s.owner(1), s.owner(2)
		for path, body := range map[string]string{
			"deposit/": `{"amount":"1.00"}`, "withdraw/": `{"amount":"1.00"}`, "transfer/": fmt.Sprintf(`{"wallet_number":%q,"amount":"1.00"}`, other.number),
		} {
			keyed := append(p.bearer(), "Idempotency-Key", `"once"`)
			statuses, bodies := s.together("POST", p.wallet+path, body, keyed...)
			if statuses[http.StatusCreated] != racers || len(bodies) != 1 {
				t.Errorf("%s: %v, %d different answers", path, statuses, len(bodies))
			}
			w := s.do("POST", p.wallet+path, strings.Replace(body, "1.00", "2.00", 1), keyed...)
			if w.Code != http.StatusUnprocessableEntity || w.Body.String() != `{"detail":"The idempotency key was used before with another request."}` {
				t.Errorf("%s with another body: %d %s", path, w.Code, w.Body)
			}
		}
		if s.balance(p) != "99.00" || s.balance(other) != "101.00" {
			t.Errorf("left %s and %s", s.balance(p), s.balance(other))
		}
		s.sound()
	})
}

func TestOfManyWhoVerifyOneMakesThePerson(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		var session struct {
			ID string `json:"session_id"`
		}
		s.must(201, &session, "POST", "/users/create/", `{"email":"ann@example.com","phone_number":"+77011234567","password":"correct horse battery"}`)
		body := fmt.Sprintf(`{"session_id":%q,"code":%q}`, session.ID, s.code("ann@example.com"))
		if statuses, bodies := s.together("POST", "/users/verify/", body); statuses[http.StatusCreated] != 1 || statuses[http.StatusBadRequest] != racers-1 {
			t.Errorf("%v %v", statuses, bodies)
		}
	})
}

func TestOfManyWhoRenewWithOneTokenOneDoes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		p := s.join(1)
		statuses, _ := s.together("POST", "/users/token/refresh/", fmt.Sprintf(`{"refresh":%q}`, p.refresh))
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusUnauthorized] != racers-1 {
			t.Errorf("%v", statuses)
		}
		s.accepted("after the race", p.access)
	})
}

func TestAFaultOfOursIsOpaqueAndHasARequestID(t *testing.T) {
	s := start(t, options{})
	p := s.owner(1)
	if err := s.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w := s.do("POST", p.wallet+"deposit/", `{"amount":1}`, p.bearer()...)
	var answer struct {
		Detail    string
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusServiceUnavailable ||
		answer.RequestID == "" || answer.RequestID != w.Header().Get("X-Request-Id") || answer.Detail != "Service temporarily unavailable, try again later." {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
