package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"purse/internal/apptest"
)

const password = "Voskresensk1"

// person is somebody, with all that they have.
type person struct {
	number                int
	email, phone, login   string
	ssn                   string
	id                    int64
	first, last, username string
	chat                  int64 // the Telegram chat, or 0
	gone                  bool
	onlyChat              bool // knows no password
	wallets, cards, goals []*account
	box                   *account // nil until play money came
	bills                 []*bill
	messages              []*message // received, the oldest first
	received              int64      // won with messages
	header                map[string][2]string
	refresh               map[string]string
	deletedCards          []*account
}

func (p *person) String() string {
	if p == nil {
		return "nobody"
	}
	return fmt.Sprintf("person %d", p.number)
}

// display is how others see the person.
func (p *person) display() string {
	switch {
	case p.username != "":
		return p.username
	case p.first != "":
		return p.first
	}
	return "이름 없음"
}

// walletIn is the wallet in a currency, or nil.
func (p *person) walletIn(currency string) *account {
	for _, a := range p.wallets {
		if a.currency == currency {
			return a
		}
	}
	return nil
}

// accounts are those that have a number.
func (p *person) accounts() []*account { return append(slices.Clone(p.wallets), p.cards...) }

// money says whether there is any but play money.
func (p *person) money() bool {
	for _, a := range append(p.accounts(), p.goals...) {
		if a.balance != 0 {
			return true
		}
	}
	return false
}

// uses says whether the person can sign in on a surface.
func (p *person) uses(surface string) bool {
	switch {
	case p.gone:
		return false
	case p.onlyChat:
		return surface == "bot"
	}
	return surface != "wallet" || p.phone != ""
}

// newPerson makes up somebody whom nobody knows yet.
func (w *world) newPerson() *person {
	w.named++
	n := w.named
	p := &person{number: n, email: fmt.Sprintf("person%d@example.com", n), header: map[string][2]string{}, refresh: map[string]string{}}
	w.people = append(w.people, p)
	return p
}

// join registers somebody new on a surface, and signs them in there.
func (w *worker) join(surface string) *person {
	w.Helper()
	p := w.newPerson()
	n := p.number
	post := func(path string, body map[string]string, want int) apptest.Answer {
		w.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			w.fail("%v", err)
		}
		return w.do(call{surface: surface, method: http.MethodPost, path: path, body: string(text)}, want)
	}
	switch surface {
	case "bank":
		p.phone, p.ssn, p.first, p.last = fmt.Sprintf("+7701%07d", n), fmt.Sprintf("%09d", n), "Ada", fmt.Sprintf("Lovelace %d", n)
		client := &apptest.Client{Base: w.purse.Load().Base, Email: p.email, Phone: p.phone, SSN: p.ssn, HTTP: w.client}
		post("/auth/register", client.Proofs(), 200)
		whole := client.Registration(password, w.code(p))
		whole["last_name"] = p.last
		p.keep("bank", post("/auth/verify-email", whole, 200))
		form := url.Values{"required": {"no"}, "password": {password}}.Encode()
		answer, err := client.Call(w.Context(), http.MethodPost, "/console/security/two-step", form, p.header["bank"][0], p.header["bank"][1], "Content-Type", "application/x-www-form-urlencoded")
		if err != nil || answer.Status != http.StatusSeeOther {
			w.fail("turning two-step sign-in off: %d %s %v", answer.Status, answer.Body, err)
		}
		p.wallets = append(p.wallets, w.opened(p, wallet, "My wallet", w.base))
	case "profile":
		p.login, p.first, p.last = fmt.Sprintf("person%d", n), "Данила", "Гинда"
		p.keep("profile", post("/account/registration", map[string]string{
			"login": p.login, "password": password, "email": p.email, "first_name": p.first, "last_name": p.last,
		}, 200))
	case "wallet":
		p.phone = fmt.Sprintf("+7701%07d", n)
		var started struct {
			ID string `json:"session_id"`
		}
		w.decode(post("/users/create/", map[string]string{"email": p.email, "phone_number": p.phone, "password": password}, 201), &started)
		post("/users/verify/", map[string]string{"session_id": started.ID, "code": w.code(p)}, 201)
	case "bot":
		p.first = "Test"
		p.keep("bot", post("/api/v1/auth/register", map[string]string{"email": p.email, "password": password, "first_name": p.first}, 200))
	case "gift":
		p.username = fmt.Sprintf("민수 %d", n)
		post("/api/user/register", map[string]string{"username": p.username, "email": p.email, "password": password}, 201)
	}
	var signedIn struct {
		ID int64 `json:"user_id"`
	}
	if surface == "bot" {
		delete(p.header, "bot")
	}
	w.decode(w.signIn(p, "bot"), &signedIn) // whose answer says who it is
	p.id = signedIn.ID
	w.discover(p)
	return p
}

