package model

import (
	"encoding/json"
	"fmt"
	"slices"
)

// What the bot surface shows of all that a person has, and people who know
// nothing but their Telegram chat, until it is linked to somebody's account.

// botAccount is an account as the surface lists it.
type botAccount struct {
	ID       int64
	Kind     string
	Number   *string
	Name     string
	Currency string
	Balance  json.Number
	Active   bool `json:"is_active"`
}

func (w *worker) accountsAtBot(p *person) (shown []botAccount) {
	w.Helper()
	w.read(p, "bot", "/api/v1/accounts", &shown)
	return shown
}

// checkBot compares the list of all accounts.
func (w *worker) checkBot(p *person) {
	w.Helper()
	want := map[string]bool{}
	add := func(a *account, id int64, number, name string) {
		want[fmt.Sprint(a.kind, " ", id, " ", number, " ", name, " ", a.currency, " ", a.text(), " ", !a.blocked)] = true
	}
	for _, a := range p.wallets {
		add(a, a.id, a.number, a.name)
	}
	for _, a := range p.cards {
		add(a, a.id, a.masked(), "Card")
	}
	for _, a := range p.goals {
		add(a, a.id, "", a.name)
	}
	if p.box != nil {
		add(p.box, 0, "", "Gift box")
	}
	var missing []string
	for _, s := range w.accountsAtBot(p) {
		number, id := "", s.ID
		if s.Number != nil {
			number = *s.Number
		}
		if s.Kind == string(box) {
			id = 0 // which nobody is told elsewhere
		}
		is := fmt.Sprint(s.Kind, " ", id, " ", number, " ", s.Name, " ", s.Currency, " ", s.Balance, " ", s.Active)
		if !want[is] {
			missing = append(missing, is)
		}
		delete(want, is)
	}
	if len(missing) > 0 || len(want) > 0 {
		w.fail("the bot shows of %s what the model has not: %q, and not what it has: %v", p, missing, want)
	}
}

// newChat registers a Telegram chat, whose user gets some gifts and is then linked
// to somebody: all that they have is theirs, unless it is real money.
func (w *worker) newChat() {
	into := w.somebody("gift")
	p := w.newPerson()
	p.onlyChat, p.email, p.chat, p.first, p.username = true, "", 700_000+int64(p.number), "Chat", fmt.Sprintf("chat %d", p.number)
	var made struct {
		ID int64 `json:"user_id"`
	}
	answer := w.do(call{surface: "bot", method: "POST", path: fmt.Sprintf("/api/v1/auth/telegram/register?chat_id=%d&username=chat+%d&first_name=Chat", p.chat, p.number)}, 200)
	w.decode(answer, &made)
	p.keep("bot", answer)
	p.id = made.ID
	for range w.random.IntN(4) {
		w.giveTo(w.somebody("gift"), p)
	}
	w.checkBot(p)
	var started struct{ Code string }
	w.decode(w.do(call{surface: "bot", method: "POST", path: "/api/v1/auth/telegram/start", body: fields("chat_id", fmt.Sprint(p.chat))}, 200), &started)
	confirm := func(code string) call {
		return call{who: into, surface: "bot", method: "POST", path: "/api/v1/auth/telegram/confirm", body: fields("code", quote(code), "chat_id", fmt.Sprint(p.chat))}
	}
	if w.chance(3) {
		w.do(confirm("wrong"), 400)
	}
	if p.money() {
		w.do(confirm(started.Code), 409, "the chat's user has money")
		return
	}
	answer = w.do(confirm(started.Code), 200)
	w.merged(p, into)
	into.keep("bot", answer)
}

// merged makes a chat's user and another one the same.
func (w *worker) merged(p, into *person) {
	if p.box != nil {
		if into.box == nil {
			into.box = w.opened(into, box, "Gift box", "GIFT")
		}
		into.box.balance += p.box.balance
	}
	into.messages = append(into.messages, p.messages...)
	slices.SortFunc(into.messages, func(a, b *message) int { return int(a.id - b.id) })
	into.received += p.received
	into.wallets = append(into.wallets, p.wallets...)
	into.chat, p.chat, p.gone = p.chat, 0, true
	p.box, p.messages, p.wallets = nil, nil, nil
	w.touch(into)
}
