package surfaces

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"purse/internal/httpkit"
)

// names are the fields of paths, queries and bodies that name an object or a
// person, or are a secret of theirs; describes are all others. A new field stands
// in one of the two.
var (
	names = strings.Fields(`id message_id user session four_digits card_number from_card_number to_card_number saving_account_id card_id bill_id
		before after wallet_number session_id chat_id code verification_code token refresh access refresh_token init_data name.path search.path
		email phone_number login social_security username.withdraw twofa_code`)
	describes = strings.Fields(`limit page amount name goal due_date first_name last_name patronymic date_of_birth address city state post_code
		password new_password username birthday description background_color avatar profile_image amount_currency message is_moneybag do required atomic key`)
)

// attempt is a request at somebody's own things but for what the fields name,
// which is of another. In path and body {card} is the other's or nobody's, {my
// card} the caller's own.
type attempt struct {
	surface, route, fields string
	path, body             string // path "" is the route's
	want                   string // status and body; of a page, status and title
}

// refusals are what the surfaces tell who is not signed in.
var refusals = map[string]string{
	"bank": `401 {"detail":"Could not validate credentials"}`, "wallet": `401 {"detail":"Authentication credentials were not provided."}`,
	"gift": `401 {"error":"토큰 정보가 필요합니다."}`, "console": "303 ",
}

var attempts = []attempt{
	{"bank", "GET /card/{four_digits}", "four_digits", "/card/{last}", "", `400 {"detail":"No card ends with these digits"}`},
	{"bank", "DELETE /card/delete", "card_number", "", `{"card_number":"{card}"}`, `406 {"detail":"Card not found"}`},
	{"bank", "POST /card/transfer", "from_card_number", "", `{"from_card_number":"{card}","to_card_number":"{my card}","amount":1}`, `406 {"detail":"The sender's card was not found"}`},
	{"bank", "POST /transfers/batch", "from_card_number", "", `{"atomic":true,"transfers":[{"from_card_number":"{card}","to_card_number":"{my card}","amount":1}]}`,
		`400 {"code":406,"detail":"The sender's card was not found","index":0}`},
	{"bank", "POST /card/history", "card_number", "", `{"card_number":"{card}"}`, `406 {"detail":"Card not found"}`},
	{"bank", "POST /card/history", "before", "/card/history?before={entry}", `{"card_number":"{my card}"}`, `422 {"detail":[{"type":"value_error","loc":["query","before"],"msg":"Value error, the cursor is not an entry of this account",` +
		`"input":"<entry>","ctx":{"error":{}}}]}`},
	{"bank", "POST /savings/topUp", "card_id", "", `{"amount":1,"saving_account_id":{my goal},"card_id":{cardID}}`, `406 {"detail":"Card not found"}`},
	{"bank", "POST /savings/topUp", "saving_account_id", "", `{"amount":1,"saving_account_id":{goal},"card_id":{my cardID}}`, `403 {"detail":"Saving account not found"}`},
	{"bank", "POST /savings/decrease", "card_id", "", `{"amount":1,"saving_account_id":{my goal},"card_id":{cardID}}`, `403 {"detail":"Card not found"}`},
	{"bank", "POST /savings/decrease", "saving_account_id", "", `{"amount":1,"saving_account_id":{goal},"card_id":{my cardID}}`, `406 {"detail":"Saving account not found"}`},
	{"bank", "DELETE /savings/delete", "saving_account_id", "", `{"saving_account_id":{goal}}`, `403 {"detail":"Saving account not found"}`},
	{"bank", "POST /bills/pay", "bill_id", "", `{"bill_id":{bill},"card_number":"{my card}"}`, `406 {"detail":"Bill not found"}`},
	{"bank", "POST /bills/pay", "card_number", "", `{"bill_id":{my bill},"card_number":"{card}"}`, `406 {"detail":"Card not found"}`},

	{"wallet", "GET /users/wallets/{id}/", "id", "/users/wallets/{wallet}/", "", `404 {"detail":"Not found."}`},
	{"wallet", "PATCH /users/wallets/{id}/update/", "id", "/users/wallets/{wallet}/update/", `{"name":"Mine"}`, `404 {"detail":"Not found."}`},
	{"wallet", "POST /users/wallets/{id}/deposit/", "id", "/users/wallets/{wallet}/deposit/", `{"amount":"1.00"}`, `404 {"detail":"Not found."}`},
	{"wallet", "POST /users/wallets/{id}/withdraw/", "id", "/users/wallets/{wallet}/withdraw/", `{"amount":"1.00"}`, `404 {"detail":"Not found."}`},
	{"wallet", "POST /users/wallets/{id}/transfer/", "id", "/users/wallets/{wallet}/transfer/", `{"wallet_number":"{my number}","amount":"1.00"}`, `404 {"detail":"Not found."}`},
	{"wallet", "GET /users/wallets/{id}/transactions/", "id", "/users/wallets/{wallet}/transactions/", "", `404 {"detail":"Not found."}`},
	{"wallet", "GET /users/wallets/{id}/transactions/", "before", "/users/wallets/{my wallet}/transactions/?before={movement}", "", `400 {"before":["The cursor is not an entry of this account."]}`},
	{"wallet", "PATCH /users/password/verify/", "session_id code", "", `{"session_id":"{change}","code":"{code}"}`, `400 {"error":"The code is wrong or expired"}`},

	{"gift", "PUT /api/user/{id}", "id", "/api/user/{user}", `{"username":"x"}`, `403 {"error":"권한이 없습니다."}`},
	{"gift", "GET /api/user/{id}/messages", "id", "/api/user/{user}/messages", "", `403 {"error":"쪽지는 본인만 조회할 수 있습니다"}`},
	{"gift", "GET /api/user/{id}/messages/{message_id}", "id", "/api/user/{user}/messages/{message}", "", `403 {"error":"상세내용 조회는 본인만 가능합니다."}`},
	{"gift", "GET /api/user/{id}/messages/{message_id}", "message_id", "/api/user/{my user}/messages/{message}", "", `404 {"error":"쪽지를 찾을 수 없습니다."}`},
	{"gift", "DELETE /api/user/withdraw", "username", "", `{"username":"{username}"}`, `400 {"error":"잘못된 접근입니다."}`},

	{"console", "GET /console/card/{id}", "id", "/console/card/{cardID}", "", `404 Nothing is here – Purse`},
	{"console", "GET /console/card/{id}", "before", "/console/card/{my cardID}?before={entry}", "", `400 That was not understood – Purse`},
	{"console", "POST /console/security/end", "session", "", "session={session}", "303 "},
	{"console", "GET /console/people/{id}", "id", "/console/people/{user}", "", `403 This is for administrators – Purse`},
	{"console", "POST /console/people/find", "user", "", "user={email}", `403 This is for administrators – Purse`},
	{"console", "POST /console/people/change", "user", "", "user={user}&do=deactivate", `403 This is for administrators – Purse`},
}

