package httpkit

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/httpkit/limit"
)

func TestCredentialRoutesOfAllSurfacesShare30AMinutePerAddress(t *testing.T) {
	one := testSurface(Route{Method: "POST", Path: "/one", Limit: LimitCredential})
	two := testSurface(Route{Method: "POST", Path: "/two", Limit: LimitCredential}, Route{Method: "GET", Path: "/other"})
	two.Name = "two"
	k := newKit(t, Config{}, one, two)
	for i := range 30 {
		expect(t, k.ask("POST", [...]string{"/one", "/two"}[i%2], "{}", nil), 200, "")
	}
	for _, wait := range []string{"2", "1"} { // the budget grows by one each two seconds
		answer := k.ask("POST", "/one", "{}", nil)
		if got := answer.Header.Get("Retry-After"); got != wait {
			t.Errorf("Retry-After is %q, want %s", got, wait)
		}
		expect(t, answer, 429, "http.too_many_requests")
		k.clock.Advance(time.Second)
	}
	expect(t, k.ask("GET", "/other", "", nil), 200, "")
	expect(t, k.ask("POST", "/two", "{}", header{"peer": "192.0.2.2:1"}), 200, "")
	expect(t, k.ask("POST", "/one", "{}", nil), 200, "")
	expect(t, k.ask("POST", "/two", "{}", nil), 429, "")
	k.clock.Advance(time.Minute)
	for range 30 {
		expect(t, k.ask("POST", "/one", "{}", nil), 200, "")
	}
	expect(t, k.ask("POST", "/one", "{}", nil), 429, "")
}

// told is what an answer tells of its limit: limit, remaining, seconds from noon
// to the reset, and the time to wait.
func told(r *http.Response) string {
	reset := sent(r, "X-RateLimit-Reset")
	if at, err := strconv.ParseInt(reset, 10, 64); err == nil {
		reset = "+" + strconv.FormatInt(at-noon.Unix(), 10)
	}
	return strings.Join([]string{sent(r, "X-RateLimit-Limit"), sent(r, "X-RateLimit-Remaining"), reset, sent(r, "Retry-After")}, " ")
}

// sent is a header under exactly this name, which is how it goes out.
func sent(r *http.Response, name string) string { return strings.Join(r.Header[name], ", ") }

func TestAClientSeesItsBudgetCountDownAndComeBack(t *testing.T) {
	five := Limit{Name: "five", Rate: limit.Rate{Count: 5, Period: time.Minute}, Per: PerAddress, Announce: true}
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Limit: five}))
	for _, step := range []struct {
		after  time.Duration // the step before
		status int
		told   string
	}{
		{0, 200, "5 4 +12 "}, {0, 200, "5 3 +24 "}, {0, 200, "5 2 +36 "}, {0, 200, "5 1 +48 "}, {0, 200, "5 0 +60 "},
		{0, 429, "5 0 +60 12"},
		{500 * time.Millisecond, 429, "5 0 +60 12"}, // whole seconds, rounded up
		{11500 * time.Millisecond, 200, "5 0 +72 "},
		{0, 429, "5 0 +72 12"},
		{59*time.Second + 999*time.Millisecond, 200, "5 3 +84 "},
	} {
		k.clock.Advance(step.after)
		answer := k.ask("POST", "/a", "{}", nil)
		if got := told(answer); answer.StatusCode != step.status || got != step.told {
			t.Errorf("got %d %q, want %d %q", answer.StatusCode, got, step.status, step.told)
		}
	}
}

