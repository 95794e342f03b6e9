package model

import (
	"encoding/json"
	"fmt"
)

// What people do at the bank, and what it must answer.

// shownCard is a card as the bank shows it.
type shownCard struct {
	ID       int64       `json:"card_id"`
	Number   string      `json:"number"`
	Balance  json.Number `json:"balance"`
	Currency string      `json:"currency"`
}

const (
	maxCards = 4 // of a person: more would only make looking slow
	maxGoals = 3

	unknownCard = "9000000000000000"
)

// banker is one of the worker's people, and whether they have a wallet, without
// which the bank refuses everything.
func (w *worker) banker() (p *person, able bool) {
	p = w.somebody("bank")
	return p, len(p.wallets) > 0
}

func (w *worker) bank(p *person, method, path string, pairs ...string) call {
	body := ""
	if len(pairs) > 0 {
		body = fields(pairs...)
	}
	return call{who: p, surface: "bank", method: method, path: path, body: body}
}

// bankStatus is how the bank answers a payment.
func bankStatus(v verdict) int {
	return map[verdict]int{good: 200, short: 403, blocked: 403, gone: 406, nothing: 403, unquoted: 503}[v]
}

// grantTo gives a new account its opening grant, which nobody gets who has no rate.
func (w *worker) grantTo(a *account) {
	given, v := w.convert(w.grants[a.kind], w.base, a.currency)
	if v == good {
		w.arrive(grant, nil, a, given)
	}
}

func (w *worker) createCard() {
	p, able := w.banker()
	if !able {
		w.move(w.bank(p, "POST", "/card/create"), 406, refused)
		return
	}
	if len(p.cards) >= maxCards {
		return
	}
	a := w.opened(p, card, "", p.wallets[0].currency)
	w.grantTo(a)
	var made shownCard
	w.decode(w.move(w.bank(p, "POST", "/card/create"), 200, good, a), &made)
	a.id, a.number = made.ID, made.Number
	p.cards = append(p.cards, a)
	w.same(a, "a new card", made.Currency+" "+made.Balance.String(), a.currency+" "+a.text())
}

// cardOf is one of the person's cards.
func (w *worker) cardOf(p *person) *account {
	if len(p.cards) == 0 {
		return nil
	}
	return pick(w, p.cards)
}

func (w *worker) deleteCard() {
	p, _ := w.banker()
	a, from := w.cardOf(p), w.other(p)
	if theirs := w.cardOf(from); theirs != nil && w.chance(4) {
		w.do(w.bank(p, "DELETE", "/card/delete", "card_number", quote(theirs.number)), 406, "it is another's")
		return
	}
	switch {
	case a == nil:
		w.do(w.bank(p, "DELETE", "/card/delete", "card_number", quote(unknownCard)), 406)
	case a.balance != 0:
		w.do(w.bank(p, "DELETE", "/card/delete", "card_number", quote(a.number)), 403, "there is money on it")
		if !w.chance(3) {
			return
		}
		to, number := w.receiver()
		if to == nil || to == a || to.closed {
			return
		}
		w.payByCard(p, a, to, number, sum{text: a.text(), minor: a.balance})
		fallthrough
	default:
		if a.balance == 0 {
			w.do(w.bank(p, "DELETE", "/card/delete", "card_number", quote(w.written(a.number))), 200)
			w.deleted(p, a)
		}
	}
}

// deleted takes a card off the book.
func (w *worker) deleted(p *person, a *account) {
	a.closed = true
	p.cards = without(p.cards, a)
	p.deletedCards = append(p.deletedCards, a)
	w.touch(p)
}

func without(list []*account, a *account) (kept []*account) {
	for _, other := range list {
		if other != a {
			kept = append(kept, other)
		}
	}
	return kept
}

func (w *worker) cardTransfer() {
	p, _ := w.banker()
	from := w.cardOf(p)
	to, number := w.receiver()
	noCard := "" // which the person cannot pay from
	switch theirs := w.cardOf(w.other(p)); {
	case from == nil:
		noCard = unknownCard
	case theirs != nil && w.chance(40):
		noCard = theirs.number
	case len(p.deletedCards) > 0 && w.chance(40):
		noCard = pick(w, p.deletedCards).number
	}
	if noCard != "" && (to == nil || to.number != noCard) {
		w.move(w.bank(p, "POST", "/card/transfer", "from_card_number", quote(noCard), "to_card_number", quote(number), "amount", "1"), 406, refused)
		return
	}
	if noCard == "" {
		w.payByCard(p, from, to, number, w.amount(from.currency, from.balance))
	}
}

