package httpkit_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/logging"
)

var errSignIn = fault.Define(fault.Unauthenticated, "example.sign_in", "sign in first")

// A surface with one route, put on a handler.
func Example() {
	surface := httpkit.Surface{
		Name: "bank",
		Authenticate: func(c *httpkit.Call) (httpkit.Caller, error) {
			if c.Request().Header.Get("Authorization") != "Bearer 7" {
				return httpkit.Caller{}, errSignIn
			}
			return httpkit.Caller{UserID: 7}, nil
		},
		WriteError: func(c *httpkit.Call, err error) {
			_ = c.JSON(401, map[string]string{"detail": fault.From(err).Text})
		},
		Routes: []httpkit.Route{{
			Method: "POST", Path: "/card/{four_digits}/pay", Access: httpkit.SignedIn,
			Limit: httpkit.LimitOrdinary, MovesMoney: true,
			Handle: func(c *httpkit.Call) error {
				return c.JSON(200, fmt.Sprintf("user %d, card %s, key %s, body %s", c.Caller().UserID, c.PathValue("four_digits"), c.IdempotencyKey(), c.Body()))
			},
		}},
	}
	log := logging.Open(logging.Options{Writer: io.Discard})
	defer log.Close()
	handler, err := httpkit.New(httpkit.Config{
		Log: log, Limiter: limit.NewMemory(clock.System{}), Metrics: httpkit.NewMetrics(log),
	}, surface)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"Bearer 7", ""} {
		r := httptest.NewRequest("POST", "/card/1234/pay/", strings.NewReader("all"))
		r.Header.Set("Authorization", token)
		r.Header.Set("Idempotency-Key", `"k1"`)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 "user 7, card 1234, key k1, body all"
	// 401 {"detail":"sign in first"}
}
