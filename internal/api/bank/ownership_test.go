package bank_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"purse/internal/api/bank"
	"purse/internal/httpkit"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/store/enginetest"
)

// holding is a person with a card, a goal, a bill and a line in the card's
// history.
type holding struct {
	cookie, card string
	cardID       int64
	goal, bill   int64
	entry        string // of the history
}

func (s *stack) holding(name string) (h holding) {
	s.t.Helper()
	h.cookie = s.person(name)
	make := func(path, body string, into any) {
		w := s.do("POST", path, body, "Cookie", h.cookie)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
			s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var card struct {
		ID     int64 `json:"card_id"`
		Number string
	}
	var other struct{ ID int64 }
	make("/card/create", "", &card)
	h.card, h.cardID = card.Number, card.ID
	make("/savings/create", `{"name":"Trip","goal":10}`, &other)
	h.goal = other.ID
	make("/bills/create", `{"name":"Power","amount":1,"due_date":"2026-04-01T10:00:00Z"}`, &other)
	h.bill = other.ID
	var history struct{ History []struct{ ID string } }
	make("/card/history", fmt.Sprintf(`{"card_number":%q}`, h.card), &history)
	if len(history.History) > 0 {
		h.entry = history.History[0].ID
	}
	return h
}

// attempt is a request of somebody at their own things, but for one id, which
// is of another.
type attempt struct {
	name, method, route string
	path, body          func(mine, other holding) string
}

// attempts has one for every id that a route takes.
var attempts = []attempt{
	{"find a card", "GET", "/card/{four_digits}", func(_, h holding) string { return "/card/" + h.card[12:] }, nil},
	{"delete a card", "DELETE", "/card/delete", nil, func(_, h holding) string { return fmt.Sprintf(`{"card_number":%q}`, h.card) }},
	{"pay from a card", "POST", "/card/transfer", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":1}`, h.card, mine.card)
	}},
	{"pay from a card among others", "POST", "/transfers/batch", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"atomic":true,"transfers":[{"from_card_number":%q,"to_card_number":"x","amount":1}]}`, h.card)
	}},
	{"read a history", "POST", "/card/history", nil, func(_, h holding) string { return fmt.Sprintf(`{"card_number":%q}`, h.card) }},
	{"page from an entry", "POST", "/card/history", func(_, h holding) string { return fmt.Sprintf("/card/history?before=%s", h.entry) },
		func(mine, _ holding) string { return fmt.Sprintf(`{"card_number":%q}`, mine.card) }},
	{"top up from a card", "POST", "/savings/topUp", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, mine.goal, h.cardID)
	}},
	{"top up a goal", "POST", "/savings/topUp", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, h.goal, mine.cardID)
	}},
	{"decrease to a card", "POST", "/savings/decrease", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, mine.goal, h.cardID)
	}},
	{"decrease a goal", "POST", "/savings/decrease", nil, func(mine, h holding) string {
		return fmt.Sprintf(`{"amount":1,"saving_account_id":%d,"card_id":%d}`, h.goal, mine.cardID)
	}},
	{"delete a goal", "DELETE", "/savings/delete", nil, func(_, h holding) string { return fmt.Sprintf(`{"saving_account_id":%d}`, h.goal) }},
	{"pay a bill", "POST", "/bills/pay", nil, func(mine, h holding) string { return fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, h.bill, mine.card) }},
	{"pay with a card", "POST", "/bills/pay", nil, func(mine, h holding) string { return fmt.Sprintf(`{"bill_id":%d,"card_number":%q}`, mine.bill, h.card) }},
}

// withoutIDs are the routes of people who are signed in that take no id.
var withoutIDs = []string{
	"GET /auth/me", "POST /card/create", "GET /card", "POST /savings/create", "GET /savings", "POST /bills/create", "GET /bills",
}

func TestSecurity13EveryRouteThatTakesAnIDIsTriedWithAnothers(t *testing.T) {
	for _, route := range bank.New(bank.Services{}).Routes {
		name := route.Method + " " + route.Path
		tried := slices.ContainsFunc(attempts, func(a attempt) bool { return a.method+" "+a.route == name })
		if route.Access == httpkit.SignedIn && tried == slices.Contains(withoutIDs, name) {
			t.Errorf("%s must stand in exactly one of the lists", name)
		}
	}
}

func TestSecurity13WhatIsNotYoursIsNotThere(t *testing.T) {
	enginetest.Each(t, notYours)
}

func notYours(t *testing.T, engine enginetest.Engine) {
	s := start(t, options{engine: engine, grant: money.New(10_000, money.USD)})
	mine, theirs := s.holding("ann"), s.holding("bob")
	nothing := holding{card: number.Card(), cardID: 900_001, goal: 900_002, bill: 900_003, entry: "019ca945-0a00-7000-ac8e-f69281613a6e"}
	if theirs.entry == "" {
		t.Fatal("there is no entry to page from")
	}
	before := s.book(theirs.cookie)
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) {
			ask := func(h holding) (answer string, header http.Header) {
				path, body := a.route, ""
				if a.path != nil {
					path = a.path(mine, h)
				}
				if a.body != nil {
					body = a.body(mine, h)
				}
				w := s.do(a.method, path, body, "Cookie", mine.cookie)
				header = w.Header().Clone()
				header.Del("X-Request-Id")
				// A violation repeats what was sent.
				return strings.ReplaceAll(fmt.Sprintf("%d %s", w.Code, w.Body), h.entry, "<entry>"), header
			}
			yours, yourHeader := ask(theirs)
			none, noHeader := ask(nothing)
			if yours != none || !strings.HasPrefix(yours, "4") || strings.HasPrefix(yours, "401") {
				t.Errorf("another's: %s\nnobody's: %s", yours, none)
			}
			if fmt.Sprint(yourHeader) != fmt.Sprint(noHeader) {
				t.Errorf("another's: %v\nnobody's: %v", yourHeader, noHeader)
			}
		})
	}
	if after := s.book(theirs.cookie); after != before {
		t.Errorf("the other's things changed from\n%s\nto\n%s", before, after)
	}
}

// book is everything that a person has, as the surface shows it.
func (s *stack) book(cookie string) string {
	s.t.Helper()
	var all strings.Builder
	for _, path := range []string{"/auth/me", "/card", "/savings", "/bills"} {
		w := s.do("GET", path, "", "Cookie", cookie)
		if w.Code != http.StatusOK {
			s.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		all.Write(w.Body.Bytes())
	}
	return all.String()
}

func TestSecurity8GetChangesNothing(t *testing.T) {
	s := start(t, options{grant: money.New(10_000, money.USD)})
	h := s.holding("ann")
	before := s.files()
	for _, route := range bank.New(bank.Services{}).Routes {
		if route.Method != http.MethodGet {
			continue
		}
		path := strings.ReplaceAll(route.Path, "{four_digits}", h.card[12:])
		if w := s.do("GET", path, "", "Cookie", h.cookie); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if s.files() != before {
		t.Error("a GET wrote to the database")
	}
}

// files is the hash of the database as it lies on the disk.
func (s *stack) files() (sum [sha256.Size]byte) {
	s.t.Helper()
	hash := sha256.New()
	path := strings.TrimPrefix(s.url, "sqlite:")
	for _, name := range []string{path, path + "-wal"} {
		text, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		hash.Write(text)
	}
	hash.Sum(sum[:0])
	return sum
}
