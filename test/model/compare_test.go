package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// What the surfaces show of people, compared with the model.

var surfaces = []string{"bank", "profile", "wallet", "bot", "gift"}

// views are the looks at a person, each on a surface.
var views = []struct {
	surface string
	check   func(*worker, *person)
}{
	{"bot", (*worker).checkBot},
	{"bank", (*worker).checkOverview},
	{"bank", (*worker).checkCards},
	{"bank", (*worker).checkGoals},
	{"bank", (*worker).checkBills},
	{"wallet", (*worker).checkWallets},
	{"wallet", (*worker).checkOneWallet},
	{"gift", (*worker).checkGifts},
	{"profile", (*worker).checkProfile},
}

// glance compares those whom the last operations touched: all accounts of each,
// and another look or two.
func (w *worker) glance() {
	for _, p := range w.touched {
		if p.gone {
			continue
		}
		if w.checkBot(p); w.chance(2) {
			if view := pick(w, views); p.uses(view.surface) {
				view.check(w, p)
			}
		}
	}
	w.touched = nil
}

// compareAll compares everything that is shown of the worker's people; of a
// history the newest lines, 0 for all.
func (w *worker) compareAll(newest int) {
	for _, p := range w.people {
		if p.gone {
			w.do(call{surface: "gift", method: "GET", path: fmt.Sprintf("/api/user/%d", p.id)}, 404, "they have left")
			continue
		}
		for _, view := range views {
			if p.uses(view.surface) {
				view.check(w, p)
			}
		}
		w.checkPublic(p)
		if p.uses("bank") {
			for _, a := range p.cards {
				w.checkCardHistory(a, newest)
			}
		}
		if p.uses("wallet") {
			for _, a := range p.wallets {
				w.checkWalletHistory(a, newest)
			}
		}
		if newest == 0 && p.uses("gift") {
			w.checkMessages(p)
		}
	}
	w.touched = nil
}

func (w *worker) checkOverview(p *person) {
	w.Helper()
	var me struct {
		Name, Surname, Currency string
		Balance                 json.Number
		Wallet                  *string `json:"wallet_number"`
		Cards                   []struct {
			Balance json.Number
			Last4   string
		}
	}
	w.read(p, "bank", "/auth/me", &me)
	got := fmt.Sprint(me.Name, "|", me.Surname, "|", me.Balance, "|", me.Currency, "|")
	if me.Wallet != nil {
		got += *me.Wallet
	}
	for _, c := range me.Cards {
		got += fmt.Sprint("|", c.Last4, " ", c.Balance)
	}
	currency, number, all, cards := w.base, "", int64(0), ""
	if len(p.wallets) > 0 {
		currency, number, all = p.wallets[0].currency, p.wallets[0].number, p.wallets[0].balance
	}
	for _, a := range p.cards {
		all += a.balance
		cards += fmt.Sprint("|", a.number[12:], " ", a.text())
	}
	if want := fmt.Sprint(p.first, "|", p.last, "|", text(all, currency), "|", currency, "|", number) + cards; got != want {
		w.fail("the overview of %s is %s, want %s", p, got, want)
	}
}

// refuses checks a list that the bank does not give those who have nothing in it.
func (w *worker) refuses(p *person, path string, has int) bool {
	w.Helper()
	if has > 0 {
		return false
	}
	w.do(w.bank(p, "GET", path), 406, "there is none")
	return true
}

func (w *worker) checkCards(p *person) {
	w.Helper()
	if w.refuses(p, "/card", len(p.wallets)) {
		return
	}
	var shown []shownCard
	w.read(p, "bank", "/card", &shown)
	if len(shown) != len(p.cards) {
		w.fail("%s has %d cards, want %d", p, len(shown), len(p.cards))
	}
	for i, a := range p.cards {
		want := shownCard{a.id, a.number, json.Number(a.text()), a.currency}
		if shown[i] != want {
			w.fail("a card of %s is %+v, want %+v", p, shown[i], want)
		}
		var alone shownCard
		if w.read(p, "bank", "/card/"+a.number[12:], &alone); alone != want {
			w.fail("a card of %s, asked for alone, is %+v, want %+v", p, alone, want)
		}
	}
}

func (w *worker) checkGoals(p *person) {
	w.Helper()
	if w.refuses(p, "/savings", len(p.goals)) {
		return
	}
	var shown []struct {
		ID                    int64
		Name                  string
		Balance, Goal, Remain json.Number
	}
	w.read(p, "bank", "/savings", &shown)
	var got, want []string
	for _, s := range shown {
		got = append(got, fmt.Sprint(s.ID, " ", s.Name, " ", s.Balance, " ", s.Goal, " ", s.Remain))
	}
	for _, a := range p.goals {
		want = append(want, fmt.Sprint(a.id, " ", a.name, " ", a.text(), " ", text(a.goal, a.currency), " ", text(max(a.goal-a.balance, 0), a.currency)))
	}
	if !slices.Equal(got, want) {
		w.fail("the savings of %s are %q, want %q", p, got, want)
	}
}