// payByCard makes a transfer; to is nil where nobody has the number.
func (w *worker) payByCard(p *person, from, to *account, number string, s sum) {
	c := w.bank(p, "POST", "/card/transfer", "from_card_number", quote(from.number), "to_card_number", quote(number), "amount", w.number(s))
	switch {
	case to == from, s.wrong && to != nil:
		w.move(c, 422, refused)
		return
	case s.wrong: // of two things wrong, which comes first depends on what is wrong with the amount
		return
	case to == nil:
		w.move(c, 406, refused)
		return
	}
	o := w.pay(transfer, from, to, s.minor)
	answer := w.move(c, bankStatus(o.verdict), o.verdict, from, to)
	if o.verdict != good {
		return
	}
	var done struct {
		Message   string
		Amount    json.Number
		ID        string      `json:"transfer_id"`
		Remaining json.Number `json:"remaining_card_balance"`
	}
	w.decode(answer, &done)
	w.same(from, "a transfer", fmt.Sprint(done.Message, " ", done.Amount, " ", done.Remaining), fmt.Sprintf("Transferred %[1]s %[1]s %[2]s", text(s.minor, from.currency), from.text()))
	o.told(done.ID)
}

// told is the id of a payment that was made.
func (o outcome) told(id string) {
	for _, l := range o.lines {
		if l != nil {
			l.transfer = id
		}
	}
}

func (w *worker) createGoal() {
	p, able := w.banker()
	name := fmt.Sprintf("Goal %d", w.random.IntN(1000))
	if !able {
		w.move(w.bank(p, "POST", "/savings/create", "name", quote(name), "goal", "5"), 406, refused)
		return
	}
	if len(p.goals) >= maxGoals {
		return
	}
	a := w.opened(p, savings, name, p.wallets[0].currency)
	s := w.amount(a.currency, 5000)
	c := w.bank(p, "POST", "/savings/create", "name", quote(name), "goal", w.number(s))
	if s.wrong {
		w.move(c, 422, refused)
		return
	}
	a.goal = s.minor
	w.grantTo(a)
	var made struct {
		ID            int64
		Goal, Balance json.Number
	}
	w.decode(w.move(c, 200, good, a), &made)
	a.id = made.ID
	p.goals = append(p.goals, a)
	w.same(a, "a new goal", fmt.Sprint(made.Goal, " ", made.Balance), text(a.goal, a.currency)+" "+a.text())
}

// goalOf is one of the person's goals.
func (w *worker) goalOf(p *person) *account {
	if len(p.goals) == 0 {
		return nil
	}
	return pick(w, p.goals)
}

func (w *worker) moveSavings() {
	p, _ := w.banker()
	in := w.chance(2)
	path, what, noGoal, noCard := "/savings/topUp", topUp, 403, 406
	if !in {
		path, what, noGoal, noCard = "/savings/decrease", decrease, 406, 403
	}
	ask := func(goal, card int64, s sum) call {
		return w.bank(p, "POST", path, "amount", w.number(s), "saving_account_id", fmt.Sprint(goal), "card_id", fmt.Sprint(card))
	}
	goal, of, one := w.goalOf(p), w.cardOf(p), sum{text: "1"}
	theirs := w.other(p)
	switch {
	case goal == nil:
		w.move(ask(1, 1, one), 406, refused)
		return
	case len(theirs.goals) > 0 && w.chance(20):
		w.move(ask(theirs.goals[0].id, 1, one), noGoal, refused)
		return
	case of == nil, w.chance(30):
		w.move(ask(goal.id, goal.id, one), noCard, refused)
		return
	}
	from, to := of, goal
	if !in {
		from, to = goal, of
	}
	s := w.amount(from.currency, from.balance)
	if s.wrong {
		w.move(ask(goal.id, of.id, s), 422, refused)
		return
	}
	o := w.pay(what, from, to, s.minor)
	answer := w.move(ask(goal.id, of.id, s), bankStatus(o.verdict), o.verdict, from, to)
	if o.verdict == good {
		var done struct{ Balance json.Number }
		w.decode(answer, &done)
		w.same(goal, "savings", done.Balance.String(), goal.text())
	}
}

