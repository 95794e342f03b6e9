package httpkit

import (
	"net/http"
	"testing"
)

func TestASlashTooManyOrTooFewReachesTheSameEndpoint(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/"},
		Route{Method: "GET", Path: "/a"}, Route{Method: "POST", Path: "/a/create"},
		Route{Method: "PATCH", Path: "/a/{x}/update/"}, Route{Method: "DELETE", Path: "/a/{x}"}, Route{Method: "GET", Path: "/a/{x}"},
	))
	for _, test := range []struct{ method, target, route, x string }{
		{"GET", "/", "GET /", ""},
		{"GET", "/a", "GET /a", ""}, {"GET", "/a/", "GET /a", ""}, {"GET", "/a?limit=1", "GET /a", ""},
		{"POST", "/a/create", "POST /a/create", ""}, {"POST", "/a/create/", "POST /a/create", ""},
		{"GET", "/a/create", "GET /a/{x}", "create"},
		{"PATCH", "/a/7/update/", "PATCH /a/{x}/update/", "7"}, {"PATCH", "/a/7/update", "PATCH /a/{x}/update/", "7"},
		{"DELETE", "/a/7/", "DELETE /a/{x}", "7"}, {"GET", "/a/%2F%20%C3%A9", "GET /a/{x}", "/ é"},
	} {
		body := ""
		if test.method != "GET" {
			body = "kept"
		}
		want := `{"body":"` + body + `","key":"","route":"` + test.route + `","user":0,"x":"` + test.x + `"}`
		expect(t, k.ask(test.method, test.target, body, nil), 200, want)
	}
}

func TestWhatNoRouteMatchesIsAnsweredInItsSurfacesDialect(t *testing.T) {
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/"}, Route{Method: "POST", Path: "/b/create"},
		Route{Method: "GET", Path: "/b/{x}"}, Route{Method: "DELETE", Path: "/b/{x}"},
	))
	k.Handle("GET /docs", http.NotFoundHandler())
	for _, test := range []struct {
		method, target string
		status         int
		part, allow    string
	}{
		{"GET", "/nowhere", 404, `{"detail":"Not Found"}`, ""},
		{"GET", "/a/nowhere", 404, `{"oops":"http.not_found"}`, ""},
		{"GET", "/a", 404, `{"oops":"http.not_found"}`, ""},
		{"GET", "/ab", 404, `{"detail":"Not Found"}`, ""},
		{"GET", "//b/1", 404, `{"detail":"Not Found"}`, ""},
		{"GET", "/b//1", 404, `{"detail":"Not Found"}`, ""},
		{"GET", "/a/../b/1", 404, `{"oops":"http.not_found"}`, ""},
		{"GET", "/b/1//", 404, `{"detail":"Not Found"}`, ""},
		{"POST", "/", 405, `{"oops":"http.method_not_allowed"}`, "GET, HEAD"},
		{"PUT", "/b/create", 405, `{"oops":"http.method_not_allowed"}`, "GET, HEAD, POST, DELETE"},
		{"PUT", "/b/create/", 405, `{"oops":"http.method_not_allowed"}`, "GET, HEAD, POST, DELETE"},
		{"POST", "/b/1", 405, `{"oops":"http.method_not_allowed"}`, "GET, HEAD, DELETE"},
		{"BREW", "/b/1", 405, `{"oops":"http.method_not_allowed"}`, "GET, HEAD, DELETE"},
		{"POST", "/docs", 405, `{"detail":"Method Not Allowed"}`, "GET, HEAD"},
		{"OPTIONS", "/b/1", 204, ``, "GET, HEAD, DELETE"},
		{"OPTIONS", "/nowhere", 404, `{"detail":"Not Found"}`, ""},
	} {
		t.Run(test.method+" "+test.target, func(t *testing.T) {
			answer := k.ask(test.method, test.target, "", nil)
			expect(t, answer, test.status, test.part)
			if got := answer.Header.Get("Allow"); got != test.allow {
				t.Errorf("Allow is %q, want %q", got, test.allow)
			}
		})
	}
}

func TestHeadAnswersAsGetWithoutABody(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a"}))
	server := startServer(t, k.Handler, DefaultBounds)
	answer, err := http.Head(server.url + "/a/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	expect(t, answer, 200, "")
	if answer.ContentLength <= 0 || answer.Header.Get("Content-Type") != "application/json" {
		t.Errorf("header is %v", answer.Header)
	}
}

func FuzzNoPathIsRedirectedOrBreaksTheRouting(f *testing.F) {
	k := newKit(f, Config{}, testSurface(Route{Method: "GET", Path: "/"}, Route{Method: "GET", Path: "/a/{x}"}))
	for _, path := range []string{"/", "//", "/a/.", "/a/..", "/a/./x", "/./a", "/a/...", "/a/.x/", "/%2e%2e/", "/a//", "/a/%2F", "*"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := http.NewRequest("GET", "http://purse.example/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path = path
		if parsed, err := r.URL.Parse(path); err == nil {
			r.URL.RawPath = parsed.RawPath
			r.URL.Path = parsed.Path
		}
		w := newRecorder()
		k.ServeHTTP(w, r)
		if w.status != 200 && w.status != 404 {
			t.Errorf("%q is answered %d", path, w.status)
		}
	})
}

// recorder is a ResponseWriter that notes the status alone.
type recorder struct {
	header http.Header
	status int
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (w *recorder) Header() http.Header { return w.header }
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}
func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(200)
	return len(p), nil
}
