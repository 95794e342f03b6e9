package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/httpkit/limit"
	"purse/internal/store/enginetest"
)

func limited(t *testing.T, unsigned bool) *stack {
	return startLimited(t, enginetest.SQLite, unsigned, func(c clock.Clock) limit.Limiter { return limit.NewMemory(c) })
}

// wantsBudget does a request and holds what is told of its budget to how many it
// has and how many are left.
func (s *stack) wantsBudget(what string, status int, budget string, r request) {
	s.t.Helper()
	w := s.do(r)
	sent := func(name string) string { return strings.Join(w.Header()[name], ", ") } // under exactly this name
	told := sent("X-RateLimit-Limit") + " " + sent("X-RateLimit-Remaining")
	if w.Code != status || told != budget || sent("X-RateLimit-Reset") == "" || (w.Header().Get("Retry-After") != "") != (status == 429) {
		s.t.Errorf("%s: %d, told %q, Retry-After %q, %s\nwant %d and %q", what, w.Code, told, w.Header().Get("Retry-After"), w.Body, status, budget)
	}
}

func TestWhatIsCountedForAChatIsWhatIsDoneForIt(t *testing.T) {
	for name, unsigned := range map[string]bool{"signed": false, "in development": true} {
		t.Run(name, func(t *testing.T) {
			s := limited(t, unsigned)
			sign := func(r request) request {
				if unsigned {
					return r
				}
				return s.signed(r)
			}
			s.wantsBudget("registered", 200, "60 59", sign(registerChat(chat)))
			s.wantsBudget("its token", 200, "60 58", sign(getToken(chat)))
			s.wantsBudget("another in the query", 200, "60 57", sign(post("token/get?chat_id=7", `{"chat_id":556399210}`)))
			s.wantsBudget("another in the query", 200, "60 56", sign(post("telegram/start?chat_id=7", `{"chat_id":556399210}`)))
			s.wantsBudget("another in the body", 200, "60 55", sign(post("token/refresh-telegram?chat_id=556399210", `{"chat_id":7}`)))
			s.wantsBudget("another in the body", 200, "60 54", sign(post("telegram/register?chat_id=556399210&username=x&first_name=x", `{"chat_id":7}`)))
			data := initData(botToken, s.clock.Now(), chat)
			s.wantsBudget("a Mini App's, passed on", 200, "60 53", sign(post("token/get", fmt.Sprintf(`{"init_data":%q}`, data))))
			s.wantsBudget("the other", 404, "60 59", sign(getToken(7)))
			s.wantsBudget("no chat", 422, "5 4", sign(post("token/get?chat_id=7", `{}`)))
			s.wantsBudget("no init_data, for a chat", 401, "5 3", sign(post("token/get", `{"chat_id":7,"init_data":"x"}`)))
		})
	}
}

func TestAMiniAppIsCountedByAddress(t *testing.T) {
	s := limited(t, false)
	s.want(200, "", s.signed(registerChat(chat)))
	r := post("token/get", fmt.Sprintf(`{"init_data":%q,"chat_id":556399210}`, initData(botToken, s.clock.Now(), chat)))
	for left := 4; left >= 0; left-- {
		s.wantsBudget("its token", 200, fmt.Sprintf("5 %d", left), r)
	}
	s.wantsBudget("one too many", 429, "5 0", r)
}

func TestASignedConfirmationIsCountedForItsChat(t *testing.T) {
	for name, unsigned := range map[string]bool{"in production": false, "in development": true} {
		t.Run(name, func(t *testing.T) {
			s := limited(t, unsigned)
			_, ann, _ := s.join("ann") // one of five from this address
			for i := range int64(10) {
				r := confirm(100+i, s.code(100+i)).as(ann)
				s.wantsBudget("signed", 200, "60 58", s.signed(r)) // its code was one
			}
			r := confirm(7, "x")
			s.wantsBudget("signed, without a token", 401, "60 59", s.signed(r))
			s.wantsBudget("not signed", 400, "5 3", r.as(ann))
			s.wantsBudget("not signed, without a token", 401, "5 2", r)
			s.wantsBudget("wrongly signed", 401, "5 1", r.as(ann).with("X-Client-Id", clientID))
			s.wantsBudget("signed, without a chat", 422, "5 0", s.signed(post("telegram/confirm", `{"code":"x"}`).as(ann)))
			s.wantsBudget("not signed", 429, "5 0", r.as(ann))
			s.clock.Advance(time.Second)
			s.wantsBudget("signed", 400, "60 59", s.signed(r.as(ann)))
		})
	}
}