func TestEveryAnswerThatWasCountedTellsTheLimit(t *testing.T) {
	ten := Limit{Name: "ten", Rate: limit.Rate{Count: 10, Period: time.Minute}, Per: PerCaller, Announce: true}
	broken := errors.New("broken")
	surface := testSurface(
		Route{Method: "POST", Path: "/a", Access: SignedIn, MovesMoney: true, Limit: ten},
		Route{Method: "GET", Path: "/fails", Access: SignedIn, Limit: ten, Handle: func(*Call) error { return broken }},
	)
	surface.Authenticate = func(c *Call) (Caller, error) {
		if c.Request().Header.Get("Broken") != "" {
			return Caller{}, broken
		}
		return testSession(c)
	}
	k := newKit(t, Config{}, surface)
	for _, c := range []struct {
		name, method, path, body string
		headers                  header
		status                   int
		told                     string
	}{
		{"a good one", "POST", "/a", "{}", header{"Cookie": "session=1"}, 200, "10 9 +6 "},
		{"a bad key", "POST", "/a", "{}", header{"Cookie": "session=1", "Idempotency-Key": `"`}, 422, "10 8 +12 "},
		{"too large", "POST", "/a", strings.Repeat("x", MaxBody+1), header{"Cookie": "session=1"}, 422, "10 7 +18 "},
		{"a fault of ours in the handler", "GET", "/fails", "", header{"Cookie": "session=1"}, 500, "10 6 +24 "},
		{"nobody is signed in", "POST", "/a", "{}", nil, 401, "10 9 +6 "},
		{"nobody again, by address", "POST", "/a", "{}", header{"Cookie": "session=x"}, 401, "10 8 +12 "},
		{"nobody at another address", "POST", "/a", "{}", header{"peer": "192.0.2.2:1"}, 401, "10 9 +6 "},
		{"a fault of ours before anybody could be counted", "POST", "/a", "{}", header{"Broken": "1"}, 500, "   "},
	} {
		answer := k.ask(c.method, c.path, c.body, c.headers)
		if got := told(answer); answer.StatusCode != c.status || got != c.told {
			t.Errorf("%s: got %d %q, want %d %q", c.name, answer.StatusCode, got, c.status, c.told)
		}
	}
}

func TestGuessingSessionsIsLimitedByAddress(t *testing.T) {
	few := Limit{Name: "few", Rate: limit.Rate{Count: 2, Period: time.Minute}, Per: PerCaller}
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a", Access: SignedIn, Limit: few}))
	for _, status := range []int{401, 401, 429} {
		expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=guess"}), status, "")
	}
	expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=1"}), 200, "")
}

func TestIPv6IsLimitedByItsSlash64(t *testing.T) {
	few := Limit{Name: "few", Rate: limit.Rate{Count: 2, Period: time.Minute}, Per: PerAddress}
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Limit: few}))
	for i, status := range []int{200, 200, 429} {
		peer := "[2001:db8::" + strconv.Itoa(i+1) + "]:1"
		expect(t, k.ask("POST", "/a", "", header{"peer": peer}), status, "")
	}
	expect(t, k.ask("POST", "/a", "", header{"peer": "[2001:db8:0:1::1]:1"}), 200, "")
}

func TestOrdinaryRoutesAreLimitedByUserWhereverTheyCallFrom(t *testing.T) {
	few := Limit{Name: "few", Rate: limit.Rate{Count: 1, Period: time.Minute}, Per: PerCaller, Announce: true}
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a", Access: MaybeSignedIn, Limit: few}))
	first := k.ask("GET", "/a", "", header{"Cookie": "session=1"})
	expect(t, first, 200, "")
	if sent(first, "X-RateLimit-Limit") != "1" || sent(first, "X-RateLimit-Remaining") != "0" || sent(first, "X-RateLimit-Reset") != "1767268860" {
		t.Errorf("announced %v", first.Header)
	}
	expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=1", "peer": "192.0.2.2:1"}), 429, "")
	expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=2"}), 200, "")
	expect(t, k.ask("GET", "/a", "", nil), 200, "")
	expect(t, k.ask("GET", "/a", "", nil), 429, "")
}

func TestLimitsOffLiftsThemAllAndTellsNone(t *testing.T) {
	told := LimitCredential
	told.Announce = true
	k := newKit(t, Config{Limiter: limit.Off{}}, testSurface(Route{Method: "POST", Path: "/a", Limit: told}))
	for range 100 {
		answer := k.ask("POST", "/a", "", nil)
		expect(t, answer, 200, "")
		for name := range answer.Header {
			if strings.HasPrefix(strings.ToLower(name), "x-ratelimit") {
				t.Fatalf("%s is told where nothing is counted", name)
			}
		}
	}
}

