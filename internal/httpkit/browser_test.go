package httpkit

import (
	"net/http"
	"strings"
	"testing"
)

const friend, stranger = "https://app.example", "https://evil.example"

func origins(t *testing.T) Origins {
	t.Helper()
	list, err := ParseOrigins(" https://app.example ,http://localhost:3000/")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSecurity20CORSByExactOrigin(t *testing.T) {
	k := newKit(t, Config{Origins: origins(t)}, testSurface(Route{Method: "GET", Path: "/a"}))
	for origin, granted := range map[string]bool{
		friend: true, "http://localhost:3000": true, stranger: false, "http://app.example": false, "https://app.example:8443": false,
		"https://APP.example": false, "https://app.example.evil.example": false, "null": false, "*": false,
	} {
		for _, path := range []string{"/a", "/nowhere"} {
			h := k.ask("GET", path, "", header{"Origin": origin}).Header
			allowed := h.Get("Access-Control-Allow-Origin")
			if granted != (allowed == origin) || granted != (h.Get("Access-Control-Allow-Credentials") == "true") || !granted && allowed != "" {
				t.Errorf("%s %s: %v", origin, path, h)
			}
			if granted && h.Get("Access-Control-Expose-Headers") != "X-Request-Id, Retry-After, Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset" {
				t.Errorf("exposes %q", h.Get("Access-Control-Expose-Headers"))
			}
			if h.Get("Vary") != "Origin" {
				t.Errorf("%s: Vary is %q", origin, h.Get("Vary"))
			}
		}
	}
}

func TestSecurity20PreflightGrantsTheMethodsAndHeadersClientsNeed(t *testing.T) {
	k := newKit(t, Config{Origins: origins(t)}, testSurface(Route{Method: "POST", Path: "/a", Access: SignedIn}))
	ask := func(origin string) *http.Response {
		return k.ask("OPTIONS", "/a/", "", header{"Origin": origin, "Access-Control-Request-Method": "POST"})
	}
	own := header{"Origin": friend, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "baggage,content-type"}
	if got := k.ask("OPTIONS", "/a/", "", own).Header.Get("Access-Control-Allow-Headers"); got != "baggage,content-type" {
		t.Errorf("a client's own headers: granted %q", got)
	}
	answer := ask(friend)
	expect(t, answer, 204, "")
	h := answer.Header
	for _, name := range []string{"Authorization", "Content-Type", "Idempotency-Key"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("%s is not granted", name)
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		if !strings.Contains(h.Get("Access-Control-Allow-Methods"), method) {
			t.Errorf("%s is not granted", method)
		}
	}
	if h.Get("Access-Control-Allow-Origin") != friend || h.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("got %v", h)
	}
	for name := range ask(stranger).Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("a stranger gets %s", name)
		}
	}
}

func TestOriginsAreWholeAndExact(t *testing.T) {
	for _, wrong := range []string{
		"*", "https://*", "null", "app.example", "https://app.example//", "https://app.example/path", "ftp://app.example",
		"https://", "https://user@app.example", "https://app.example?x", "https://a b", "https://App.example", "https://app.example:", "https://a*b", "https://é.example",
	} {
		if list, err := ParseOrigins(wrong); err == nil {
			t.Errorf("%q is taken as %v", wrong, list)
		}
	}
	if list, err := ParseOrigins(""); err != nil || len(list) != 0 {
		t.Errorf("no origins are %v, %v", list, err)
	}
}

func TestSecurity8CookieRoutesRefuseCrossSiteWrites(t *testing.T) {
	routes := func() []Route {
		return []Route{{Method: "POST", Path: "/a", Access: SignedIn}, {Method: "GET", Path: "/a", Access: SignedIn}}
	}
	cookie := testSurface(routes()...)
	token := testSurface(routes()...)
	token.Name, token.Cookie = "token", false
	config := Config{Origins: origins(t), PublicURL: "https://bank.example/purse"}
	withCookie, withToken := newKit(t, config, cookie), newKit(t, config, token)
	for _, test := range []struct {
		origin, site string
		refused      bool
	}{
		{"", "", false}, // no browser
		{"", "same-origin", false}, {"", "none", false},
		{stranger, "cross-site", true}, {stranger, "", true}, {"null", "cross-site", true}, {stranger, "same-site", true},
		{friend, "cross-site", false}, {friend, "", false}, {"https://bank.example", "", false},
	} {
		headers := header{"Cookie": "session=7"}
		if test.origin != "" {
			headers["Origin"] = test.origin
		}
		if test.site != "" {
			headers["Sec-Fetch-Site"] = test.site
		}
		status, part := 200, `"user":7`
		if test.refused {
			status, part = 403, `{"oops":"http.cross_site"}`
		}
		expect(t, withCookie.ask("POST", "/a", "", headers), status, part)
		expect(t, withCookie.ask("GET", "/a", "", headers), 200, "")
		expect(t, withToken.ask("POST", "/a", "", headers), 200, "")
	}
}

