package surfaces

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// TestSecurity27ARestoreRevokesAllSessions restores a backup of each engine into
// each: nobody who was signed in when it was made is, on any surface, and no
// token, code or link of then is worth anything. Everybody signs in again.
func TestSecurity27ARestoreRevokesAllSessions(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		p := w.join(all[0])
		w.askForOneStep(p)
		id := w.id(p)
		headers, refresh := map[string][2]string{}, map[string]string{}
		for _, s := range all {
			answer, token := w.enter(s, p)
			headers[s.name], refresh[s.name] = s.credential(token), answer.Text("refresh_token")
		}
		w.must("POST", "/auth/reset", map[string]string{"email": p.email, "phone_number": p.phone, "social_security": p.ssn}, nil)
		link := w.link(p)
		w.must("POST", "/auth/2fa/request", map[string]string{"email": p.email, "password": p.password}, nil)
		code := w.code(p)
		for _, s := range all {
			if !w.opens(s, headers[s.name], id) {
				t.Fatalf("the session of the %s does not open it", s.name)
			}
		}
		file := filepath.Join(t.TempDir(), "purse.backup")
		if output, code := apptest.RunBinary(t, w.environment, "backup", file); code != 0 {
			t.Fatal(output)
		}
		apptest.EachEngine(t, func(t *testing.T, restored string) {
			w := w.restored(t, file, restored)
			for _, s := range all {
				if w.opens(s, headers[s.name], id) {
					t.Errorf("the session of the %s is still open", s.name)
				}
			}
			w.refusesProofs(p, refresh, link, code)
			for _, s := range all {
				_, token := w.enter(s, p)
				if !w.opens(s, s.credential(token), id) {
					t.Errorf("nobody can sign in at the %s again", s.name)
				}
			}
			w.verify()
		})
	})
}

// restored is the world as a backup brings it back.
func (w *world) restored(t *testing.T, file, databaseURL string) *world {
	environment := append([]string{"PURSE_DATABASE_URL=" + databaseURL}, w.environment[1:]...)
	output, code := apptest.RunBinary(t, environment, "restore", file)
	if code != 0 || !strings.Contains(output, "every invariant holds") || strings.Contains(output, "sessions ended: 0") || !strings.Contains(output, "sessions ended: ") {
		t.Fatalf("purse restore: exit code %d\n%s", code, output)
	}
	next := *w
	next.T, next.environment = t, environment
	next.purse = apptest.Start(t, environment, "dev", "--listen", "{listen}")
	return &next
}

// refusesProofs tries what was given out before the backup.
func (w *world) refusesProofs(p *person, refresh map[string]string, link, code string) {
	w.Helper()
	bearer := asBearer(refresh["gift"])
	_, token, _ := strings.Cut(link, "?token=")
	for what, answer := range map[string]apptest.Answer{
		"the refresh token of the bot":    w.call("POST", "/api/v1/auth/refresh", map[string]string{"refresh_token": refresh["bot"]}),
		"the refresh token of the gift":   w.call("POST", "/api/user/refresh", nil, bearer[0], bearer[1]),
		"the refresh token of the wallet": w.call("POST", "/users/token/refresh/", map[string]string{"refresh": refresh["wallet"]}),
		"the code for two steps":          w.call("POST", "/auth/2fa/confirm", map[string]string{"email": p.email, "twofa_code": code}),
		"the link of a reset":             w.call("PATCH", "/auth/reset", map[string]string{"token": token, "new_password": "Novosibirsk3"}),
	} {
		if answer.Status < http.StatusBadRequest || answer.Status >= http.StatusInternalServerError {
			w.Errorf("%s from before the backup: %s", what, told(answer))
		}
	}
}

// link is the newest link that was mailed to the person.
func (w *world) link(p *person) string {
	w.Helper()
	reader := &apptest.Client{Base: w.purse.Base, Email: p.email, HTTP: http.DefaultClient}
	mails, err := reader.Mails(w.Context())
	if err != nil || len(mails) == 0 || len(mails[0].Links) == 0 {
		w.Fatalf("no link was mailed: %+v %v", mails, err)
	}
	return mails[0].Links[0]
}
