package httpkit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/httpkit/limit"
	"purse/internal/logging"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

var errNoSession = fault.Define(fault.Unauthenticated, "test.no_session", "no session")

// kit is a handler under test and what it writes to its log.
type kit struct {
	*Handler
	clock *clock.Manual
	log   *logging.Log
	lines *lockedBuffer
}

type lockedBuffer struct {
	mutex sync.Mutex
	buf   bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buf.Write(p)
}

// logged is everything logged so far. Nothing may be logged after it.
func (k *kit) logged() string {
	k.log.Close()
	k.lines.mutex.Lock()
	defer k.lines.mutex.Unlock()
	return k.lines.buf.String()
}

func newKit(t testing.TB, config Config, surfaces ...Surface) *kit {
	t.Helper()
	k := &kit{clock: clock.NewManual(noon), lines: &lockedBuffer{}}
	k.log = logging.Open(logging.Options{Writer: k.lines})
	t.Cleanup(func() { k.log.Close() })
	config.Log = k.log
	if config.Limiter == nil {
		config.Limiter = limit.NewMemory(k.clock)
	}
	config.Metrics = NewMetrics(k.log)
	handler, err := New(config, surfaces...)
	if err != nil {
		t.Fatal(err)
	}
	k.Handler = handler
	return k
}

// testError is the tests' dialect: the code and the fields, under "oops".
func testError(c *Call, err error) {
	f := fault.From(err)
	status := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403,
		fault.NotFound: 404, fault.TooMany: 429, fault.Unavailable: 503,
	}[f.Kind]
	if errors.Is(err, ErrMethodNotAllowed) {
		status = 405
	}
	answer := map[string]string{"oops": string(f.Code)}
	if status >= 500 {
		answer["request_id"] = c.RequestID()
	}
	for _, field := range f.Fields {
		answer[field.Name] = field.Reason
	}
	_ = c.JSON(status, answer)
}

// testSession takes the cookie "session=<user id>".
func testSession(c *Call) (Caller, error) {
	cookie, err := c.Request().Cookie("session")
	if err != nil {
		return Caller{}, errNoSession
	}
	var caller Caller
	if _, err := fmt.Sscan(cookie.Value, &caller.UserID); err != nil {
		return Caller{}, errNoSession
	}
	return caller, nil
}

// say answers with the route, the path value "x", the caller, the key and the body.
func say(c *Call) error {
	return c.JSON(http.StatusOK, map[string]any{
		"route": c.Route(), "x": c.PathValue("x"), "user": c.Caller().UserID, "key": c.IdempotencyKey(), "body": string(c.Body()),
	})
}

func testSurface(routes ...Route) Surface {
	for i := range routes {
		r := &routes[i]
		if r.Access == accessUnset {
			r.Access = Public
		}
		if r.Limit.Name == "" {
			r.Limit = LimitOrdinary
		}
		if r.Handle == nil {
			r.Handle = say
		}
	}
	return Surface{Name: "test", Cookie: true, Prefixes: []string{"/a"}, Routes: routes, WriteError: testError, Authenticate: testSession}
}

type header map[string]string

// ask sends one request from 192.0.2.1 ("" for header keys that need another peer: "peer").
func (k *kit) ask(method, target, body string, headers header) *http.Response {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "http://purse.example"+target, reader)
	for name, value := range headers {
		switch name {
		case "peer":
			r.RemoteAddr = value
		default:
			for line := range strings.SplitSeq(value, "\n") {
				r.Header.Add(name, line)
			}
		}
	}
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// expect checks an answer's status and a part of its body.
func expect(t *testing.T, r *http.Response, status int, part string) {
	t.Helper()
	if body := read(t, r); r.StatusCode != status || !strings.Contains(body, part) {
		t.Errorf("got %d %s, want %d …%s…", r.StatusCode, body, status, part)
	}
}