// guesses are the requests of who is not signed in that name somebody: what they
// are told must not depend on whether there is such a person.
var guesses = []attempt{
	{"bank", "POST /auth/verify-email", "email phone_number social_security verification_code", "", `{"first_name":"A","last_name":"B","email":"{email}","phone_number":"{phone}",` +
		`"date_of_birth":"1990-12-10","social_security":"{ssn}","address":"","city":"","state":"","post_code":"","password":"Voskresensk1","verification_code":"AAAA2222"}`, `406 {"detail":"Invalid verification code"}`},
	{"bank", "POST /auth/2fa/request", "email", "", `{"email":"{email}","password":"wrong horse battery"}`, `401 {"detail":"Incorrect email or password"}`},
	{"bank", "POST /auth/2fa/confirm", "email twofa_code", "", `{"email":"{email}","twofa_code":"AAAA2222"}`, `401 {"detail":"Incorrect email or verification code"}`},
	{"bank", "POST /auth/reset", "email", "", `{"email":"{email}","phone_number":"{my phone}","social_security":"{my ssn}"}`, `401 {"detail":"Could not validate credentials"}`},
	{"bank", "POST /auth/reset", "phone_number", "", `{"email":"{my email}","phone_number":"{phone}","social_security":"{my ssn}"}`, `401 {"detail":"Could not validate credentials"}`},
	{"bank", "POST /auth/reset", "social_security", "", `{"email":"{my email}","phone_number":"{my phone}","social_security":"{ssn}"}`, `401 {"detail":"Could not validate credentials"}`},
	{"profile", "POST /account/login", "email", "", `{"email":"{email}","password":"wrong horse battery"}`, `400 {"errorMessage":"Неверный логин или пароль"}`},
	{"profile", "POST /account/login", "login", "", `{"login":"{login}","password":"wrong horse battery"}`, `400 {"errorMessage":"Неверный логин или пароль"}`},
	{"wallet", "POST /users/token/create/", "phone_number", "", `{"phone_number":"{phone}","password":"wrong horse battery"}`, `401 {"detail":"No active account found with the given credentials"}`},
	{"bot", "POST /api/v1/auth/login", "email", "", `{"email":"{email}","password":"wrong horse battery"}`, `401 {"detail":"Invalid credentials"}`},
	{"gift", "POST /api/user/login", "email", "", `{"email":"{email}","password":"wrong horse battery"}`, `401 {"error":"이메일과 비밀번호를 확인하세요."}`},
	{"console", "POST /console/sign-in", "email", "", "email={email}&password=wrong", `401 Error: Sign in – Purse`},
	{"", "/api/confirm-user/{id}/{token}", "id token", "/api/confirm-user/{user}/" + strings.Repeat("a1", 32), "", `410 사용할 수 없는 링크입니다 – Purse`},
}

