package httpkit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purse/internal/fault"
)

// untouchable fails the test when a body is read.
type untouchable struct{ t *testing.T }

func (u untouchable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func Test401IsDecidedBeforeTheBodyIsRead(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Access: SignedIn, MovesMoney: true}))
	r := httptest.NewRequest("POST", "/a", untouchable{t})
	r.Header.Set("Idempotency-Key", strings.Repeat("k", 300)) // wrong too, but of no concern to strangers
	w := httptest.NewRecorder()
	k.ServeHTTP(w, r)
	expect(t, w.Result(), 401, "test.no_session")
}

func TestAccessDecidesWhoMayCall(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/public"}, Route{Method: "GET", Path: "/maybe", Access: MaybeSignedIn},
		Route{Method: "GET", Path: "/signed", Access: SignedIn},
	))
	session, dead, nobody := header{"Cookie": "session=7"}, header{"Cookie": "session=x"}, header{"Cookie": "session=0"}
	for _, test := range []struct {
		path    string
		headers header
		status  int
		part    string
	}{
		{"/public", session, 200, `"user":0`},
		{"/maybe", nil, 200, `"user":0`}, {"/maybe", dead, 200, `"user":0`}, {"/maybe", nobody, 200, `"user":0`}, {"/maybe", session, 200, `"user":7`},
		{"/signed", nil, 401, "test.no_session"}, {"/signed", dead, 401, "test.no_session"},
		{"/signed", nobody, 401, "http.no_caller"}, {"/signed", session, 200, `"user":7`},
	} {
		expect(t, k.ask("GET", test.path, "", test.headers), test.status, test.part)
	}
}

func TestAnOutageOfTheSessionStoreIsNotTakenForNobody(t *testing.T) {
	s := testSurface(Route{Method: "GET", Path: "/maybe", Access: MaybeSignedIn})
	s.Authenticate = func(*Call) (Caller, error) { return Caller{}, errors.New("disk on fire") }
	expect(t, newKit(t, Config{}, s).ask("GET", "/maybe", "", nil), 500, "internal")
}

func TestSecurity15BodyIsAtMost1MiB(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Handle: func(c *Call) error {
		return c.JSON(200, len(c.Body()))
	}}))
	for _, declared := range []bool{true, false} {
		for _, test := range []struct {
			size   int
			status int
			part   string
		}{
			{1, 200, "1"}, {smallBody, 200, "16384"}, {smallBody + 1, 200, "16385"},
			{MaxBody, 200, "1048576"}, {MaxBody + 1, 422, "http.body_too_large"},
		} {
			r := httptest.NewRequest("POST", "/a", strings.NewReader(strings.Repeat("x", test.size)))
			if !declared {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			k.ServeHTTP(w, r)
			expect(t, w.Result(), test.status, test.part)
		}
	}
	short := httptest.NewRequest("POST", "/a", strings.NewReader("x"))
	short.ContentLength = 2
	w := httptest.NewRecorder()
	k.ServeHTTP(w, short)
	expect(t, w.Result(), 422, "http.body_unreadable")
}

func TestIdempotencyKeyIsBareOrQuotedAndAtMost255Characters(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "POST", Path: "/pay", Access: SignedIn, MovesMoney: true},
		Route{Method: "POST", Path: "/look", Access: SignedIn},
	))
	long := strings.Repeat("é", 255)
	for _, test := range []struct {
		header string
		status int
		part   string
	}{
		{"k", 200, `"key":"k"`}, {`"k"`, 200, `"key":"k"`}, {` "k" `, 200, `"key":"k"`},
		{`a b"c`, 200, `"key":"a b\"c"`}, {`"a\"b\\c"`, 200, `"key":"a\"b\\c"`},
		{long, 200, long}, {`"` + long + `"`, 200, long},
		{long + "x", 422, "too_long"}, {`"` + long + `x"`, 422, "too_long"},
		{"", 422, "malformed"}, {`""`, 422, "malformed"}, {`"k`, 422, "malformed"}, {`"`, 422, "malformed"},
		{`"a"b"`, 422, "malformed"}, {`"a\x"`, 422, "malformed"}, {`"a\"`, 422, "malformed"}, {"a\tb", 422, "malformed"}, {"\xff", 422, "malformed"},
		{"a\na", 422, "repeated"},
	} {
		headers := header{"Cookie": "session=7", "Idempotency-Key": test.header}
		answer := k.ask("POST", "/pay", "{}", headers)
		if test.status == 422 {
			test.part = `{"Idempotency-Key":"` + test.part + `","oops":"http.idempotency_key"}`
		}
		expect(t, answer, test.status, test.part)
		expect(t, k.ask("POST", "/look", "{}", headers), 200, `"key":""`)
	}
	expect(t, k.ask("POST", "/pay", "{}", header{"Cookie": "session=7"}), 200, `"key":""`)
}

