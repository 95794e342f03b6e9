package bank_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"purse/internal/card"
	"purse/internal/httpkit/limit"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

// batch is the body of a bulk of transfers of an amount.
func batch(atomic bool, from, to, amount string, count int, more string) string {
	one := fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":%s%s}`, from, to, amount, more)
	return fmt.Sprintf(`{"atomic":%t,"transfers":[%s%s]}`, atomic, strings.Repeat(one+",", count-1), one)
}

func TestABulkUnderOneKeyIsMadeOnceWhenManyAskAtOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
		from, to := s.holding("ann"), s.holding("bob")
		headers := []string{"Cookie", from.cookie, "Idempotency-Key", "once"}
		statuses, bodies := s.together(times(request{"POST", "/transfers/batch", batch(false, from.card, to.card, "0.01", 10, ""), headers}))
		if statuses[http.StatusOK] != racers || len(bodies) != 1 {
			t.Errorf("statuses %v, %d different answers", statuses, len(bodies))
		}
		keyed := batch(false, from.card, to.card, "1", 2, `,"key":"own"`)
		statuses, bodies = s.together(times(request{"POST", "/transfers/batch", keyed, headers[:2]}))
		if statuses[http.StatusOK] != racers || len(bodies) != 1 {
			t.Errorf("with keys of single transfers: statuses %v, %d different answers", statuses, len(bodies))
		}
		var me struct{ Balance json.Number }
		if err := json.Unmarshal(s.do("GET", "/auth/me", "", "Cookie", from.cookie).Body.Bytes(), &me); err != nil || me.Balance != "98.90" {
			t.Errorf("the balance is %s, %v", me.Balance, err)
		}
	})
}

func TestBulksThatRaceForTheLastFundsSpendThemOnce(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
		from, to := s.holding("ann"), s.holding("bob")
		statuses, _ := s.together(times(request{"POST", "/transfers/batch", batch(true, from.card, to.card, "20", 3, ""), []string{"Cookie", from.cookie}}))
		if statuses[http.StatusOK] != 1 || statuses[http.StatusBadRequest] != racers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
		w := s.do("POST", "/transfers/batch", batch(false, from.card, to.card, "0.03", card.MaxBulk, ""), "Cookie", from.cookie)
		if want := `{"done":1000,"refused":0,`; !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("a full bulk: %.200s", w.Body)
		}
		w = s.do("POST", "/transfers/batch", batch(false, from.card, to.card, "0.03", card.MaxBulk, ""), "Cookie", from.cookie)
		if want := `{"done":333,"refused":667,`; !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("until the card is empty: %.200s", w.Body)
		}
		err := s.engine.View(t.Context(), func(tx store.Tx) error {
			return ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("the book: %v", b) }, func(int64, int64) {})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAtMostAHundredPlacesAreTold(t *testing.T) {
	s := start(t, options{grant: money.New(10_000, money.USD)})
	h := s.holding("ann")
	for what, body := range map[string]string{
		"what is wrong in itself":      batch(false, h.card, "x", "-1", 500, ""),
		"what is wrong for the card":   batch(false, h.card, h.card, "1", 500, ""),
		"what is wrong with each part": fmt.Sprintf(`{"atomic":false,"transfers":[%s{}]}`, strings.Repeat("{},", 499)),
	} {
		w := s.do("POST", "/transfers/batch", body, "Cookie", h.cookie)
		var answer struct{ Detail []json.RawMessage }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusUnprocessableEntity || len(answer.Detail) != 100 {
			t.Errorf("%s: %d, %d places, %v", what, w.Code, len(answer.Detail), err)
		}
	}
}

func TestBulksHaveALimitOfTheirOwn(t *testing.T) {
	s := start(t, options{})
	s = start(t, options{limiter: limit.NewMemory(s.clock)})
	cookie := s.person("ann")
	statuses := map[int]int{}
	for range 1201 {
		statuses[s.do("POST", "/transfers/batch", "{}", "Cookie", cookie).Code]++
	}
	if statuses[http.StatusUnprocessableEntity] != 1200 || statuses[http.StatusTooManyRequests] != 1 {
		t.Errorf("the statuses: %v", statuses)
	}
	if w := s.do("POST", "/card/transfer", "{}", "Cookie", cookie); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a single transfer: %d %s", w.Code, w.Body)
	}
}