func (w *worker) checkBills(p *person) {
	w.Helper()
	if w.refuses(p, "/bills", len(p.bills)) {
		return
	}
	var shown []struct {
		ID     int64
		Name   string
		Amount json.Number
		Paid   bool
	}
	w.read(p, "bank", "/bills", &shown)
	var got, want []string
	for _, s := range shown {
		got = append(got, fmt.Sprint(s.ID, " ", s.Name, " ", s.Amount, " ", s.Paid))
	}
	for _, b := range p.bills {
		want = append(want, fmt.Sprint(b.id, " ", b.name, " ", text(b.amount, p.wallets[0].currency), " ", b.paid))
	}
	if !slices.Equal(got, want) {
		w.fail("the bills of %s are %q, want %q", p, got, want)
	}
}

func (w *worker) sameWallet(p *person, shown shownWallet, a *account) {
	w.Helper()
	if want := (shownWallet{a.id, a.number, a.name, a.text(), a.currency, !a.blocked}); shown != want {
		w.fail("a wallet of %s is %+v, want %+v", p, shown, want)
	}
}

func (w *worker) checkWallets(p *person) {
	w.Helper()
	var me struct {
		First   string `json:"first_name"`
		Last    string `json:"last_name"`
		Wallets []shownWallet
	}
	w.read(p, "wallet", "/users/", &me)
	var list []shownWallet
	w.read(p, "wallet", "/users/wallets/", &list)
	if me.First != p.first || me.Last != p.last || len(me.Wallets) != len(p.wallets) || len(list) != len(p.wallets) {
		w.fail("at the wallet, %s is %+v with wallets %+v, want %s %s with %d", p, me, list, p.first, p.last, len(p.wallets))
	}
	for i, a := range p.wallets {
		w.sameWallet(p, me.Wallets[i], a)
		w.sameWallet(p, list[i], a)
	}
}

func (w *worker) checkOneWallet(p *person) {
	w.Helper()
	if len(p.wallets) == 0 {
		return
	}
	a := pick(w, p.wallets)
	var shown shownWallet
	w.read(p, "wallet", fmt.Sprintf("/users/wallets/%d/", a.id), &shown)
	w.sameWallet(p, shown, a)
	if theirs := w.other(p); len(theirs.wallets) > 0 {
		w.do(w.atWallet(p, "GET", fmt.Sprintf("%d/", theirs.wallets[0].id)), 404, "it is another's")
	}
}

func (w *worker) checkProfile(p *person) {
	w.Helper()
	var me struct {
		ID    int64
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	}
	if w.read(p, "profile", "/account/me", &me); me.ID != p.id || me.First != p.first || me.Last != p.last {
		w.fail("the profile of %s is %+v, want %d %s %s", p, me, p.id, p.first, p.last)
	}
}

// giftPage is a page of a person's messages.
type giftPage struct {
	User struct {
		Username string
		Total    int64 `json:"total_amount"`
	} `json:"user_info"`
	Count    int `json:"message_set_count"`
	Messages []shownMessage
}

// checkPage compares a page of messages, 6 of them, the newest first.
func (w *worker) checkPage(p *person, number int) {
	w.Helper()
	var page giftPage
	w.read(p, "gift", fmt.Sprintf("/api/user/%d/messages?page=%d", p.id, number), &page)
	last := max(len(p.messages)-6*(number-1), 0)
	want := p.messages[max(last-6, 0):last]
	if page.User.Username != p.display() || page.User.Total != w.total(p) || page.Count != len(p.messages) || len(page.Messages) != len(want) {
		w.fail("page %d of the messages to %s is %+v, want %s with a total of %d, %d messages, %d here", number, p, page, p.display(), w.total(p), len(p.messages), len(want))
	}
	for i, shown := range page.Messages {
		w.sameMessage(p, shown, want[len(want)-1-i])
	}
}

func (w *worker) checkGifts(p *person) {
	w.Helper()
	w.checkPage(p, 1+w.random.IntN(2+len(p.messages)/6))
	if len(p.messages) > 0 {
		b, other := pick(w, p.messages), w.other(p)
		var shown shownMessage
		w.read(p, "gift", fmt.Sprintf("/api/user/%d/messages/%d", p.id, b.id), &shown)
		w.sameMessage(p, shown, b)
		if other.uses("gift") {
			w.do(call{who: other, surface: "gift", method: "GET", path: fmt.Sprintf("/api/user/%d/messages/%d", p.id, b.id)}, 403, "it is another's")
		}
	}
}

// checkMessages compares all pages.
func (w *worker) checkMessages(p *person) {
	for number := 1; number <= 1+len(p.messages)/6; number++ {
		w.checkPage(p, number)
	}
}

// checkPublic compares what everybody sees of a person.
func (w *worker) checkPublic(p *person) {
	w.Helper()
	var shown giftPage
	w.decode(w.do(call{surface: "gift", method: "GET", path: fmt.Sprintf("/api/user/%d", p.id)}, 200), &shown)
	if name := p.display(); strings.TrimSpace(name) != "" && shown.User.Username != name || shown.User.Total != w.total(p) {
		w.fail("everybody sees %+v of %s, want %s with %d", shown.User, p, name, w.total(p))
	}
}