// pages are the fields of what no document has: forms, and what stands in a query.
var pages = map[string]string{
	"GET /console/card/{id}": "before", "POST /console/sign-in": "email password", "POST /console/code": "code", "POST /console/sign-out": "",
	"POST /console/security/two-step": "required password", "POST /console/security/end": "session", "POST /console/security/end-all": "",
	"POST /console/people/find": "user", "POST /console/people/change": "user do name", "/reset": "token", "/reset/": "token",
	"GET /dev/mail": "to", "DELETE /dev/mail": "", "POST /dev/clock": "", "POST /dev/rates": "",
}

// naming are the fields of a route that name something, by its path and its document.
func naming(t *testing.T, m httpkit.Mounted, operation documented, found bool) (fields []string) {
	t.Helper()
	add := func(name, where string) {
		switch {
		case slices.Contains(names, name+"."+where), slices.Contains(names, name):
			if !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		case !slices.Contains(describes, name) && name != "to":
			t.Errorf("%s: %s is neither a name nor a description", m.Pattern, name)
		}
	}
	path := m.Path
	if m.Surface == "" {
		path = m.Pattern
	}
	for _, segment := range strings.Split(path, "/") {
		if name, is := strings.CutPrefix(segment, "{"); is && name != "$}" {
			add(strings.TrimSuffix(name, "}"), "path")
		}
	}
	for _, p := range operation.Parameters {
		if p.In == "query" {
			add(p.Name, "query")
		}
	}
	for _, content := range operation.RequestBody.Content {
		for name := range content.Schema.Properties {
			add(name, m.Path[strings.LastIndexByte(m.Path, '/')+1:])
		}
	}
	listed, known := pages[m.Pattern]
	for _, name := range strings.Fields(listed) {
		if name == "to" {
			fields = append(fields, name)
			continue
		}
		add(name, "form")
	}
	if !found && !known && m.Surface != "" && m.Method != http.MethodGet {
		t.Errorf("%s: nobody says which fields its form has", m.Pattern)
	}
	return fields
}

func TestSecurity13EveryRouteAndFieldThatNamesSomethingIsTried(t *testing.T) {
	type field struct{ route, name string }
	tried := map[field]int{}
	for _, list := range [][]attempt{attempts, guesses} {
		for _, a := range list {
			for _, name := range strings.Fields(a.fields) {
				tried[field{a.route, name}] = 1
			}
		}
	}
	for _, u := range unclaimed {
		for _, name := range strings.Fields(u.fields) {
			tried[field{u.route, name}]++
		}
	}
	documents := documents(t)
	for _, m := range mounted(t) {
		pattern := m.Pattern
		if pattern == "GET /info/users/{search}" {
			pattern = "GET /info/users/search-{search}"
		}
		operation, found := documents[m.Surface][pattern]
		for _, name := range naming(t, m, operation, found) {
			f := field{m.Pattern, name}
			if tried[f] != 1 && !strings.HasSuffix(m.Pattern, "/{$}") {
				t.Errorf("%s: %s must stand in exactly one of the lists", m.Pattern, name)
			}
			delete(tried, f)
		}
	}
	for f := range tried {
		t.Errorf("%s has no %s that names anything", f.route, f.name)
	}
}
