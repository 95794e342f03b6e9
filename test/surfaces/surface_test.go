// Package surfaces holds what must be true between the surfaces, against the real
// program on both engines: one person, one account and one ledger, whichever of
// them somebody comes through. It also holds what is true of every route that is
// mounted, a new one too. What one surface does by itself is held elsewhere.
package surfaces

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// world is one Purse, and the people who come to it.
type world struct {
	*testing.T
	environment []string
	purse       *apptest.Process
	people      int
}

func newWorld(t *testing.T, databaseURL string, settings ...string) *world {
	w := &world{T: t, environment: append([]string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey, "PURSE_RATE_LIMITS=off"}, settings...)}
	w.purse = apptest.Start(t, w.environment, "dev", "--listen", "{listen}")
	return w
}

// on is the same world for a part of the test.
func (w *world) on(t *testing.T) *world {
	part := *w
	part.T = t
	return &part
}

// call sends a request with nothing but these headers.
func (w *world) call(method, path string, body any, headers ...string) apptest.Answer {
	w.Helper()
	return apptest.Ask(w, w.purse.Base, method, path, body, headers...)
}

// must is call that fails unless the answer is good, and reads it into out.
func (w *world) must(method, path string, body, out any, headers ...string) {
	w.Helper()
	answer := w.call(method, path, body, headers...)
	if answer.Status >= 300 {
		w.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	if out != nil {
		if err := answer.Decode(out); err != nil {
			w.Fatal(err)
		}
	}
}

// code is the newest code that was mailed to the person.
func (w *world) code(p *person) string {
	w.Helper()
	reader := &apptest.Client{Base: w.purse.Base, Email: p.email, HTTP: http.DefaultClient}
	code, err := reader.Code(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return code
}

func (w *world) admin(words ...string) {
	w.Helper()
	apptest.Admin(w, w.environment, words...)
}

// advance moves the clock, after which nothing is remembered from before.
func (w *world) advance(by string) {
	w.Helper()
	w.must("POST", "/dev/clock", map[string]string{"advance": by}, nil)
}

// verify checks the books with the program's own command.
func (w *world) verify() {
	w.Helper()
	apptest.Verify(w, w.environment)
}

// person is somebody with all that they can prove who they are with; what their
// surface has not asked for is empty once they are registered.
type person struct {
	email, phone, login, ssn, password string
}

// newPerson makes up somebody whom nobody knows yet.
func (w *world) newPerson() *person {
	w.people++
	n := w.people
	return &person{fmt.Sprintf("person%d@example.com", n), fmt.Sprintf("+7701%07d", n), fmt.Sprintf("person%d", n), fmt.Sprintf("%09d", n), "Voskresensk1"}
}

// surface is how its clients speak to one of the five.
type surface struct {
	name string
	// register makes an account, or returns the answer that refuses.
	register func(*world, *person) apptest.Answer
	keeps    func(*person) // forgets what the surface does not ask for
	// signIn is the one step or the two; its answer holds the credentials.
	signIn func(*world, *person) apptest.Answer
	// credential is the header of who has the token.
	credential func(token string) [2]string
	token      func(apptest.Answer) string // of a good sign-in
	mine       string                      // GET answers the signed-in alone
	closed     int                         // to others
	twoStep    string                      // status and body that refuse one step where two are asked for
	taken      string                      // status and body for an e-mail that has an owner
}

var all = []surface{
	{
		name: "bank", register: registerAtBank, keeps: func(p *person) { p.login = "" },
		signIn: signInAtBank, token: cookie, credential: asCookie, mine: "/auth/me", closed: 401,
		taken: `409 {"detail":"A user with these details already exists"}`,
	},
	{
		name: "profile", keeps: func(p *person) { p.phone, p.ssn = "", "" },
		register: func(w *world, p *person) apptest.Answer {
			body := map[string]string{"login": p.login, "password": p.password, "email": p.email, "first_name": "Данила", "last_name": "Гинда"}
			return w.call("POST", "/account/registration", body, "browser", "Chrome 122.0")
		},
		signIn: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/account/login", map[string]string{"email": p.email, "password": p.password}, "browser", "Chrome 122.0")
		},
		token: field("token"), credential: asIs, mine: "/account/me", closed: 403,
		twoStep: `403 {"errorMessage":"Для этого аккаунта требуется двухэтапный вход"}`,
		taken:   `400 {"errorMessage":"Поле email: этот адрес уже занят"}`,
	},
	{
		name: "wallet", register: registerAtWallet, keeps: func(p *person) { p.login, p.ssn = "", "" },
		signIn: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/users/token/create/", map[string]string{"phone_number": p.phone, "password": p.password})
		},
		token: field("access"), credential: asBearer, mine: "/users/", closed: 401,
		twoStep: `401 {"detail":"Two-step sign-in is required for this account."}`,
		taken:   `400 {"email":["user with this email already exists."]}`,
	},
	{
		name: "bot", keeps: keepEmail,
		register: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/api/v1/auth/register", map[string]string{"email": p.email, "password": p.password, "first_name": "Test"})
		},
		signIn: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/api/v1/auth/login", map[string]string{"email": p.email, "password": p.password})
		},
		token: field("access_token"), credential: asBearer, mine: "/api/v1/accounts", closed: 401,
		twoStep: `401 {"detail":"Two-step sign-in is required"}`,
		taken:   `400 {"detail":"Email already registered"}`,
	},
	{
		name: "gift", keeps: keepEmail,
		register: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/api/user/register", map[string]string{"username": "민수", "email": p.email, "password": p.password})
		},
		signIn: func(w *world, p *person) apptest.Answer {
			return w.call("POST", "/api/user/login", map[string]string{"email": p.email, "password": p.password})
		},
		token: field("access_token"), credential: asBearer, mine: "/api/user/{id}/messages", closed: 401,
		twoStep: `401 {"error":"2단계 로그인이 필요한 계정입니다."}`,
		taken:   `400 {"error":"중복된 이메일입니다."}`,
	},
}