func FuzzIdempotencyKeyMeansTheSameBareAndQuoted(f *testing.F) {
	f.Add("k")
	f.Add(`a"b\c`)
	f.Fuzz(func(t *testing.T, text string) {
		bare, err := idempotencyKey(http.Header{"Idempotency-Key": {text}})
		if err != nil || strings.HasPrefix(text, `"`) {
			return
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(bare) + `"`
		again, err := idempotencyKey(http.Header{"Idempotency-Key": {quoted}})
		if err != nil || again != bare {
			t.Errorf("%q is %q bare, and %q, %v quoted", text, bare, again, err)
		}
	})
}

func TestFingerprintFollowsPathQueryAndBodyButNotAFinalSlash(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a/{x}/", Handle: func(c *Call) error {
		return c.JSON(200, c.Fingerprint())
	}}))
	fingerprint := func(target, body string) string { return read(t, k.ask("POST", target, body, nil)) }
	first := fingerprint("/a/1/", "body")
	if again := fingerprint("/a/1", "body"); again != first {
		t.Error("one request has two fingerprints")
	}
	for _, other := range []string{fingerprint("/a/2/", "body"), fingerprint("/a/1/", "bodY"), fingerprint("/a/1/?x", "body"), fingerprint("/a/1/", "")} {
		if other == first {
			t.Error("two requests have one fingerprint")
		}
	}
}

func TestSecurity18LargeBodiesAreBoundedInNumber(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a"}))
	large := strings.Repeat("x", smallBody+1)
	k.largeBodies.Store(maxLargeBodies)
	expect(t, k.ask("POST", "/a", large, nil), 503, "overloaded")
	expect(t, k.ask("POST", "/a", "small", nil), 200, "small")
	k.largeBodies.Store(maxLargeBodies - 1)
	for range 2 {
		expect(t, k.ask("POST", "/a", large, nil), 200, large)
	}
	if n := k.largeBodies.Load(); n != maxLargeBodies-1 {
		t.Errorf("%d places are taken after all have ended", n)
	}
}

func TestPanicsAnswer500WithTheRequestIDAndAreLoggedNotSent(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Handle: func(c *Call) error {
		c.SetCookie(&http.Cookie{Name: "session", Value: "7"})
		panic("kaboom")
	}}))
	answer := k.ask("POST", "/a", "", nil)
	id := answer.Header.Get("X-Request-Id")
	body := read(t, answer)
	if answer.StatusCode != 500 || len(id) != 16 || !strings.Contains(body, id) || strings.Contains(body, "kaboom") || answer.Header.Get("Set-Cookie") != "" {
		t.Errorf("got %d %s %v", answer.StatusCode, body, answer.Header)
	}
	if log := k.logged(); !strings.Contains(log, "kaboom") || !strings.Contains(log, "call_test.go") || !strings.Contains(log, id) {
		t.Errorf("log: %s", log)
	}
	if len(k.places) != 0 {
		t.Error("the panic kept its place under the concurrency bound")
	}
}

func TestAnAnswerTornByAPanicDoesNotLookWhole(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a", Handle: func(c *Call) error {
		c.JSONText(200, []byte(`{"first":`))
		panic("kaboom")
	}}))
	answer, err := http.Get(startServer(t, k.Handler, DefaultBounds).url + "/a")
	if err != nil {
		return // cut off before the header was sent
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("a torn answer is whole: %d %s", answer.StatusCode, body)
	}
}

