package confirmpage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/internal/confirmpage"
	"purse/internal/fault"
)

var errLink = fault.Define(fault.Refused, "test.link", "link")

const token = "canary-token_4711"

// visit opens a link whose use ends with an error, or none.
func visit(t *testing.T, method, target string, result error) (answer *http.Response, text string, used []int64) {
	t.Helper()
	var log bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle(confirmpage.Path+"/{id}/{token}", confirmpage.New(confirmpage.Config{
		Log: slog.New(slog.NewTextHandler(&log, nil)),
		Confirm: func(_ context.Context, user int64, got string) error {
			if got != token {
				t.Errorf("the token came as %q", got)
			}
			used = append(used, user)
			return result
		},
	}))
	mux.Handle("GET "+confirmpage.Path+"/style.css", confirmpage.Style())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), token) || strings.Contains(string(body), token) {
		t.Error("the token is shown or logged")
	}
	if h := w.Result().Header; h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'; form-action 'none'") {
		t.Errorf("the headers: %v", h)
	}
	return w.Result(), string(body), used
}

func TestEveryStateIsOnePageInKorean(t *testing.T) {
	for name, test := range map[string]struct {
		method, path string
		result       error
		status       int
		words        string
		used         int
	}{
		"verified":      {"GET", "/31/" + token, nil, 200, "이메일 인증이 완료되었습니다", 1},
		"used or wrong": {"GET", "/31/" + token, errLink, 410, "사용할 수 없는 링크입니다", 1},
		"no number":     {"GET", "/me/" + token, nil, 410, "사용할 수 없는 링크입니다", 0},
		"the store":     {"GET", "/31/" + token, fault.ErrUnavailable, 503, "문제가 발생했습니다", 1},
		"our fault":     {"GET", "/31/" + token, errors.New("bug"), 500, "문제가 발생했습니다", 1},
		"posted":        {"POST", "/31/" + token, nil, 405, "잘못된 요청입니다", 0},
	} {
		t.Run(name, func(t *testing.T) {
			answer, text, used := visit(t, test.method, confirmpage.Path+test.path, test.result)
			if answer.StatusCode != test.status || len(used) != test.used || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d, used %v, %v", answer.StatusCode, used, answer.Header)
			}
			for _, want := range []string{`<html lang="ko">`, "<h1>" + test.words + "</h1>", "<main", `name="viewport"`, "<title>" + test.words} {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %s:\n%s", want, text)
				}
			}
			for _, active := range []string{"<script", " style=", "<style", "onclick", "http://", "https://"} {
				if strings.Contains(text, active) {
					t.Errorf("the page has %s", active)
				}
			}
		})
	}
}

func TestALookUsesNothingUp(t *testing.T) {
	answer, text, used := visit(t, "HEAD", confirmpage.Path+"/31/"+token, nil)
	if answer.StatusCode != 200 || text != "" || used != nil {
		t.Errorf("%d %q, used %v", answer.StatusCode, text, used)
	}
}

func TestTheStyleIsOurs(t *testing.T) {
	answer, text, _ := visit(t, "GET", confirmpage.Path+"/style.css", nil)
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(text, "prefers-color-scheme: dark") {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}

func TestWhatIsRefusedBeforeThePageIsSaidOnIt(t *testing.T) {
	for status, words := range map[int]string{429: "요청이 너무 많습니다", 503: "문제가 발생했습니다", 500: "문제가 발생했습니다"} {
		w := httptest.NewRecorder()
		confirmpage.New(confirmpage.Config{}).Refuse(w, httptest.NewRequestWithContext(t.Context(), "GET", confirmpage.Path+"/31/"+token, nil), status)
		if w.Code != status || !strings.Contains(w.Body.String(), "<h1>"+words+"</h1>") || strings.Contains(w.Body.String(), token) {
			t.Errorf("%d: got %d:\n%s", status, w.Code, w.Body)
		}
		if h := w.Header(); h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%d: the headers: %v", status, h)
		}
	}
}
