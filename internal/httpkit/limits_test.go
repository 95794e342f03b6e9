package httpkit

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
	k.clock.Advance(20*time.Second + time.Millisecond)
	answer := k.ask("POST", "/one", "{}", nil)
	if got := answer.Header.Get("Retry-After"); got != "40" {
		t.Errorf("Retry-After is %q, want 40", got)
	}
	expect(t, answer, 429, "http.too_many_requests")
	expect(t, k.ask("GET", "/other", "", nil), 200, "")
	expect(t, k.ask("POST", "/two", "{}", header{"peer": "192.0.2.2:1"}), 200, "")
	k.clock.Advance(40 * time.Second)
	expect(t, k.ask("POST", "/one", "{}", nil), 200, "")
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
	if h := first.Header; h.Get("X-RateLimit-Limit") != "1" || h.Get("X-RateLimit-Remaining") != "0" || h.Get("X-RateLimit-Reset") != "1767268860" {
		t.Errorf("announced %v", h)
	}
	expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=1", "peer": "192.0.2.2:1"}), 429, "")
	expect(t, k.ask("GET", "/a", "", header{"Cookie": "session=2"}), 200, "")
	expect(t, k.ask("GET", "/a", "", nil), 200, "")
	expect(t, k.ask("GET", "/a", "", nil), 429, "")
}

func TestLimitsOffLiftsThemAll(t *testing.T) {
	k := newKit(t, Config{Limiter: limit.Off{}}, testSurface(Route{Method: "POST", Path: "/a", Limit: LimitCredential}))
	for range 100 {
		expect(t, k.ask("POST", "/a", "", nil), 200, "")
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
			if working := k.working.Load(); working != 0 {
				t.Errorf("%d places are held after the end", working)
			}
		})
	}
}