func keepEmail(p *person) { p.phone, p.login, p.ssn = "", "", "" }

func registerAtBank(w *world, p *person) apptest.Answer {
	client := &apptest.Client{Email: p.email, Phone: p.phone, SSN: p.ssn}
	if answer := w.call("POST", "/auth/register", client.Proofs()); answer.Status != http.StatusOK {
		return answer
	}
	return w.call("POST", "/auth/verify-email", client.Registration(p.password, w.code(p)))
}

func signInAtBank(w *world, p *person) apptest.Answer {
	first := w.call("POST", "/auth/2fa/request", map[string]string{"email": p.email, "password": p.password})
	if first.Status != http.StatusOK {
		return first
	}
	return w.call("POST", "/auth/2fa/confirm", map[string]string{"email": p.email, "twofa_code": w.code(p)})
}

func registerAtWallet(w *world, p *person) apptest.Answer {
	first := w.call("POST", "/users/create/", map[string]string{"email": p.email, "phone_number": p.phone, "password": p.password})
	if first.Status != http.StatusCreated {
		return first
	}
	return w.call("POST", "/users/verify/", map[string]string{"session_id": first.Text("session_id"), "code": w.code(p)})
}

// field reads a text of an answer, and cookie the bank's session.
func field(name string) func(apptest.Answer) string {
	return func(answer apptest.Answer) string { return answer.Text(name) }
}

func cookie(answer apptest.Answer) string { return answer.Cookie("authorization") }

func asCookie(token string) [2]string  { return [2]string{"Cookie", "authorization=" + token} }
func asConsole(token string) [2]string { return [2]string{"Cookie", "purse_console=" + token} }
func asIs(token string) [2]string      { return [2]string{"Authorization", token} }
func asBearer(token string) [2]string  { return [2]string{"Authorization", "Bearer " + token} }

// join registers somebody on a surface.
func (w *world) join(s surface) *person {
	w.Helper()
	p := w.newPerson()
	if answer := s.register(w, p); answer.Status >= 300 {
		w.Fatalf("registering at the %s: %d %s", s.name, answer.Status, answer.Body)
	}
	s.keeps(p)
	return p
}

// enter signs the person in and returns the whole answer and the token in it.
func (w *world) enter(s surface, p *person) (answer apptest.Answer, token string) {
	w.Helper()
	answer = s.signIn(w, p)
	if token = s.token(answer); answer.Status >= 300 || token == "" {
		w.Fatalf("signing in at the %s: %d %s", s.name, answer.Status, answer.Body)
	}
	return answer, token
}

// opens says whether a header opens what only the signed-in see; a refusal that
// is not the surface's own fails the test.
func (w *world) opens(s surface, header [2]string, id string) bool {
	w.Helper()
	answer := w.call("GET", strings.ReplaceAll(s.mine, "{id}", id), nil, header[0], header[1])
	if answer.Status != http.StatusOK && answer.Status != s.closed {
		w.Errorf("%s answers %d %s to %s, want 200 or %d", s.mine, answer.Status, answer.Body, header[0], s.closed)
	}
	return answer.Status == http.StatusOK
}

// id is the person's number, which the gift surface has in its paths.
func (w *world) id(p *person) string {
	w.Helper()
	output, code := apptest.RunBinary(w, w.environment, "admin", "user", "show", p.email, "--json")
	var shown struct{ ID int64 }
	if err := (apptest.Answer{Body: []byte(output)}).Decode(&shown); code != 0 || err != nil {
		w.Fatalf("purse admin user show: %d %s %v", code, output, err)
	}
	return fmt.Sprint(shown.ID)
}

// told is an answer as the table writes it.
func told(answer apptest.Answer) string { return fmt.Sprintf("%d %s", answer.Status, answer.Body) }

// askForOneStep turns the requirement of two steps off, as the owner does in the
// console; the bank's session opens it.
func (w *world) askForOneStep(p *person) {
	w.Helper()
	_, token := w.enter(all[0], p)
	header := asCookie(token)
	form := url.Values{"required": {"no"}, "password": {p.password}}.Encode()
	answer := w.call("POST", "/console/security/two-step", form, header[0], header[1], "Content-Type", "application/x-www-form-urlencoded")
	if answer.Status != http.StatusSeeOther {
		w.Fatalf("turning two-step sign-in off: %d %s", answer.Status, answer.Body)
	}
}