func TestErrorsThatAreOursAreLoggedWithTheirCauseAndSentWithoutIt(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/bug", Handle: func(*Call) error { return errors.New("the cause") }},
		Route{Method: "GET", Path: "/silent", Handle: func(*Call) error { return nil }},
		Route{Method: "GET", Path: "/unencodable", Handle: func(c *Call) error { return c.JSON(200, func() {}) }},
		Route{Method: "GET", Path: "/down", Handle: func(*Call) error { return fault.ErrUnavailable.Because(errors.New("the cause")) }},
		Route{Method: "GET", Path: "/late", Handle: func(*Call) error { return context.DeadlineExceeded }},
	))
	for path, status := range map[string]int{"/bug": 500, "/silent": 500, "/unencodable": 500, "/down": 503, "/late": 503} {
		answer := k.ask("GET", path, "", nil)
		if status == 503 && answer.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After is %q", path, answer.Header.Get("Retry-After"))
		}
		if body := read(t, answer); answer.StatusCode != status || strings.Contains(body, "cause") || !strings.Contains(body, "request_id") {
			t.Errorf("%s: got %d %s", path, answer.StatusCode, body)
		}
	}
	if log := k.logged(); strings.Count(log, "the cause") != 2 || strings.Count(log, "request failed") != 5 {
		t.Errorf("log: %s", log)
	}
}

func TestABrokenErrorTableStillAnswers(t *testing.T) {
	s := testSurface(Route{Method: "GET", Path: "/a", Handle: func(*Call) error { return errors.New("x") }})
	for name, write := range map[string]func(*Call, error){
		"panics": func(*Call, error) { panic("table") },
		"silent": func(*Call, error) {},
	} {
		s.WriteError = write
		t.Run(name, func(t *testing.T) {
			expect(t, newKit(t, Config{}, s).ask("GET", "/a", "", nil), 500, `{"detail":"Internal Server Error"}`)
		})
	}
}

func TestTheContextEndsWithTheRequestsTime(t *testing.T) {
	k := newKit(t, Config{RequestTimeout: time.Nanosecond}, testSurface(Route{Method: "GET", Path: "/a", Handle: func(c *Call) error {
		<-c.Context().Done()
		return c.Context().Err()
	}}))
	expect(t, k.ask("GET", "/a", "", nil), 503, "unavailable")
}

func TestTheContextEndsWithTheRequest(t *testing.T) {
	var kept context.Context
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a", Handle: func(c *Call) error {
		kept = c.Context()
		return c.JSON(200, kept.Err() == nil)
	}}))
	expect(t, k.ask("GET", "/a", "", nil), 200, "true")
	if kept.Err() == nil {
		t.Error("the context, and its timer, outlive the request")
	}
}

func TestAnAppenderWritesItsOwnJSONAndOthersAreEncodedWithoutHTMLEscapes(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/appender", Handle: func(c *Call) error { return c.JSON(201, appender{}) }},
		Route{Method: "GET", Path: "/value", Handle: func(c *Call) error { return c.JSON(200, "<&>") }},
		Route{Method: "DELETE", Path: "/none", Handle: func(c *Call) error { c.NoContent(); return nil }},
	))
	expect(t, k.ask("GET", "/appender", "", nil), 201, `{"amount":50.00}`)
	expect(t, k.ask("GET", "/value", "", nil), 200, `"<&>"`)
	expect(t, k.ask("DELETE", "/none", "", nil), 204, "")
}

type appender struct{}

func (appender) AppendJSON(b []byte) []byte { return append(b, `{"amount":50.00}`...) }

func TestARouteMayTakeALargerBodyWhichTakesMorePlaces(t *testing.T) {
	length := func(c *Call) error { return c.JSON(200, len(c.Body())) }
	k := newKit(t, Config{}, testSurface(
		Route{Method: "POST", Path: "/a", Access: SignedIn, MaxBody: 3*MaxBody + 1, Handle: length},
		Route{Method: "POST", Path: "/a/b", Access: SignedIn, Handle: length},
	))
	caller := header{"Cookie": "session=1"}
	ask := func(path string, size, status int) {
		t.Helper()
		if answer := k.ask("POST", path, strings.Repeat("x", size), caller); answer.StatusCode != status {
			t.Errorf("%d bytes to %s: status %d, want %d", size, path, answer.StatusCode, status)
		}
	}
	ask("/a", 3*MaxBody+1, 200)
	ask("/a", 3*MaxBody+2, 422)
	ask("/a/b", MaxBody+1, 422)
	k.largeBodies.Store(maxLargeBodies - 3)
	ask("/a", MaxBody, 503) // it may become four times as large
	ask("/a/b", MaxBody, 200)
	k.largeBodies.Store(maxLargeBodies - 4)
	ask("/a", MaxBody, 200)
	if n := k.largeBodies.Load(); n != maxLargeBodies-4 {
		t.Errorf("%d places are taken, want %d", n, maxLargeBodies-4)
	}
}
