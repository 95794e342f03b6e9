// Package surfacetest holds every surface to what all of them promise: that a
// fault of ours, a limit, and a key in flight have their words on every route.
// It is imported by tests alone.
package surfacetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest/golden"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/logging"
)

// failures are what a handler returns for the statuses that any route can have,
// whatever it does; a limit that is used up needs no handler.
var failures = map[int]error{
	http.StatusForbidden:           identity.ErrNoPermission,
	http.StatusTooManyRequests:     nil,
	http.StatusInternalServerError: errors.New("a fault of ours"),
	http.StatusServiceUnavailable:  fault.ErrUnavailable.Because(errors.New("the database is down")),
}

// Faults plays, on every operation of the document, the answers that do not
// depend on what the operation does: 429 from a limit that is used up, 500 and
// 503 from services that fail, 409 from a key in flight where money moves, and 403
// for a permission that was taken away, where words has it and the document too.
// Each must have its golden text, and the document must list it. The surface
// needs no services: its handlers are not called.
func Faults(t *testing.T, document *apidoctest.Validator, surface httpkit.Surface, words map[int]string) {
	t.Helper()
	for _, example := range document.Examples(t) {
		for status := range failures {
			if status == http.StatusForbidden && (words[status] == "" || !example.Documents(status)) {
				continue
			}
			var limiter limit.Limiter = limit.Off{}
			if status == http.StatusTooManyRequests {
				limiter = usedUp{}
			}
			handler := serving(t, surface, limiter, func(*httpkit.Call) error { return failures[status] })
			check(t, document, example, handler, status, words[status])
		}
		if movesMoney(surface, example.Operation) {
			keyInFlight(t, document, surface, example, words[http.StatusConflict])
		}
	}
}

// usedUp is a limiter of which nothing is left.
type usedUp struct{}

func (usedUp) Take(context.Context, limit.Key, limit.Rate) limit.Decision {
	return limit.Decision{RetryAfter: 30 * time.Second}
}

// serving is the surface with somebody signed in and other handlers.
func serving(t *testing.T, surface httpkit.Surface, limiter limit.Limiter, handle func(*httpkit.Call) error) http.Handler {
	t.Helper()
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	surface.Authenticate = func(*httpkit.Call) (httpkit.Caller, error) { return httpkit.Caller{UserID: 1}, nil }
	routes := make([]httpkit.Route, len(surface.Routes))
	for i, r := range surface.Routes {
		r.Handle = handle
		routes[i] = r
	}
	surface.Routes = routes
	handler, err := httpkit.New(httpkit.Config{
		Log: log, Limiter: limiter, Metrics: httpkit.NewMetrics(log), KeyPatience: time.Millisecond,
	}, surface)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func movesMoney(surface httpkit.Surface, operation string) bool {
	for _, r := range surface.Routes {
		if r.MovesMoney && operation == r.Method+" "+r.Path {
			return true
		}
	}
	return false
}

// keyInFlight asks a second time while the first request is under way.
func keyInFlight(t *testing.T, document *apidoctest.Validator, surface httpkit.Surface, example apidoctest.Example, want string) {
	t.Helper()
	entered, release := make(chan struct{}), make(chan struct{})
	handler := serving(t, surface, limit.Off{}, func(c *httpkit.Call) error {
		close(entered)
		<-release
		c.NoContent()
		return nil
	})
	first := example.Request(t)
	first.Header.Set("Idempotency-Key", "one")
	ended := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, first)
		ended <- w.Code
	}()
	<-entered
	check(t, document, example, handler, http.StatusConflict, want)
	close(release)
	if status := <-ended; status != http.StatusNoContent {
		t.Errorf("%s: the request that was first: status %d", example.Operation, status)
	}
}

// check asks with the key "one", which counts only where money moves.
func check(t *testing.T, document *apidoctest.Validator, example apidoctest.Example, handler http.Handler, status int, want string) {
	t.Helper()
	request := example.Request(t)
	request.Header.Set("Idempotency-Key", "one")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	golden.Words{}.Expect(t, example.Operation, status, strings.TrimSpace(want), golden.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()})
	if err := document.Exchange(request, example.Body, w.Result(), w.Body.Bytes()); err != nil {
		t.Error(err)
	}
}
