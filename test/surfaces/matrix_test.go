package surfaces

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"purse/internal/apptest"
)

// has says whether the person has what the surface asks for at its sign-in.
func (s surface) has(p *person) bool { return s.name != "wallet" || p.phone != "" }

func TestWhoRegistersOnOneSurfaceSignsInOnEveryOther(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		for _, from := range all {
			t.Run("from "+from.name, func(t *testing.T) { signInEverywhere(w.on(t), w.join(from), from) })
		}
	})
}

func signInEverywhere(w *world, p *person, from surface) {
	id := w.id(p)
	if from.name == "bank" { // whose accounts ask for two steps, until their owner says otherwise
		for _, to := range all[1:] {
			if answer := to.signIn(w, p); told(answer) != to.twoStep {
				w.Errorf("one step at the %s: %s, want %s", to.name, told(answer), to.twoStep)
			}
			wrong := *p
			wrong.password = "incorrect horse"
			if answer := to.signIn(w, &wrong); told(answer) == to.twoStep || answer.Status < 400 {
				w.Errorf("a wrong password at the %s tells that two steps are asked for: %s", to.name, told(answer))
			}
		}
		w.askForOneStep(p)
	}
	for _, to := range all {
		if !to.has(p) {
			continue
		}
		answer, token := w.enter(to, p)
		if !w.opens(to, to.credential(token), id) {
			w.Errorf("the token of the %s does not open it", to.name)
		}
		header := to.credential(token)
		shown := w.call("GET", strings.ReplaceAll(to.mine, "{id}", id), nil, header[0], header[1])
		whose := map[string]string{ // where an answer says who it is
			"profile": `"id":` + id + `,`, "wallet": p.email, "bot": `"user_id":` + id + `,`, "gift": p.email,
		}[to.name]
		if text := string(answer.Body) + string(shown.Body); !strings.Contains(text, whose) {
			w.Errorf("the %s signs in somebody else: %s", to.name, text)
		}
	}
	if p.login != "" { // an e-mail is not the only name
		answer := w.call("POST", "/account/login", map[string]string{"login": p.login, "password": p.password}, "browser", "Chrome 122.0")
		if answer.Status != http.StatusOK {
			w.Errorf("signing in by login: %s", told(answer))
		}
	}
}

func TestAnIdentifierThatIsTakenOnOneSurfaceIsTakenOnAll(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		phone := map[string]string{"bank": all[0].taken, "wallet": `400 {"phone_number":["user with this phone number already exists."]}`}
		for _, from := range all {
			owner := w.join(from)
			for _, to := range all {
				other := w.newPerson()
				other.email = strings.ToUpper(owner.email[:1]) + owner.email[1:] // however it is written
				if answer := to.register(w, other); told(answer) != to.taken {
					t.Errorf("an e-mail of the %s at the %s: %s, want %s", from.name, to.name, told(answer), to.taken)
				}
				if want, asks := phone[to.name]; asks && owner.phone != "" {
					other := w.newPerson()
					other.phone = owner.phone
					if answer := to.register(w, other); told(answer) != want {
						t.Errorf("a phone of the %s at the %s: %s, want %s", from.name, to.name, told(answer), want)
					}
				}
			}
		}
	})
}

// TestSecurity9ACredentialOfOneSurfaceIsWorthNothingOnAnother shows every credential that
// anybody gets, in every form in which one is sent, to every surface but its own.
func TestSecurity9ACredentialOfOneSurfaceIsWorthNothingOnAnother(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		p := w.join(all[0])
		w.askForOneStep(p)
		id := w.id(p)
		for _, from := range all {
			answer, token := w.enter(from, p)
			if !w.opens(from, from.credential(token), id) {
				t.Fatalf("the token of the %s does not open it", from.name)
			}
			for what, credential := range credentials(t, answer, token) {
				w.tryEverywhereElse(from, what, credential, id)
			}
			if !w.opens(from, from.credential(token), id) {
				t.Errorf("the session of the %s has ended by being shown elsewhere", from.name)
			}
		}
	})
}

// credentials are what a sign-in hands out: the token, a refresh token, and the
// names of the sessions in both, written in each way.
func credentials(t *testing.T, answer apptest.Answer, token string) map[string]string {
	t.Helper()
	found := map[string]string{"the token": token}
	signed := map[string]string{"the token": token}
	if refresh := answer.Text("refresh_token"); refresh != "" {
		found["the refresh token"], signed["the refresh token"] = refresh, refresh
	}
	for what, text := range signed {
		parts := strings.Split(text, ".")
		if len(parts) != 3 {
			continue
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		var claims struct{ JTI string }
		if err != nil || json.Unmarshal(payload, &claims) != nil || claims.JTI == "" {
			t.Fatalf("%s has the claims %q", what, payload)
		}
		found["the name in "+what] = claims.JTI
		if plain := strings.ReplaceAll(claims.JTI, "-", ""); len(plain) == 32 {
			found["the name with dashes in "+what] = plain[:8] + "-" + plain[8:12] + "-" + plain[12:16] + "-" + plain[16:20] + "-" + plain[20:]
		}
	}
	return found
}

func (w *world) tryEverywhereElse(from surface, what, credential, id string) {
	w.Helper()
	forms := map[string]func(string) [2]string{"a cookie": asCookie, "a bare header": asIs, "a bearer token": asBearer}
	for _, to := range all {
		if to.name == from.name && what == "the token" {
			continue
		}
		for form, header := range forms {
			if w.opens(to, header(credential), id) {
				w.Errorf("%s of the %s as %s opens the %s", what, from.name, form, to.name)
			}
		}
	}
	for _, header := range []func(string) [2]string{asConsole, asCookie, asBearer} {
		if from.name == "bank" { // whose sessions open the console
			break
		}
		shown := header(credential)
		if page := w.call("GET", "/console/security", nil, shown[0], shown[1]); page.Status != http.StatusSeeOther {
			w.Errorf("%s of the %s opens the console: %d", what, from.name, page.Status)
		}
	}
	bearer := asBearer(credential)
	renewals := map[string]func() apptest.Answer{
		"wallet": func() apptest.Answer {
			return w.call("POST", "/users/token/refresh/", map[string]string{"refresh": credential})
		},
		"bot": func() apptest.Answer {
			return w.call("POST", "/api/v1/auth/refresh", map[string]string{"refresh_token": credential})
		},
		"gift": func() apptest.Answer { return w.call("POST", "/api/user/refresh", nil, bearer[0], bearer[1]) },
	}
	for to, renew := range renewals {
		if to == from.name && what == "the refresh token" {
			continue
		}
		if answer := renew(); answer.Status != http.StatusUnauthorized {
			w.Errorf("%s of the %s renews a session of the %s: %s", what, from.name, to, told(answer))
		}
	}
}
