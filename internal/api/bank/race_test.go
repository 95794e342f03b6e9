package bank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

// request is one of several that are sent at the same moment.
type request struct {
	method, path, body string
	headers            []string
}

// together sends all requests at once and counts the answers by status and body.
func (s *stack) together(requests []request) (statuses map[int]int, bodies map[string]int) {
	statuses, bodies = map[int]int{}, map[string]int{}
	var mutex sync.Mutex
	var all sync.WaitGroup
	begin := make(chan struct{})
	for _, r := range requests {
		all.Go(func() {
			<-begin
			w := s.do(r.method, r.path, r.body, r.headers...)
			mutex.Lock()
			defer mutex.Unlock()
			statuses[w.Code]++
			bodies[w.Body.String()]++
		})
	}
	close(begin)
	all.Wait()
	return statuses, bodies
}

const racers = 30

// times is the same request many times over.
func times(r request) (list []request) {
	for range racers {
		list = append(list, r)
	}
	return list
}

func TestOfManyWhoRaceExactlyOneWins(t *testing.T) {
	enginetest.Each(t, oneWins)
}

func oneWins(t *testing.T, engine enginetest.Engine) {
	s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
	h := s.holding("ann")
	other := s.holding("bob")
	me := []string{"Cookie", h.cookie}
	empty := s.do("POST", "/card/create", "", me...)
	var spare struct{ Number string }
	if err := json.Unmarshal(empty.Body.Bytes(), &spare); err != nil {
		t.Fatal(err)
	}
	if w := s.do("POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":100}`, spare.Number, other.card), me...); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	funds := times(request{"POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":60}`, h.card, other.card), me})
	funds = append(funds, times(request{"POST", "/savings/topUp", fmt.Sprintf(`{"amount":60,"saving_account_id":%d,"card_id":%d}`, h.goal, h.cardID), me})...)
	for _, race := range []struct {
		name     string
		requests []request
		loser    int // the status of all others
	}{
		{"a bill", times(request{"POST", "/bills/pay", fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, h.bill, h.card), me}), http.StatusForbidden},
		{"a card's last funds", funds, http.StatusForbidden},
		{"a card's deletion", times(request{"DELETE", "/card/delete", fmt.Sprintf(`{"card_number":%q}`, spare.Number), me}), http.StatusNotAcceptable},
	} {
		t.Run(race.name, func(t *testing.T) {
			statuses, _ := s.together(race.requests)
			if statuses[http.StatusOK] != 1 || statuses[race.loser] != len(race.requests)-1 {
				t.Errorf("the statuses of %d: %v", len(race.requests), statuses)
			}
		})
	}
}

func TestSecurity17OneKeyAtOnceMovesMoneyOnceAndAnswersAllAlike(t *testing.T) {
	enginetest.Each(t, oneKey)
}

func oneKey(t *testing.T, engine enginetest.Engine) {
	s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
	from, to := s.holding("ann"), s.holding("bob")
	pay := func(amount int) request {
		return request{"POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":%d}`, from.card, to.card, amount),
			[]string{"Cookie", from.cookie, "Idempotency-Key", "once"}}
	}
	statuses, bodies := s.together(times(pay(1)))
	if statuses[http.StatusOK] != racers || len(bodies) != 1 {
		t.Errorf("statuses %v, %d different answers", statuses, len(bodies))
	}
	statuses, _ = s.together(times(pay(2)))
	if statuses[http.StatusUnprocessableEntity] != racers {
		t.Errorf("with another body: %v", statuses)
	}
	var me struct{ Balance json.Number }
	if err := json.Unmarshal(s.do("GET", "/auth/me", "", "Cookie", from.cookie).Body.Bytes(), &me); err != nil || me.Balance != "99.00" {
		t.Errorf("the balance is %s, %v", me.Balance, err)
	}
}

func TestLastFourDigitsStayUniqueWhenCardsAreMadeAtOnce(t *testing.T) {
	enginetest.Each(t, uniqueEndings)
}

func uniqueEndings(t *testing.T, engine enginetest.Engine) {
	s := start(t, options{engine: engine})
	cookie := s.person("ann")
	if statuses, _ := s.together(times(request{"POST", "/card/create", "", []string{"Cookie", cookie}})); statuses[http.StatusOK] != racers {
		t.Fatal(statuses)
	}
	var cards []struct{ Number string }
	if err := json.Unmarshal(s.do("GET", "/card", "", "Cookie", cookie).Body.Bytes(), &cards); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cards {
		seen[c.Number[12:]] = true
	}
	if len(seen) != racers {
		t.Errorf("%d cards have %d different endings", len(cards), len(seen))
	}
}

func TestTransfersBothWaysAtOnceAllSucceedAndTheBookIsSound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
		ann, bob := s.holding("ann"), s.holding("bob")
		pay := func(from, to holding) request {
			return request{"POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":0.01}`, from.card, to.card), []string{"Cookie", from.cookie}}
		}
		if statuses, _ := s.together(append(times(pay(ann, bob)), times(pay(bob, ann))...)); statuses[http.StatusOK] != 2*racers {
			t.Errorf("the statuses: %v", statuses)
		}
		err := s.engine.View(t.Context(), func(tx store.Tx) error {
			return ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("the book: %v", b) }, func(int64, int64) {})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestOfManyWhoConfirmARegistrationOneMakesThePerson(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		if w := s.do("POST", "/auth/register", "{"+details("ann")+"}"); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
		statuses, _ := s.together(times(request{"POST", "/auth/verify-email", fmt.Sprintf(
			`{%s,"first_name":"Ann","last_name":"Lee","date_of_birth":"1990-05-04","address":"","city":"","state":"","post_code":"","password":"correct horse battery","verification_code":%q}`,
			details("ann"), s.mail.newest(t, email("ann")).Code), nil}))
		if statuses[http.StatusOK] != 1 || statuses[http.StatusNotAcceptable]+statuses[http.StatusConflict]+statuses[http.StatusTooManyRequests] != racers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
	})
}
