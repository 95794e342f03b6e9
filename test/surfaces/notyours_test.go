package surfaces

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"purse/internal/apptest"
	"purse/internal/number"
)

// things are somebody's ids, numbers and names, by what attempts call them.
type things map[string]string

// nobodys are things of the right form, and of the length of others', that nobody has.
func nobodys() things {
	card := number.Card()
	return things{
		"card": card, "last": card[12:], "cardID": "900001", "goal": "900002", "bill": "900003", "entry": "019ca945-0a00-7000-ac8e-f69281613a6e",
		"wallet": "900004", "number": number.Wallet(), "movement": "019ca945-0a00-7000-ac8e-f69281613a6f", "change": "5f0c1d52-6d5c-4a57-9f0e-0f1d0c6a7b11",
		"code": "123456", "user": "900005", "message": "900006", "username": "name0", "session": "019ca945-0a00-7000-ac8e-f69281613a70",
		"email": "nobody0@example.com", "phone": "+77019999999", "ssn": "999999999", "login": "nobody0",
	}
}

// things makes one of everything for the holder.
func (h *holder) things() things {
	h.Helper()
	have := things{"user": h.id, "email": h.email, "phone": h.phone, "ssn": h.ssn, "username": "name" + h.id}
	keep := func(name string, value any) { have[name] = fmt.Sprint(value) }
	var card apptest.Card
	h.do("bank", "POST", "/card/create", nil, &card)
	keep("card", card.Number)
	keep("last", card.Number[12:])
	keep("cardID", card.ID)
	var made struct{ ID int64 }
	h.do("bank", "POST", "/savings/create", `{"name":"Trip","goal":10}`, &made)
	keep("goal", made.ID)
	h.do("bank", "POST", "/bills/create", `{"name":"Power","amount":1,"due_date":"2099-04-01T10:00:00Z"}`, &made)
	keep("bill", made.ID)
	var history struct{ History []struct{ ID string } }
	h.do("bank", "POST", "/card/history", fmt.Sprintf(`{"card_number":%q}`, card.Number), &history)
	keep("entry", history.History[0].ID)

	wallet := h.walletIn("USD")
	keep("wallet", wallet.ID)
	keep("number", wallet.Number)
	path := fmt.Sprintf("/users/wallets/%d/", wallet.ID)
	h.do("wallet", "POST", path+"deposit/", `{"amount":"5.00"}`, nil)
	var movements []struct{ ID string }
	h.do("wallet", "GET", path+"transactions/", nil, &movements)
	keep("movement", movements[0].ID)
	var change struct {
		Session string `json:"session_id"`
	}
	h.do("wallet", "POST", "/users/password/update/", map[string]string{"password": h.password, "new_password": "Novosibirsk3"}, &change)
	keep("change", change.Session)
	keep("code", h.code(h.person))

	h.do("gift", "PUT", "/api/user/"+h.id, map[string]string{"username": have["username"]}, nil)
	h.do("gift", "POST", "/api/user/"+h.id+"/messages", `{"message":"to me","amount":100,"is_moneybag":false}`, nil)
	var box struct{ Messages []struct{ ID int64 } }
	h.do("gift", "GET", "/api/user/"+h.id+"/messages", nil, &box)
	keep("message", box.Messages[0].ID)

	security := h.call("GET", "/console/security", nil, h.headers["console"][0], h.headers["console"][1])
	found := regexp.MustCompile(`name="session" value="([^"]+)"`).FindSubmatch(security.Body)
	if found == nil {
		h.Fatalf("no session is shown: %s", security.Body)
	}
	keep("session", string(found[1]))
	return have
}

// book is everything that the holder has, as the surfaces show it.
func (h *holder) book(have things) string {
	h.Helper()
	var all strings.Builder
	for _, at := range [][2]string{
		{"bank", "/auth/me"}, {"bank", "/card"}, {"bank", "/savings"}, {"bank", "/bills"}, {"wallet", "/users/"}, {"wallet", "/users/wallets/"},
		{"wallet", "/users/wallets/" + have["wallet"] + "/transactions/"}, {"gift", "/api/user/" + h.id + "/messages"}, {"profile", "/account/me"}, {"console", "/console"},
	} {
		answer := h.call("GET", at[1], nil, h.headers[at[0]][0], h.headers[at[0]][1])
		if answer.Status != http.StatusOK {
			h.Fatalf("%s: %s", at[1], told(answer))
		}
		all.Write(answer.Body)
	}
	return all.String()
}

