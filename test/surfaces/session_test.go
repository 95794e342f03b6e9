package surfaces

import (
	"net/http"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// ending is something that ends what it says it does, of every surface at once.
type ending struct {
	name string
	do   func(*world, *person, map[string][2]string)
	kept string // the surface whose session goes on
	undo func(*world, *person)
}

var endings = []ending{
	{name: "a password change at the wallet", kept: "wallet", do: changePassword},
	{
		name: "deactivation",
		do: func(w *world, p *person, _ map[string][2]string) {
			w.admin("user", "deactivate", p.email)
			w.advance("1s")
		},
		undo: func(w *world, p *person) { w.admin("user", "activate", p.phone) },
	},
	{name: "a reset at the bank", do: resetPassword},
	{name: "the end of all sessions in the console", do: func(w *world, p *person, headers map[string][2]string) {
		header := headers["bank"]
		answer := w.call("POST", "/console/security/end-all", "", header[0], header[1], "Content-Type", "application/x-www-form-urlencoded")
		if answer.Status != http.StatusSeeOther {
			w.Fatalf("ending all sessions: %s", told(answer))
		}
	}},
}

func changePassword(w *world, p *person, headers map[string][2]string) {
	header, next := headers["wallet"], "Kaliningrad2"
	var started struct {
		SessionID string `json:"session_id"`
	}
	w.must("POST", "/users/password/update/", map[string]string{"password": p.password, "new_password": next}, &started, header[0], header[1])
	w.must("PATCH", "/users/password/verify/", map[string]string{"session_id": started.SessionID, "code": w.code(p)}, nil, header[0], header[1])
	p.password = next
}

func resetPassword(w *world, p *person, _ map[string][2]string) {
	w.must("POST", "/auth/reset", map[string]string{"email": p.email, "phone_number": p.phone, "social_security": p.ssn}, nil)
	_, token, _ := strings.Cut(w.link(p), "?token=")
	next := "Novosibirsk3"
	w.must("PATCH", "/auth/reset", map[string]string{"token": token, "new_password": next}, nil)
	p.password = next
}

func TestWhatEndsSessionsEndsThoseOfEverySurface(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		p := w.join(all[0])
		w.askForOneStep(p)
		id := w.id(p)
		for _, e := range endings {
			t.Run(e.name, func(t *testing.T) { endEverywhere(w.on(t), e, p, id) })
		}
	})
}

func endEverywhere(w *world, e ending, p *person, id string) {
	headers, refresh := map[string][2]string{}, map[string]string{}
	for _, s := range all {
		answer, token := w.enter(s, p)
		headers[s.name], refresh[s.name] = s.credential(token), answer.Text("refresh_token")
	}
	for _, s := range all { // after the last sign-in: none of them has ended another's
		if !w.opens(s, headers[s.name], id) {
			w.Fatalf("the session of the %s does not open it", s.name)
		}
	}
	before := *p
	e.do(w, p, headers)
	for _, s := range all {
		if opens := w.opens(s, headers[s.name], id); opens != (s.name == e.kept) {
			w.Errorf("after %s the session of the %s is open: %t", e.name, s.name, opens)
		}
		if p.password != before.password {
			if answer := s.signIn(w, &before); answer.Status < 400 || answer.Status == http.StatusForbidden {
				w.Errorf("the old password signs in at the %s: %s", s.name, told(answer))
			}
		}
		if e.undo != nil {
			if answer := s.signIn(w, p); answer.Status < 400 {
				w.Errorf("after %s the password signs in at the %s: %s", e.name, s.name, told(answer))
			}
		}
	}
	bearer := asBearer(refresh["gift"])
	for name, answer := range map[string]apptest.Answer{
		"bot":  w.call("POST", "/api/v1/auth/refresh", map[string]string{"refresh_token": refresh["bot"]}),
		"gift": w.call("POST", "/api/user/refresh", nil, bearer[0], bearer[1]),
	} {
		if answer.Status != http.StatusUnauthorized {
			w.Errorf("after %s the refresh token of the %s is good: %s", e.name, name, told(answer))
		}
	}
	if e.kept != "wallet" {
		if answer := w.call("POST", "/users/token/refresh/", map[string]string{"refresh": refresh["wallet"]}); answer.Status != http.StatusUnauthorized {
			w.Errorf("after %s the refresh token of the wallet is good: %s", e.name, told(answer))
		}
	}
	if e.undo != nil {
		e.undo(w, p)
		for _, s := range all { // who may act again signs in again
			if w.opens(s, headers[s.name], id) {
				w.Errorf("the session of the %s has come back", s.name)
			}
		}
	}
}

func TestSecurity4GuessingOnAllSurfacesIsOneCount(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		p := w.join(all[0])
		w.askForOneStep(p)
		guess := *p
		guess.password = "incorrect horse"
		for range 2 {
			for _, s := range all {
				if answer := s.signIn(w, &guess); answer.Status != http.StatusUnauthorized && answer.Status != http.StatusBadRequest {
					t.Fatalf("a guess at the %s: %s", s.name, told(answer))
				}
			}
		}
		for _, s := range all { // right or wrong
			if answer := s.signIn(w, p); answer.Status != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
				t.Errorf("the right password at the %s after ten guesses: %s", s.name, told(answer))
			}
		}
	})
}

// weak are passwords that no surface takes: too short, too common, too long.
var weak = map[string]string{"short": "Ab1cd", "common": "Password1", "long": "Aa1" + strings.Repeat("x", 126)}

func TestSecurity3AWeakPasswordIsRefusedOnEverySurface(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		for _, s := range all {
			want := http.StatusBadRequest
			if s.name == "bank" || s.name == "bot" {
				want = http.StatusUnprocessableEntity
			}
			for name, password := range weak {
				p := w.newPerson()
				p.password = password
				if answer := s.register(w, p); answer.Status != want {
					t.Errorf("the %s takes a password that is %s: %s", s.name, name, told(answer))
				}
				p.password = "Voskresensk1" // and nothing was kept of the other
				if answer := s.register(w, p); answer.Status >= 300 {
					t.Errorf("the %s refuses who was refused before: %s", s.name, told(answer))
				}
			}
		}
	})
}
