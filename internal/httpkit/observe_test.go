package httpkit

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"purse/internal/clock"
)

func TestSecurity19ForwardedAddressesAreBelievedOnlyFromConfiguredProxies(t *testing.T) {
	proxies, err := ParseProxies("10.0.0.0/8, 2001:db8::/32, 192.0.2.9")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		peer, forwarded, client string
	}{
		{"203.0.113.1", "", "203.0.113.1"},
		{"203.0.113.1", "198.51.100.1", "203.0.113.1"}, // a stranger's claim
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"},            // the client forged the left
		{"10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"},  // two proxies
		{"10.0.0.1", "6.6.6.6, 198.51.100.1\n192.0.2.9", "198.51.100.1"}, // two headers
		{"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},                   // all trusted
		{"10.0.0.1", "198.51.100.1, garbage", "10.0.0.1"},                // unreadable: stop there
		{"10.0.0.1", "198.51.100.1, garbage, 10.0.0.2", "10.0.0.2"},
		{"10.0.0.1", "198.51.100.1:4711", "198.51.100.1"}, {"10.0.0.1", "[2a00::1]:80", "2a00::1"}, {"10.0.0.1", "2a00::1", "2a00::1"},
		{"10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"2001:db8::1", "2a00::1", "2a00::1"}, {"192.0.2.9", "2a00::1", "2a00::1"}, {"192.0.2.8", "2a00::1", "192.0.2.8"},
		{"10.0.0.1", ",", "10.0.0.1"},
	} {
		h := http.Header{}
		if test.forwarded != "" {
			h["X-Forwarded-For"] = strings.Split(test.forwarded, "\n")
		}
		if got := proxies.client(netip.MustParseAddr(test.peer), h); got != netip.MustParseAddr(test.client) {
			t.Errorf("%s with %q: %s, want %s", test.peer, test.forwarded, got, test.client)
		}
	}
	for _, wrong := range []string{"10.0.0.0/33", "proxy.example", "fe80::1%eth0"} {
		if _, err := ParseProxies(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestPeersAreReadFromTheConnection(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[fe80::1%eth0]:80": "fe80::1", "@": "invalid IP"} {
		if got := peerAddress(remote).String(); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

func TestRequestIDsAreTakenFromTrustedProxiesAlone(t *testing.T) {
	proxies, err := ParseProxies("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	k := newKit(t, Config{Proxies: proxies}, testSurface(Route{Method: "GET", Path: "/a"}))
	for _, test := range []struct {
		peer, sent string
		taken      bool
	}{
		{"10.0.0.1:1", "trace-1234.abc_D", true}, {"192.0.2.1:1", "trace-1234.abc_D", false}, {"10.0.0.1:1", "short", false},
		{"10.0.0.1:1", strings.Repeat("x", 65), false}, {"10.0.0.1:1", `trace"1234`, false}, {"10.0.0.1:1", "trace-1234\ntrace-5678", false},
	} {
		got := k.ask("GET", "/a", "", header{"peer": test.peer, "X-Request-Id": test.sent}).Header["X-Request-Id"]
		if len(got) != 1 || (got[0] == test.sent) != test.taken || len(got[0]) < 16 {
			t.Errorf("%+v: answered %q", test, got)
		}
	}
}

func TestSecurity24AccessLinesShowTheRouteNotThePathQueryHeadersOrBody(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "POST", Path: "/card/{x}", Access: SignedIn},
		Route{Method: "POST", Path: "/fail/{x}", Handle: func(*Call) error { return errors.New("no secret in it") }},
		Route{Method: "POST", Path: "/panic/{x}", Handle: func(*Call) error { panic("no secret in it") }},
	))
	secrets := header{"Authorization": "Bearer canary", "Cookie": "session=7; canary=canary", "Idempotency-Key": "canary", "User-Agent": "canary", "Referer": "canary", "X-Request-Id": "canary-canary"}
	for _, path := range []string{"/card/canary?token=canary", "/fail/canary", "/panic/canary", "/nowhere/canary?canary", "//canary"} {
		k.ask("POST", path, "canary", secrets)
	}
	k.ask("CANARY", "/card/1", "", secrets)
	log := k.logged()
	if strings.Contains(strings.ToLower(log), "canary") {
		t.Errorf("a secret is in the log: %s", log)
	}
	var line struct {
		Method, Route, Surface, Address string
		User, Status                    int
	}
	first, _, _ := strings.Cut(log, "\n")
	for text := range strings.Lines(log) {
		if !json.Valid([]byte(text)) {
			t.Errorf("not JSON: %s", text)
		}
	}
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "POST" || line.Route != "/card/{x}" || line.Surface != "test" || line.User != 7 || line.Status != 200 || line.Address != "192.0.2.1" {
		t.Errorf("first line is %+v", line)
	}
	if got := strings.Count(log, `"msg":"request"`); got != 6 {
		t.Errorf("%d access lines for 6 requests", got)
	}
}

func TestMetricsCountByRouteMethodAndStatusAndAreShownOnThisMachineOnly(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/card/{x}", Handle: func(c *Call) error { return c.JSON(418, 1) }}))
	k.HandleAlways("GET /metrics", LocalOnly(k.metrics.Handler()))
	k.ask("POST", "/card/7", "", nil)
	k.ask("GET", "/card/7", "", nil)
	k.ask("BREW", "/x", "", nil)
	text := read(t, k.ask("GET", "/metrics", "", header{"peer": "127.0.0.1:1"}))
	for _, line := range []string{
		`purse_http_requests_total{method="POST",route="/card/{x}",status="418"} 1`,
		`purse_http_requests_total{method="GET",route="unmatched",status="405"} 1`,
		`purse_http_requests_total{method="OTHER",route="unmatched",status="404"} 1`,
		`purse_http_request_duration_seconds_count{method="POST",route="/card/{x}"} 1`,
		`purse_http_requests_in_flight 1`, `purse_log_lines_dropped_total 0`, `go_goroutines`, `process_resident_memory_bytes`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("missing: %s", line)
		}
	}
	expect(t, k.ask("GET", "/metrics", "", header{"peer": "[::1]:1"}), 200, "purse_")
	expect(t, k.ask("GET", "/metrics", "", nil), 404, `{"detail":"Not Found"}`)
	for _, mark := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		expect(t, k.ask("GET", "/metrics", "", header{"peer": "127.0.0.1:1", mark: "x"}), 404, `{"detail":"Not Found"}`)
	}
}

func TestReadinessNamesWhatFailsRemembersItForASecondAndEndsWithStop(t *testing.T) {
	now := clock.NewManual(noon)
	var failure, missed error
	tests := 0
	health := NewHealth(now, Check{Name: "fine", Test: func(context.Context) error { return nil }},
		Check{Name: "database", Test: func(context.Context) error { tests++; return failure }},
		Check{Name: "cache", Test: func(context.Context) error { return missed }, Degrades: true})
	ask := func(h http.Handler) (int, string) {
		w := &textRecorder{recorder: newRecorder()}
		h.ServeHTTP(w, (&http.Request{}).WithContext(t.Context()))
		return w.status, w.text.String()
	}
	check := func(h http.Handler, status int, text string) {
		t.Helper()
		if gotStatus, gotText := ask(h); gotStatus != status || gotText != text {
			t.Errorf("got %d %s, want %d %s", gotStatus, gotText, status, text)
		}
	}
	check(health.Ready(), 200, `{"status":"ready"}`)
	failure = errors.New("password=canary")
	check(health.Ready(), 200, `{"status":"ready"}`)
	if tests != 1 {
		t.Errorf("tested %d times within a second", tests)
	}
	now.Advance(time.Second)
	check(health.Ready(), 503, `{"status":"unavailable","failing":["database"]}`)
	missed = errors.New("password=canary")
	now.Advance(time.Second)
	check(health.Ready(), 503, `{"status":"unavailable","failing":["database","cache"]}`)
	failure = nil
	now.Advance(time.Second)
	check(health.Ready(), 200, `{"status":"degraded","failing":["cache"]}`)
	health.Stop()
	check(health.Ready(), 503, `{"status":"stopping"}`)
	check(health.Live(), 200, `{"status":"ok"}`)
}

type textRecorder struct {
	*recorder
	text strings.Builder
}

func (w *textRecorder) Write(p []byte) (int, error) {
	w.WriteHeader(200)
	return w.text.Write(p)
}

func FuzzSecurity19NoHeaderMovesAStrangersAddressOrBreaksAProxys(f *testing.F) {
	proxies, err := ParseProxies("10.0.0.0/8")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{"198.51.100.1", "6.6.6.6, 10.0.0.2", "[::1]:80", "fe80::1%eth0", ",,", "[", "1.2.3.4:"} {
		f.Add(text)
	}
	stranger, proxy := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, text string) {
		h := http.Header{"X-Forwarded-For": {text}}
		if got := proxies.client(stranger, h); got != stranger {
			t.Errorf("%q moved a stranger to %s", text, got)
		}
		if got := proxies.client(proxy, h); !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q gave %s", text, got)
		}
	})
}
