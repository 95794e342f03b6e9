package model

import (
	"fmt"
	"slices"
	"strings"
)

// Messages with money, and people who leave.

// notes are the amounts that go without a money bag.
var notes = []int64{100, 500, 1000, 5000, 10000, 50000, 99999}

// shownMessage is a message as the surface shows it.
type shownMessage struct {
	ID       int64
	Text     string `json:"message"`
	Amount   int64
	Moneybag bool   `json:"is_moneybag"`
	Image    string `json:"image_name"`
	Author   string `json:"author_name"`
}

func (w *worker) gift(from *person, to int64, text, amount string, moneybag bool) call {
	return call{
		who: from, surface: "gift", method: "POST", path: fmt.Sprintf("/api/user/%d/messages", to),
		body: fields("message", quote(text), "amount", amount, "is_moneybag", fmt.Sprint(moneybag)),
	}
}

func (w *worker) sendGift() {
	from := w.somebody("gift")
	to := w.other(from)
	if w.chance(30) {
		to = from
	}
	w.giveTo(from, to)
}

func (w *worker) giveTo(from, to *person) {
	b := &message{text: fmt.Sprintf("새해 복 많이 받으세요 %d", w.random.IntN(1000)), from: from, moneybag: w.chance(2)}
	b.amount = pick(w, notes[:4])
	if b.moneybag {
		b.amount = 1 + w.random.Int64N(3000)
	}
	switch {
	case w.chance(30):
		w.move(w.gift(from, 1<<40, b.text, "100", false), 404, refused)
		return
	case w.chance(30):
		w.move(w.gift(from, to.id, b.text, pick(w, []string{"0", "-1", "1.5", `"many"`, "1000000001"}), true), 400, refused)
		return
	case w.chance(30):
		w.move(w.gift(from, to.id, b.text, "101", false), 400, refused)
		return
	case w.chance(60):
		w.move(w.gift(from, to.id, strings.Repeat("가", 151), "100", false), 400, refused)
		return
	}
	c := w.gift(from, to.id, b.text, fmt.Sprint(b.amount), b.moneybag)
	v, opened := good, false
	if w.funding == "wallet" {
		if v, opened = w.giveWon(from, to, b.amount); from == to {
			w.move(c, 400, refused)
			return
		}
	} else {
		if to.box == nil {
			to.box = w.opened(to, box, "Gift box", "GIFT")
		}
		to.box.balance += b.amount
	}
	answer := w.move(c, map[verdict]int{good: 201, short: 400, blocked: 400, unquoted: 503}[v], v, from.walletIn("KRW"), to.walletIn("KRW"))
	w.touch(to)
	if v != good {
		return
	}
	var made shownMessage
	w.decode(answer, &made)
	b.id = made.ID
	to.messages = append(to.messages, b)
	w.sameMessage(to, made, b)
	if opened {
		w.discover(to)
	}
}

// giveWon moves real won between wallets, the receiver's being opened for it.
func (w *worker) giveWon(from, to *person, amount int64) (v verdict, opened bool) {
	purse, theirs := from.walletIn("KRW"), to.walletIn("KRW")
	if purse == nil || from == to {
		return short, false
	}
	if theirs == nil {
		theirs, opened = w.opened(to, wallet, "My wallet", "KRW"), true
	}
	if v = w.pay(transfer, purse, theirs, amount).verdict; v != good {
		return v, false
	}
	if opened {
		to.wallets = append(to.wallets, theirs)
	}
	to.received += amount
	return good, opened
}

// sameMessage compares a message as it is shown.
func (w *worker) sameMessage(to *person, shown shownMessage, b *message) {
	w.Helper()
	author := "탈퇴한 사용자"
	if !b.from.gone {
		author = b.from.display()
	}
	image := b.amount
	if b.moneybag {
		image = 99999
	}
	if want := (shownMessage{b.id, b.text, b.amount, b.moneybag, fmt.Sprintf("Money_%d.png", image), author}); shown != want {
		w.fail("a message to %s: %+v, want %+v", to, shown, want)
	}
}

// total is what the gift surface says that a person was given.
func (w *world) total(p *person) int64 {
	switch {
	case w.funding == "wallet":
		return p.received
	case p.box == nil:
		return 0
	}
	return p.box.balance
}