func TestALimitIsCountedByAllNodesOnlyWhereItIsShared(t *testing.T) {
	one := limit.Rate{Count: 1, Period: time.Minute}
	surface := testSurface(
		Route{Method: "GET", Path: "/shared", Limit: Limit{Name: "shared", Rate: one, Per: PerAddress, Shared: true}},
		Route{Method: "GET", Path: "/own", Limit: Limit{Name: "own", Rate: one, Per: PerAddress}},
	)
	all := limit.NewMemory(clock.NewManual(noon))
	node, other := newKit(t, Config{SharedLimiter: all}, surface), newKit(t, Config{SharedLimiter: all}, surface)
	expect(t, node.ask("GET", "/shared", "", nil), 200, "")
	expect(t, other.ask("GET", "/shared", "", nil), 429, "")
	expect(t, node.ask("GET", "/own", "", nil), 200, "")
	expect(t, other.ask("GET", "/own", "", nil), 200, "")
	expect(t, other.ask("GET", "/own", "", nil), 429, "")
}

func TestTransfersAreCountedWithoutARoundTrip(t *testing.T) {
	if LimitOrdinary.Shared {
		t.Error("what only protects the machine would cost each transfer a round trip")
	}
	if !LimitCredential.Shared {
		t.Error("guesses would have a budget at each node")
	}
}

// worded is a page that shows a refusal's status.
type worded struct{ http.Handler }

func (worded) Refuse(w http.ResponseWriter, _ *http.Request, status int) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<h1>%d</h1>", status)
}

func TestAPageThatBreaksOrFindsNoPlaceIsRefusedInItsOwnWords(t *testing.T) {
	entered, freed := make(chan struct{}), make(chan struct{})
	k := newKit(t, Config{MaxWorking: 1, PlacePatience: time.Millisecond}, testSurface(Route{Method: "GET", Path: "/slow", Handle: func(c *Call) error {
		close(entered)
		<-freed
		return say(c)
	}}))
	k.HandleLimited("/link", LimitCredential, worded{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })})
	expect(t, k.ask("GET", "/link", "", nil), 500, "<h1>500</h1>")
	done := make(chan *http.Response)
	go func() { done <- k.ask("GET", "/slow", "", nil) }()
	<-entered
	answer := k.ask("GET", "/link", "", nil)
	if answer.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
	}
	expect(t, answer, 503, "<h1>503</h1>")
	close(freed)
	expect(t, <-done, 200, "")
}

func TestPagesThatTestACredentialAreLimitedAndOthersAreNot(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a", Limit: LimitCredential}))
	page := worded{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })}
	k.HandleLimited("/link", LimitCredential, page)
	k.Handle("/docs", page)
	for i := range 30 {
		if status := k.ask([...]string{"GET", "POST"}[i%2], "/link", "", nil).StatusCode; status != http.StatusNoContent {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	refused := k.ask("POST", "/link", "", nil)
	if refused.Header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After is %q", refused.Header.Get("Retry-After"))
	}
	expect(t, refused, 429, "<h1>429</h1>")
	expect(t, k.ask("POST", "/a", "{}", nil), 429, "") // one budget with the surfaces' credentials
	if status := k.ask("GET", "/docs", "", nil).StatusCode; status != http.StatusNoContent {
		t.Errorf("a page that tests nothing: %d", status)
	}
}

func TestSecurity18OverloadAnswers503WithRetryAfter(t *testing.T) {
	entered, freed := make(chan struct{}), make(chan struct{})
	k := newKit(t, Config{MaxWorking: 1}, testSurface(
		Route{Method: "GET", Path: "/slow", Handle: func(c *Call) error {
			close(entered)
			<-freed
			return say(c)
		}},
		Route{Method: "POST", Path: "/a"},
	))
	k.Handle("GET /docs", LocalOnly(http.NotFoundHandler()))
	k.HandleAlways("GET /healthz", (&Health{}).Live())
	done := make(chan *http.Response)
	go func() { done <- k.ask("GET", "/slow", "", nil) }()
	<-entered
	answer := k.ask("POST", "/a", "{}", nil)
	if answer.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
	}
	expect(t, answer, 503, `"oops":"overloaded"`)
	expect(t, k.ask("GET", "/docs", "", nil), 503, `{"detail":"Service Unavailable"}`)
	expect(t, k.ask("GET", "/healthz", "", nil), 200, "ok")
	close(freed)
	expect(t, <-done, 200, "")
	expect(t, k.ask("POST", "/a", "{}", nil), 200, "")
}