// ask makes the attempt and is what it was told, without what every answer has of
// its own and without the things that it named.
func (a attempt) ask(w *world, mine, others things, header [2]string) (answer string, headers http.Header) {
	w.Helper()
	_, path, _ := strings.Cut(a.route, " ")
	method, _, _ := strings.Cut(a.route, " ")
	if a.path != "" {
		path = a.path
	}
	if a.surface == "" {
		method = http.MethodGet
	}
	var pairs []string
	for name, value := range mine {
		pairs = append(pairs, "{my "+name+"}", value)
	}
	for name, value := range others {
		pairs = append(pairs, "{"+name+"}", value)
	}
	fill := strings.NewReplacer(pairs...)
	var body any
	kind := "application/json"
	if a.surface == "console" {
		kind = "application/x-www-form-urlencoded"
	}
	if a.body != "" {
		body = fill.Replace(a.body)
	}
	with := []string{"Content-Type", kind, "browser", "Chrome 122.0"} // which the personal account asks for
	if header[0] != "" {
		with = append(with, header[:]...)
	}
	got := w.call(method, fill.Replace(path), body, with...)
	headers = maps.Clone(got.Header)
	headers.Del("X-Request-Id")
	headers.Del("Date")
	text := told(got)
	for _, name := range []string{"email", "entry", "movement"} { // some answers repeat what they were sent
		text = strings.ReplaceAll(text, others[name], "<"+name+">")
	}
	return text, headers
}

var title = regexp.MustCompile(`(?s)^(\d+ ).*<title>(.*?)</title>.*`)

// brief is what was told, of a page only the title.
func brief(told string) string { return title.ReplaceAllString(told, "$1$2") }

// alike fails unless the attempt tells the same of another's things as of nobody's.
func (a attempt) alike(w *world, mine, theirs things, header [2]string, want string) {
	w.Helper()
	yours, yourHeaders := a.ask(w, mine, theirs, header)
	none, noHeaders := a.ask(w, mine, nobodys(), header)
	if brief(yours) != want {
		w.Errorf("%s, %s: another's is told\n\t%s\nwant\n\t%s", a.route, a.fields, brief(yours), want)
	}
	if yours != none {
		w.Errorf("%s, %s: another's is told\n\t%s\nnobody's\n\t%s", a.route, a.fields, yours, none)
	}
	if fmt.Sprint(yourHeaders) != fmt.Sprint(noHeaders) {
		w.Errorf("%s, %s: another's has the headers\n\t%v\nnobody's\n\t%v", a.route, a.fields, yourHeaders, noHeaders)
	}
}

// two are two people with one of everything.
func two(w *world) (mine, theirs *holder, my, their things) {
	w.Helper()
	holders := make([]*holder, 2)
	for i := range holders {
		p := w.join(all[0])
		w.askForOneStep(p)
		holders[i] = w.holder(p)
		_, token := w.enter(all[0], p)
		holders[i].headers["bank"], holders[i].headers["console"] = asCookie(token), asCookie(token)
	}
	return holders[0], holders[1], holders[0].things(), holders[1].things()
}

func TestSecurity13WhatIsAnothersIsAsWhatIsNotThere(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "PURSE_CARD_GRANT=1000")
		mine, theirs, my, their := two(w)
		before := theirs.book(their)
		for _, a := range attempts {
			a.alike(w.on(t), my, their, mine.headers[a.surface], a.want)
			a.alike(w.on(t), my, their, [2]string{}, refusals[a.surface])
		}
		if after := theirs.book(their); after != before {
			t.Errorf("the other's things changed from\n%s\nto\n%s", before, after)
		}
	})
}

func TestSecurity1WhomAGuessNamesIsNotToldWhetherTheyAreThere(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "PURSE_CARD_GRANT=1000")
		_, theirs, my, their := two(w)
		their["login"] = w.join(all[1]).login
		for _, a := range guesses {
			a.alike(w.on(t), my, their, [2]string{}, a.want)
		}
		if _, token := w.enter(all[4], theirs.person); token == "" {
			t.Error("the other is kept out")
		}
	})
}