// renamePerson changes the names by which others see people, on three surfaces.
func (w *worker) renamePerson() {
	switch n := w.random.IntN(1000); w.random.IntN(3) {
	case 0:
		p := w.somebody("gift")
		p.username = fmt.Sprintf("민수 %d", n)
		w.do(call{who: p, surface: "gift", method: "PUT", path: fmt.Sprintf("/api/user/%d", p.id), body: fields("username", quote(p.username))}, 200)
	case 1:
		p := w.somebody("wallet")
		p.first, p.last = fmt.Sprintf("Ann %d", n), "Lee"
		w.do(call{who: p, surface: "wallet", method: "PATCH", path: "/users/update/", body: fields("first_name", quote(p.first), "last_name", quote(p.last))}, 200)
	case 2:
		p := w.somebody("profile")
		p.first = "Анна " + strings.Repeat("а", 1+n%9)
		w.do(call{who: p, surface: "profile", method: "POST", path: "/account/edit/info", body: fields("first_name", quote(p.first))}, 200)
	}
}

func (w *worker) withdrawal(p *person, name string) call {
	return call{who: p, surface: "gift", method: "DELETE", path: "/api/user/withdraw", body: fields("username", quote(name))}
}

// leave has somebody try to leave who may not.
func (w *worker) leave() {
	p := w.somebody("gift")
	w.do(w.withdrawal(p, p.display()+"?"), 400, "it is not their name")
	if p.money() {
		w.do(w.withdrawal(p, p.display()), 400, "there is money")
	}
}

// depart has somebody give all away and leave, and somebody else come.
func (w *worker) depart() {
	at := w.random.IntN(len(w.people))
	for _, p := range slices.Concat(w.people[at:], w.people[:at]) {
		if !p.uses("gift") || !p.uses("wallet") || !w.emptied(p) {
			continue
		}
		w.asked.Add(1)
		w.do(w.withdrawal(p, p.display()), 204)
		p.gone = true
		for _, a := range slices.Concat(p.wallets, p.cards, p.goals) {
			a.closed = true
		}
		p.messages, p.box = nil, nil
		for surface := range p.header {
			w.closedTo(p, surface)
		}
		w.people = append(w.people, w.join(pick(w, surfaces)))
		return
	}
}

// impoverish empties wallets that owe 200 tenge, so that they will be blocked.
func (w *worker) impoverish() {
	for _, p := range w.people {
		if a := p.walletIn("KZT"); a != nil && p.uses("wallet") && !a.blocked && a.balance > 0 && w.chance(2) {
			w.withdrawFrom(p, a, sum{text: a.text(), minor: a.balance})
		}
	}
}

// knock tries to get money out of what is blocked.
func (w *worker) knock() {
	for _, p := range w.people {
		for _, a := range p.wallets {
			if a.blocked && p.uses("wallet") {
				w.asked.Add(1)
				w.withdrawFrom(p, a, sum{text: text(1, a.currency), minor: 1})
			}
		}
	}
}

// closedTo asks with a session of somebody who has left.
func (w *worker) closedTo(p *person, surface string) {
	path, status := map[string]string{
		"bank": "/auth/me", "profile": "/account/me", "wallet": "/users/", "bot": "/api/v1/accounts", "gift": fmt.Sprintf("/api/user/%d/messages", p.id),
	}[surface], 401
	if surface == "profile" {
		status = 403
	}
	w.do(call{who: p, surface: surface, method: "GET", path: path}, status, "they have left")
}

// emptied gives all real money of a person away and says whether that worked.
func (w *worker) emptied(p *person) bool {
	for range 3 { // a wallet that is unblocked, or money that came as change
		for _, goal := range p.goals {
			if of := w.cardOf(p); goal.balance > 0 && of != nil {
				all := sum{text: goal.text(), minor: goal.balance}
				w.pay(decrease, goal, of, all.minor)
				w.move(w.bank(p, "POST", "/savings/decrease", "amount", all.text, "saving_account_id", fmt.Sprint(goal.id), "card_id", fmt.Sprint(of.id)), 200, good, goal, of)
			}
		}
		for _, a := range p.cards {
			to := w.elsewhere(p, a.currency)
			if a.balance > 0 && to != nil {
				w.payByCard(p, a, to, to.number, sum{text: a.text(), minor: a.balance})
			}
		}
		for _, a := range p.wallets {
			if a.balance > 0 && p.uses("wallet") {
				w.withdrawFrom(p, a, sum{text: a.text(), minor: a.balance})
			}
		}
	}
	return !p.money()
}

// elsewhere is an account of one of the other people, best of all in a currency.
func (w *worker) elsewhere(p *person, currency string) (found *account) {
	for _, other := range w.people {
		if other == p || other.gone {
			continue
		}
		for _, a := range other.accounts() {
			if found == nil || a.currency == currency {
				found = a
			}
			if a.currency == currency {
				return a
			}
		}
	}
	return found
}
