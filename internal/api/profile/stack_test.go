package profile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"purse/internal/api/profile"
	"purse/internal/avatar"
	"purse/internal/clock"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/logging"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
)

// stack is the whole of Purse behind the surface: real rows, and a clock that stands.
type stack struct {
	t       testing.TB
	engine  store.Engine
	clock   *clock.Manual
	people  *identity.Service
	handler http.Handler
}

const publicURL = "https://purse.example"

func start(t testing.TB, engine enginetest.Engine, change ...func(*profile.Services, *httpkit.Config)) *stack {
	t.Helper()
	s := &stack{t: t, clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 123_000, time.UTC))}
	s.engine = engine.Open(t, s.clock)
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	root, err := secret.NewRoot(make([]byte, secret.RootKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	s.people, err = identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](s.engine), Clock: s.clock, Root: root, MinPassword: identity.MinPasswordDevelopment, ResetURL: publicURL + "/reset",
		Sessions: map[identity.Surface]identity.SessionRule{identity.Personal: {Lifetime: profile.SessionLifetime}, identity.Bank: {Lifetime: time.Hour}},
	})
	if err != nil {
		t.Fatal(err)
	}
	services := profile.Services{People: s.people, Avatars: avatar.New(store.Narrow[avatar.Tx](s.engine), root), Clock: s.clock, PublicURL: publicURL}
	config := httpkit.Config{Log: log, Limiter: limit.Off{}, Metrics: httpkit.NewMetrics(log)}
	for _, c := range change {
		c(&services, &config)
	}
	s.handler, err = httpkit.New(config, profile.New(services))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do sends one request. Headers are pairs of name and value.
func (s *stack) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1234"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// registration is a good body for somebody with a login.
func registration(login string) string {
	return fmt.Sprintf(`{"login":%q,"password":"Voskresensk1","email":"%s@example.com","first_name":"Данила","last_name":"Гинда"}`, login, login)
}

const browserHeader = "Chrome 122.0.6261"

// account is the part of an account that the tests look at.
type account struct {
	ID     int64
	Login  string
	Email  string
	Avatar string
	Token  string
}

// register makes an account.
func (s *stack) register(login string) (a account) {
	s.t.Helper()
	w := s.do("POST", "/account/registration", registration(login), "browser", browserHeader)
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("registering %s: %d %s", login, w.Code, w.Body)
	}
	return a
}

// wants fails the test unless an answer has the status and its errorMessage contains the texts.
func wants(t testing.TB, what string, w *httptest.ResponseRecorder, status int, texts ...string) {
	t.Helper()
	var answer struct{ ErrorMessage string }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != status || answer.ErrorMessage == "" {
		t.Errorf("%s: %d %.300s, want %d", what, w.Code, w.Body, status)
		return
	}
	for _, text := range texts {
		if !strings.Contains(answer.ErrorMessage, text) {
			t.Errorf("%s: %q lacks %q", what, answer.ErrorMessage, text)
		}
	}
}