func (w *worker) deleteGoal() {
	p, able := w.banker()
	ask := func(goal int64) call {
		return w.bank(p, "DELETE", "/savings/delete", "saving_account_id", fmt.Sprint(goal))
	}
	goal, theirs := w.goalOf(p), w.goalOf(w.other(p))
	switch {
	case !able:
		w.do(ask(1), 406)
	case theirs != nil && w.chance(4):
		w.do(ask(theirs.id), 403, "it is another's")
	case goal == nil:
		w.do(ask(1), 403)
	case goal.balance != 0:
		w.do(ask(goal.id), 403, "there is money in it")
		of := w.cardOf(p)
		if of == nil {
			return
		}
		all := sum{text: goal.text(), minor: goal.balance}
		w.pay(decrease, goal, of, all.minor)
		w.move(w.bank(p, "POST", "/savings/decrease", "amount", w.number(all), "saving_account_id", fmt.Sprint(goal.id), "card_id", fmt.Sprint(of.id)), 200, good, goal, of)
		fallthrough
	default:
		w.do(ask(goal.id), 200)
		goal.closed = true
		p.goals = without(p.goals, goal)
		w.touch(p)
	}
}

func (w *worker) createBill() {
	p, able := w.banker()
	name := fmt.Sprintf("Bill %d", w.random.IntN(1000))
	if !able {
		w.do(w.bank(p, "POST", "/bills/create", "name", quote(name), "amount", "5", "due_date", `"2031-01-02T03:04:05"`), 406)
		return
	}
	currency := p.wallets[0].currency
	s := w.amount(currency, 20_000)
	c := w.bank(p, "POST", "/bills/create", "name", quote(name), "amount", w.number(s), "due_date", `"2031-01-02T03:04:05"`)
	if s.wrong {
		w.do(c, 422)
		return
	}
	var made struct {
		ID     int64
		Amount json.Number
		Paid   bool
	}
	w.decode(w.do(c, 200), &made)
	b := &bill{id: made.ID, name: name, amount: s.minor}
	if made.Paid || made.Amount.String() != text(s.minor, currency) {
		w.fail("%s: a new bill is %+v, want %s", p, made, text(s.minor, currency))
	}
	p.bills = append(p.bills, b)
}

func (w *worker) payBill() {
	p, able := w.banker()
	ask := func(bill int64, number string) call {
		return w.bank(p, "POST", "/bills/pay", "bill_id", fmt.Sprint(bill), "card_number", quote(number))
	}
	other, from := w.other(p), w.cardOf(p)
	switch {
	case !able:
		w.move(ask(1, unknownCard), 406, refused)
		return
	case len(other.bills) > 0 && w.chance(20):
		w.move(ask(pick(w, other.bills).id, unknownCard), 406, refused)
		return
	case len(p.bills) == 0:
		w.move(ask(1<<40, unknownCard), 406, refused)
		return
	}
	b := pick(w, p.bills)
	if w.chance(4) || from == nil {
		b = p.bills[len(p.bills)-1]
	}
	switch {
	case from == nil:
		w.move(ask(b.id, unknownCard), 406, refused)
	case b.paid:
		w.move(ask(b.id, from.number), 403, refused)
	default:
		o := w.pay(payBill, from, nil, b.amount)
		answer := w.move(ask(b.id, w.written(from.number)), bankStatus(o.verdict), o.verdict, from)
		if o.verdict != good {
			return
		}
		b.paid = true
		o.lines[0].about = b.name
		var done struct {
			Remaining json.Number `json:"remaining_card_balance"`
		}
		w.decode(answer, &done)
		w.same(from, "paying a bill", done.Remaining.String(), from.text())
	}
}

// same compares what an answer tells with the model.
func (w *worker) same(a *account, what, got, want string) {
	w.Helper()
	if got != want {
		w.fail("%s, the %s %d of %s (%s): says %q, the model %q", what, a.kind, a.id, a.owner, a.number, got, want)
	}
}
