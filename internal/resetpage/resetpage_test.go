package resetpage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/resetpage"
)

var (
	errWeak  = fault.Define(fault.Invalid, "test.weak", "weak")
	errToken = fault.Define(fault.Unauthenticated, "test.token", "token")
)

const token = "canary-token_4711"

// site is the page over a Confirm that a test decides.
type site struct {
	t       *testing.T
	handler *resetpage.Page
	log     bytes.Buffer
	confirm error
	usable  error
	got     []string // token and password of each call of Confirm
}

func newSite(t *testing.T) *site {
	s := &site{t: t}
	s.handler = resetpage.New(resetpage.Config{
		MinPassword: 8,
		Log:         slog.New(slog.NewTextHandler(&s.log, nil)),
		Usable: func(_ context.Context, t string) (bool, error) {
			return t == token, s.usable
		},
		Confirm: func(_ context.Context, token, password string) error {
			s.got = append(s.got, token+" "+password)
			return s.confirm
		},
	})
	return s
}

func (s *site) do(method, target, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	answer := w.Result()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(s.log.String(), token) || strings.Contains(s.log.String(), "canary-password") {
		s.t.Fatalf("the log holds a secret: %s", s.log.String())
	}
	return answer, string(text)
}

func form(token, password string) string {
	return url.Values{"token": {token}, "new_password": {password}}.Encode()
}

func TestTheLinkOpensAForm(t *testing.T) {
	for _, target := range []string{"/reset?token=" + token, "/reset/?token=" + token} {
		answer, text := newSite(t).do("GET", target, "")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d", target, answer.StatusCode)
		}
		for _, want := range []string{
			`<html lang="en">`, `<label for="new-password">`, `id="new-password"`, `autocomplete="new-password"`, `type="password"`,
			`aria-describedby="password-rules"`, "8 to 128 characters", `method="post" action="/reset"`, `name="token" value="` + token + `"`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s:\n%s", target, want, text)
			}
		}
	}
}

// Fifteen are recommended where nothing but the password proves the person (NIST
// SP 800-63B-4, 3.1.1.2), and not enforced: the documents' clients know no such rule.
func TestSecurity3FifteenCharactersAreRecommendedWhereAPasswordIsChosen(t *testing.T) {
	s := newSite(t)
	if _, text := s.do("GET", "/reset?token="+token, ""); !strings.Contains(text, "better 15 or more") {
		t.Errorf("the form does not recommend it:\n%s", text)
	}
	if answer, _ := s.do("POST", "/reset", form(token, "canary-password"[:8])); answer.StatusCode != http.StatusOK || len(s.got) != 1 {
		t.Errorf("eight characters are refused: %d", answer.StatusCode)
	}
}

func TestEveryStateIsOnePageInPlainWords(t *testing.T) {
	short := errWeak.In(fault.Field{Name: "new_password", Reason: "too_short", Params: map[string]string{"min": "8"}})
	long := errWeak.In(fault.Field{Name: "new_password", Reason: "too_long", Params: map[string]string{"max": "128"}})
	common := errWeak.In(fault.Field{Name: "new_password", Reason: "common"})
	for name, test := range map[string]struct {
		method, target, body string
		confirm, usable      error
		status               int
		words                string
		form                 bool
	}{
		"no token":            {method: "GET", target: "/reset", status: 400, words: "incomplete"},
		"a spent link":        {method: "GET", target: "/reset?token=spent", status: 410, words: "no longer works"},
		"the database down":   {method: "GET", target: "/reset?token=" + token, usable: fault.ErrUnavailable, status: 503, words: "Something went wrong"},
		"saved":               {method: "POST", body: form(token, "canary-password"), status: 200, words: "Your password is changed"},
		"too short":           {method: "POST", body: form(token, "canary-password"), confirm: short, status: 422, words: "at least 8 characters", form: true},
		"too long":            {method: "POST", body: form(token, "canary-password"), confirm: long, status: 422, words: "at most 128 characters", form: true},
		"common":              {method: "POST", body: form(token, "canary-password"), confirm: common, status: 422, words: "harder to guess", form: true},
		"weak somehow":        {method: "POST", body: form(token, "canary-password"), confirm: errWeak, status: 422, words: "cannot be used", form: true},
		"empty":               {method: "POST", body: form(token, ""), status: 422, words: "Enter a new password", form: true},
		"spent meanwhile":     {method: "POST", body: form(token, "canary-password"), confirm: errToken, status: 410, words: "no longer works"},
		"posted without":      {method: "POST", body: form("", "canary-password"), status: 400, words: "incomplete"},
		"broken":              {method: "POST", body: form(token, "canary-password"), confirm: errors.New("disk"), status: 500, words: "Something went wrong"},
		"not a form's syntax": {method: "POST", body: "token=%zz", status: 400, words: "incomplete"},
		"without end":         {method: "POST", body: form(token, strings.Repeat("a", 1<<17)), status: 400, words: "incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.confirm, s.usable = test.confirm, test.usable
			target := test.target
			if target == "" {
				target = "/reset"
			}
			answer, text := s.do(test.method, target, test.body)
			if answer.StatusCode != test.status || !strings.Contains(text, test.words) {
				t.Fatalf("got %d, want %d %q:\n%s", answer.StatusCode, test.status, test.words, text)
			}
			if strings.Count(text, "<h1>") != 1 || strings.Contains(text, "canary-password") || strings.Contains(text, "disk") {
				t.Errorf("more or less than it should show:\n%s", text)
			}
			if strings.Contains(text, "<form") != test.form {
				t.Errorf("a form is to be shown: %v", test.form)
			}
			if test.form {
				for _, want := range []string{`aria-invalid="true"`, `aria-describedby="password-rules password-problem"`, `id="password-problem"`, "<title>Error: ", token} {
					if !strings.Contains(text, want) {
						t.Errorf("the form lacks %s", want)
					}
				}
			}
			if test.status == http.StatusTooManyRequests && answer.Header.Get("Retry-After") != "60" {
				t.Errorf("Retry-After: %q", answer.Header.Get("Retry-After"))
			}
			checkHeaders(t, answer)
		})
	}
}

