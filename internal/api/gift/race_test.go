package gift_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"purse/internal/ledger"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
)

func TestOfFiftyRefreshesOneSucceedsAndTheSessionGoesOn(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		ann := s.join("ann")
		statuses := together(func(int) int {
			return s.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+ann.refresh).Code
		})
		if statuses[http.StatusOK] != 1 || statuses[http.StatusUnauthorized] != racers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
		if w := s.do("GET", "/api/user/1/messages", "", ann.bearer()...); w.Code != http.StatusOK {
			t.Errorf("the race ended the session: %d", w.Code)
		}
	})
}

func TestTwoNodesThatRaceForOneRefreshTokenRenewItOnce(t *testing.T) {
	url := pgtest.Database(t)
	one, two := start(t, options{url: url}), start(t, options{url: url})
	ann := one.join("ann")
	statuses := together(func(i int) int {
		node := []*stack{one, two}[i%2]
		return node.do("POST", "/api/user/refresh", "", "Authorization", "Bearer "+ann.refresh).Code
	})
	if statuses[http.StatusOK] != 1 || statuses[http.StatusUnauthorized] != racers-1 {
		t.Errorf("the statuses: %v", statuses)
	}
}

func TestTwoWithdrawalsAndAMessageAtOnceLeaveNothingBehind(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		ann, bob := s.join("ann"), s.join("bob")
		again := s.signIn("bob")
		s.send(ann, bob, "before")
		var gone, sent, refused atomic.Int64
		statuses := together(func(i int) int {
			if i%10 == 5 {
				by := []user{bob, again}[i/10%2]
				w := s.do("DELETE", "/api/user/withdraw", `{"username":"bob"}`, by.bearer()...)
				if w.Code == http.StatusNoContent {
					gone.Add(1)
				}
				return w.Code
			}
			w := s.do("POST", "/api/user/2/messages", `{"message":"x","amount":100,"is_moneybag":false}`, ann.bearer()...)
			switch w.Code {
			case http.StatusCreated:
				sent.Add(1)
			case http.StatusNotFound:
				refused.Add(1)
			}
			return w.Code
		})
		if gone.Load() != 1 || statuses[http.StatusUnauthorized] != 4 || sent.Load()+refused.Load() != racers-5 {
			t.Errorf("the statuses: %v", statuses)
		}
		err := s.engine.View(t.Context(), func(tx store.Tx) error {
			accounts, err := tx.AccountsOf(2)
			for _, a := range accounts {
				if !a.Balance.IsZero() || a.Status != ledger.Closed {
					t.Errorf("account %d: %s, %s", a.ID, a.Balance, a.Status)
				}
			}
			if err != nil {
				return err
			}
			return ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("the book: %v", b) }, func(int64, int64) {})
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSecurity17OneKeyAtOnceSendsOneMessage(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		ann, bob := s.join("ann"), s.join("bob")
		send := func(to user, amount int) int {
			return s.do("POST", fmt.Sprintf("/api/user/%d/messages", to.id), fmt.Sprintf(`{"message":"x","amount":%d,"is_moneybag":false}`, amount),
				append(ann.bearer(), "Idempotency-Key", "once")...).Code
		}
		if statuses := together(func(int) int { return send(bob, 100) }); statuses[http.StatusCreated] != racers {
			t.Errorf("the statuses: %v", statuses)
		}
		if w := s.do("GET", "/api/user/2", ""); w.Body.String() != `{"user_info":{"username":"bob","total_amount":100}}` {
			t.Errorf("%s", w.Body)
		}
		if a, b := send(bob, 500), send(ann, 100); a != http.StatusUnprocessableEntity || b != http.StatusUnprocessableEntity {
			t.Errorf("another body: %d, another receiver: %d", a, b)
		}
	})
}

func TestOfFiftyRegistrationsWithOneAddressOneSucceeds(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, options{engine: engine})
		statuses := together(func(i int) int {
			return s.do("POST", "/api/user/register", fmt.Sprintf(`{"username":"u%d","email":"one@example.com","password":%q}`, i, password)).Code
		})
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusBadRequest] != racers-1 {
			t.Errorf("the statuses: %v", statuses)
		}
	})
}