func TestARequestOverTheConcurrencyBoundIsServedWhenAPlaceIsFreedInTime(t *testing.T) {
	entered, freed := make(chan struct{}), make(chan struct{})
	k := newKit(t, Config{MaxWorking: 1, PlacePatience: time.Minute}, testSurface(
		Route{Method: "GET", Path: "/slow", Handle: func(c *Call) error {
			close(entered)
			<-freed
			return say(c)
		}},
		Route{Method: "POST", Path: "/a"},
	))
	var begun, done sync.WaitGroup
	done.Go(func() { expect(t, k.ask("GET", "/slow", "", nil), 200, "") })
	<-entered
	for range 50 {
		begun.Add(1)
		done.Go(func() {
			begun.Done()
			expect(t, k.ask("POST", "/a", "{}", nil), 200, "")
		})
	}
	begun.Wait()
	close(freed)
	done.Wait()
}

// gate is a body that comes only when it is told to.
type gate struct {
	asked, freed chan struct{}
	rest         *strings.Reader
}

func (g *gate) Read(p []byte) (int, error) {
	if g.rest.Len() == int(g.rest.Size()) {
		close(g.asked)
		<-g.freed
	}
	return g.rest.Read(p)
}

func TestSecurity18ABodyThatComesSlowlyHoldsNoPlaceUnderTheConcurrencyBound(t *testing.T) {
	for _, path := range []string{"/a", "/page"} {
		t.Run(path, func(t *testing.T) {
			k := newKit(t, Config{MaxWorking: 1}, testSurface(Route{Method: "POST", Path: "/a"}))
			k.Handle("/page", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != "slow" {
					t.Errorf("the page read %q, %v", body, err)
				}
				w.WriteHeader(http.StatusNoContent)
			}))
			body := &gate{make(chan struct{}), make(chan struct{}), strings.NewReader("slow")}
			done := make(chan int)
			go func() {
				r, _ := http.NewRequest("POST", "http://purse.example"+path, body)
				r.ContentLength = 4
				w := newRecorder()
				k.ServeHTTP(w, r)
				done <- w.status
			}()
			<-body.asked
			expect(t, k.ask("POST", "/a", "quick", nil), 200, "quick")
			close(body.freed)
			if status := <-done; status >= 300 {
				t.Errorf("the slow one got %d", status)
			}
		})
	}
}

func TestAPageIsToldThatItsBodyIsTooLarge(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a"}))
	k.Handle("/page", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); !errors.Is(err, ErrBodyTooLarge) {
			t.Errorf("the page read its body: %v", err)
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	expect(t, k.ask("POST", "/page", strings.Repeat("x", MaxBody+1), nil), http.StatusRequestEntityTooLarge, "")
}

// slowReader takes an answer only when it is told to.
type slowReader struct {
	*recorder
	asked, freed chan struct{}
	once         sync.Once
}

func (s *slowReader) Write(p []byte) (int, error) {
	s.once.Do(func() {
		close(s.asked)
		<-s.freed
	})
	return s.recorder.Write(p)
}

func TestSecurity18AnAnswerThatIsTakenSlowlyHoldsNoPlaceUnderTheConcurrencyBound(t *testing.T) {
	for _, path := range []string{"/a", "/page"} {
		t.Run(path, func(t *testing.T) {
			k := newKit(t, Config{MaxWorking: 1}, testSurface(Route{Method: "GET", Path: "/a"}))
			k.Handle("GET /page", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, 1<<20))
			}))
			w := &slowReader{recorder: newRecorder(), asked: make(chan struct{}), freed: make(chan struct{})}
			done := make(chan struct{})
			go func() {
				defer close(done)
				r, _ := http.NewRequest("GET", "http://purse.example"+path, nil)
				k.ServeHTTP(w, r)
			}()
			<-w.asked
			expect(t, k.ask("GET", "/a", "", nil), 200, "")
			close(w.freed)
			<-done
			if working := len(k.places); working != 0 {
				t.Errorf("%d places are held after the end", working)
			}
		})
	}
}