func TestSecurity20HeadersOnEveryAnswer(t *testing.T) {
	surface := testSurface(Route{Method: "GET", Path: "/a"})
	plain := newKit(t, Config{PublicURL: "http://127.0.0.1:8000"}, surface)
	secure := newKit(t, Config{PublicURL: "https://bank.example"}, surface)
	for _, path := range []string{"/a", "/nowhere"} {
		for _, k := range []*kit{plain, secure} {
			h := k.ask("GET", path, "", nil).Header
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
				"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Content-Type": "application/json",
			} {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
			if strict := h.Get("Strict-Transport-Security"); (strict != "") != (k == secure) {
				t.Errorf("Strict-Transport-Security is %q", strict)
			}
		}
	}
}

func TestAPagesOwnPolicyReplacesTheAPIs(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a"}))
	k.Handle("GET /page/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Add("Cache-Control", "max-age=60")
	}))
	if h := k.ask("GET", "/page/x", "", nil).Header; h.Get("Content-Security-Policy") != "default-src 'self'" || len(h["Cache-Control"]) != 2 {
		t.Errorf("got %v", h)
	}
	if h := k.ask("GET", "/a", "", nil).Header; h.Get("Content-Security-Policy") != noContent[0] || len(h["Cache-Control"]) != 1 {
		t.Errorf("the page changed other answers: %v", h)
	}
}

func TestSecurity26DevGuardRefusesReboundHostsAndCrossSiteCalls(t *testing.T) {
	reached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	for _, test := range []struct {
		host, path   string
		site, origin string
		status       int
	}{
		{"127.0.0.1:8000", "/auth/me", "", "", 200}, {"localhost:8000", "/", "", "", 200}, {"LOCALHOST", "/", "", "", 200},
		{"[::1]:8000", "/", "", "", 200}, {"[::1]", "/", "", "", 200}, {"127.9.9.9", "/", "", "", 200},
		{"evil.example", "/", "", "", 403}, {"evil.example:8000", "/", "", "", 403}, {"127.0.0.1.evil.example", "/", "", "", 403},
		{"localhost.evil.example", "/", "", "", 403}, {"10.0.0.1:8000", "/", "", "", 403}, {"", "/", "", "", 403},
		{"localhost:8000", "/auth/me", "cross-site", stranger, 200}, // the surfaces guard themselves
		{"localhost:8000", "/dev/mail", "", "", 200}, {"localhost:8000", "/dev/mail", "same-origin", "", 200}, {"localhost:8000", "/dev/mail", "none", "", 200},
		{"localhost:8000", "/dev/mail", "cross-site", "", 403}, {"localhost:8000", "/dev", "same-site", "", 403},
		{"localhost:8000", "/dev/clock", "", stranger, 403}, {"localhost:8000", "/dev/clock", "", "null", 403},
		{"localhost:8000", "/dev/clock", "", "http://localhost:8000", 200}, {"localhost:8000", "/dev/clock", "", "http://localhost:3000", 403},
	} {
		r, err := http.NewRequest("POST", "http://x"+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		if test.site != "" {
			r.Header.Set("Sec-Fetch-Site", test.site)
		}
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		w := newRecorder()
		DevGuard(reached).ServeHTTP(w, r)
		if w.status != test.status {
			t.Errorf("%+v: got %d", test, w.status)
		}
	}
}

func FuzzEveryOriginTakenIsWhatABrowserWouldSend(f *testing.F) {
	for _, text := range []string{"https://app.example", "http://[::1]:3000", "https://a,https://b/", "*", "https://a?", "https://a#b", "https://a:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseOrigins(text)
		if err != nil {
			return
		}
		for _, origin := range list {
			if strings.ContainsAny(origin, "*@?#, ") || strings.ToLower(origin) != origin || strings.Count(origin, "/") != 2 {
				t.Errorf("%q gives the origin %q", text, origin)
			}
			if err := http.NewCrossOriginProtection().AddTrustedOrigin(origin); err != nil {
				t.Errorf("%q cannot be trusted: %v", origin, err)
			}
		}
	})
}