// opened is a new account, with nothing in it.
func (w *world) opened(owner *person, what kind, name, currency string) *account {
	a := &account{kind: what, owner: owner, name: name, currency: currency}
	if what == wallet {
		a.owes(w.now().Add(month))
	}
	return a
}

// discover learns the ids and numbers of wallets that were opened for a person by
// something else that they did.
func (w *worker) discover(p *person) {
	w.Helper()
	for _, shown := range w.accountsAtBot(p) {
		a := p.walletIn(shown.Currency)
		if shown.Kind == string(wallet) && a != nil && a.id == 0 && shown.Number != nil {
			a.id, a.number = shown.ID, *shown.Number
		}
	}
}

// code is the newest code that was mailed to the person.
func (w *worker) code(p *person) string {
	w.Helper()
	reader := &apptest.Client{Base: w.purse.Load().Base, Email: p.email, HTTP: w.client}
	code, err := reader.Code(w.Context())
	if err != nil {
		w.fail("%v", err)
	}
	return code
}

// keep takes what an answer gives to prove who one is.
func (p *person) keep(surface string, answer apptest.Answer) {
	var tokens struct {
		Token, Access, Refresh string
		AccessToken            string `json:"access_token"`
		RefreshToken           string `json:"refresh_token"`
		JWT                    string `json:"jwt_token"`
	}
	_ = answer.Decode(&tokens) // the bank's has none
	if again := cmp.Or(tokens.Refresh, tokens.RefreshToken); again != "" {
		p.refresh[surface] = again
	}
	switch surface {
	case "bank":
		if value := answer.Cookie("authorization"); value != "" {
			p.header[surface] = [2]string{"Cookie", "authorization=" + value}
		}
	case "profile":
		p.header[surface] = [2]string{"Authorization", tokens.Token}
	default:
		p.header[surface] = [2]string{"Authorization", "Bearer " + cmp.Or(tokens.Access, tokens.AccessToken, tokens.JWT)}
	}
}

// credential is the header by which a surface knows the person, who renews the
// session or signs in where there is none that is good.
func (w *worker) credential(p *person, surface string) [2]string {
	w.Helper()
	if header, found := p.header[surface]; found {
		return header
	}
	if !w.renew(p, surface) {
		w.signIn(p, surface)
	}
	return p.header[surface]
}

// renew gets a session without a password where the surface has a way, and says
// whether it did.
func (w *worker) renew(p *person, surface string) bool {
	c := call{surface: surface, method: http.MethodPost}
	body := func(name string, value any) {
		text, _ := json.Marshal(map[string]any{name: value}) // of texts and numbers
		c.body = string(text)
	}
	switch refresh := p.refresh[surface]; {
	case surface == "bot" && p.chat != 0:
		c.path = "/api/v1/auth/token/get"
		body("chat_id", p.chat)
	case refresh == "":
		return false
	case surface == "bot":
		c.path = "/api/v1/auth/refresh"
		body("refresh_token", refresh)
	case surface == "wallet":
		c.path = "/users/token/refresh/"
		body("refresh", refresh)
	case surface == "gift":
		c.path = "/api/user/refresh"
		c.header = [2]string{"Authorization", "Bearer " + refresh}
	default:
		return false
	}
	answer, known := w.ask(c, http.StatusOK)
	if !known || answer.Status >= 300 {
		return false
	}
	p.keep(surface, answer)
	return true
}

// signIn signs a person in with their password.
func (w *worker) signIn(p *person, surface string) apptest.Answer {
	w.Helper()
	post := func(path, body string, want int) apptest.Answer {
		w.Helper()
		return w.do(call{surface: surface, method: http.MethodPost, path: path, body: body}, want, "for "+p.String())
	}
	byEmail := fmt.Sprintf(`{"email":%q,"password":%q}`, p.email, password)
	var answer apptest.Answer
	switch surface {
	case "bank":
		post("/auth/2fa/request", byEmail, 200)
		answer = post("/auth/2fa/confirm", fmt.Sprintf(`{"email":%q,"twofa_code":%q}`, p.email, w.code(p)), 200)
	case "profile":
		answer = post("/account/login", byEmail, 200)
	case "wallet":
		answer = post("/users/token/create/", fmt.Sprintf(`{"phone_number":%q,"password":%q}`, p.phone, password), 201)
	case "bot":
		answer = post("/api/v1/auth/login", byEmail, 200)
	case "gift":
		answer = post("/api/user/login", byEmail, 200)
	}
	p.keep(surface, answer)
	return answer
}

// forgetSessions is what a long time does: the shorter ones are over.
func (w *world) forgetSessions() {
	for _, p := range w.people {
		for _, surface := range []string{"bank", "wallet", "bot", "gift"} {
			delete(p.header, surface)
		}
	}
}