// checkHeaders holds every page to what keeps the token to itself.
func checkHeaders(t *testing.T, answer *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
		"X-Content-Type-Options":  "nosniff",
		"Content-Type":            "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestAPostFromAnotherSiteIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		header  []string
		refused bool
	}{
		"cross-site":              {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		"same site":               {[]string{"Sec-Fetch-Site", "same-site"}, true},
		"cross-site, no referrer": {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, true},
		"another origin":          {[]string{"Origin", "https://evil.example"}, true},
		"our form":                {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, false},
		"our form, plain http":    {[]string{"Origin", "null"}, false},
		"our origin":              {[]string{"Origin", "http://example.com"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			answer, _ := s.do("POST", "/reset", form(token, "canary-password"), test.header...)
			if refused := answer.StatusCode == http.StatusForbidden; refused != test.refused || (len(s.got) == 0) != test.refused {
				t.Fatalf("got %d, Confirm called %d times", answer.StatusCode, len(s.got))
			}
			checkHeaders(t, answer)
		})
	}
}

func TestTheFormGivesTokenAndPasswordUnchanged(t *testing.T) {
	s := newSite(t)
	s.do("POST", "/reset?token=other", form(token, " pass wörd+&= "))
	if len(s.got) != 1 || s.got[0] != token+"  pass wörd+&= " {
		t.Fatalf("got %q", s.got)
	}
}

func TestOnlyAFormIsAccepted(t *testing.T) {
	s := newSite(t)
	answer, _ := s.do("POST", "/reset", `{"token":"x"}`, "Content-Type", "application/json")
	if answer.StatusCode != http.StatusUnsupportedMediaType || len(s.got) != 0 {
		t.Fatalf("got %d", answer.StatusCode)
	}
}

func TestATokenIsNotMarkup(t *testing.T) {
	s := newSite(t)
	s.confirm = errWeak
	_, text := s.do("POST", "/reset", form(`"><script>x</script>`, "p"))
	if strings.Contains(text, "<script") {
		t.Fatal(text)
	}
}

func TestSecurity22ThePageHasNoInlineScriptOrStyleAndLoadsOnlyItsSheet(t *testing.T) {
	s := newSite(t)
	_, text := s.do("GET", "/reset?token="+token, "")
	if found := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son\w+=|https?://`).FindString(text); found != "" {
		t.Errorf("found %q", found)
	}
	sheet := regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)">`).FindStringSubmatch(text)
	if sheet == nil {
		t.Fatal("no style sheet")
	}
	answer, css := s.do("GET", sheet[1], "")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(css, "prefers-color-scheme: dark") {
		t.Fatalf("%s: got %d, %s", sheet[1], answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	if strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style sheet loads something")
	}
}

func TestWhatIsRefusedBeforeThePageIsSaidOnIt(t *testing.T) {
	for status, words := range map[int]string{429: "Too many attempts", 503: "Something went wrong", 500: "Something went wrong"} {
		w := httptest.NewRecorder()
		newSite(t).handler.Refuse(w, httptest.NewRequestWithContext(t.Context(), "GET", "/reset?token="+token, nil), status)
		if w.Code != status || !strings.Contains(w.Body.String(), "<h1>"+words+"</h1>") || strings.Contains(w.Body.String(), token) {
			t.Errorf("%d: got %d:\n%s", status, w.Code, w.Body)
		}
		if h := w.Header(); h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Security-Policy") == "" {
			t.Errorf("%d: the headers: %v", status, h)
		}
	}
}
