package model

import (
	"fmt"
	"math/big"
)

// What people do with their wallets, and what that surface must answer.

func (w *worker) atWallet(p *person, method, path string, pairs ...string) call {
	body := ""
	if len(pairs) > 0 {
		body = fields(pairs...)
	}
	return call{who: p, surface: "wallet", method: method, path: "/users/wallets/" + path, body: body}
}

// walletStatus is how the surface answers a payment.
func walletStatus(v verdict) int {
	return map[verdict]int{good: 201, short: 400, blocked: 400, gone: 404, nothing: 400, unquoted: 503}[v]
}

// shownWallet is a wallet as its surface shows it.
type shownWallet struct {
	ID       int64
	Number   string `json:"wallet_number"`
	Name     string
	Amount   string
	Currency string `json:"amount_currency"`
	Active   bool   `json:"is_active"`
}

func (w *worker) createWallet() {
	p := w.somebody("wallet")
	currency := pick(w, []string{"KZT", "KZT", "USD", "EUR"})
	if w.chance(10) {
		w.move(w.atWallet(p, "POST", "create/", "amount_currency", quote("KRW")), 400, refused)
		return
	}
	c := w.atWallet(p, "POST", "create/", "name", quote(currency+" money"), "amount_currency", quote(currency))
	if p.walletIn(currency) != nil {
		w.move(c, 400, refused)
		return
	}
	a := w.opened(p, wallet, currency+" money", currency)
	var made shownWallet
	w.decode(w.move(c, 201, good, a), &made)
	a.id, a.number = made.ID, made.Number
	p.wallets = append(p.wallets, a)
	w.same(a, "a new wallet", fmt.Sprint(made.Name, made.Amount, made.Currency, made.Active), fmt.Sprint(a.name, a.text(), a.currency, true))
}

// walletOf draws a wallet of somebody who uses the surface; without one the
// surface has nothing to find.
func (w *worker) walletOf() (*person, *account) {
	p := w.somebody("wallet")
	if len(p.wallets) == 0 {
		w.move(w.atWallet(p, "POST", "1/deposit/", "amount", "1"), 404, refused)
		return p, nil
	}
	return p, pick(w, p.wallets)
}

// anothers asks for something with another person's wallet, which is not there.
func (w *worker) anothers(p *person, what string) bool {
	theirs := w.other(p)
	if len(theirs.wallets) == 0 || !w.chance(30) {
		return false
	}
	w.move(w.atWallet(p, "POST", fmt.Sprintf("%d/%s/", pick(w, theirs.wallets).id, what), "amount", "1", "wallet_number", quote("1234567890")), 404, refused)
	return true
}

type moved struct {
	Amount, Balance string
	ID              string `json:"transaction_id"`
}

func (w *worker) deposit() {
	p, a := w.walletOf()
	if a == nil || w.anothers(p, "deposit") {
		return
	}
	s := w.amount(a.currency, 60_000)
	c := w.atWallet(p, "POST", fmt.Sprintf("%d/deposit/", a.id), "amount", w.number(s))
	if s.wrong {
		w.move(c, 400, refused)
		return
	}
	w.checkMoved(a, s, w.pay(deposit, nil, a, s.minor), c)
}

func (w *worker) withdraw() {
	p, a := w.walletOf()
	if a == nil || w.anothers(p, "withdraw") {
		return
	}
	w.withdrawFrom(p, a, w.amount(a.currency, a.balance))
}

func (w *worker) withdrawFrom(p *person, a *account, s sum) {
	c := w.atWallet(p, "POST", fmt.Sprintf("%d/withdraw/", a.id), "amount", w.number(s))
	if s.wrong {
		w.move(c, 400, refused)
		return
	}
	w.checkMoved(a, s, w.pay(withdraw, a, nil, s.minor), c)
}

func (w *worker) checkMoved(a *account, s sum, o outcome, c call) {
	answer := w.move(c, walletStatus(o.verdict), o.verdict, a)
	if o.verdict != good {
		return
	}
	var done moved
	w.decode(answer, &done)
	w.same(a, c.path, done.Amount+" "+done.Balance, text(s.minor, a.currency)+" "+a.text())
	o.told(done.ID)
}

func (w *worker) walletTransfer() {
	p, from := w.walletOf()
	if from == nil || w.anothers(p, "transfer") {
		return
	}
	to, number := w.receiver()
	s := w.amount(from.currency, from.balance)
	w.payByWallet(p, from, to, number, s)
}

func (w *worker) payByWallet(p *person, from, to *account, number string, s sum) {
	c := w.atWallet(p, "POST", fmt.Sprintf("%d/transfer/", from.id), "wallet_number", quote(number), "amount", w.number(s))
	switch {
	case to == from, s.wrong && to != nil:
		w.move(c, 400, refused)
		return
	case s.wrong:
		return
	case to == nil:
		w.move(c, 404, refused)
		return
	}
	o := w.pay(transfer, from, to, s.minor)
	answer := w.move(c, walletStatus(o.verdict), o.verdict, from, to)
	if o.verdict != good {
		return
	}
	var done struct {
		Number           string `json:"wallet_number"`
		Amount, Balance  string
		Currency         string `json:"amount_currency"`
		Received         string `json:"received_amount"`
		ReceivedCurrency string `json:"received_currency"`
		Rate             string
		ID               string `json:"transaction_id"`
	}
	w.decode(answer, &done)
	w.same(from, "a transfer", fmt.Sprint(done.Number, " ", done.Amount, " ", done.Currency, " → ", done.Received, " ", done.ReceivedCurrency, ", leaves ", done.Balance),
		fmt.Sprint(to.number, " ", text(s.minor, from.currency), " ", from.currency, " → ", text(o.received, to.currency), " ", to.currency, ", leaves ", from.text()))
	w.checkRate(from, to, done.Rate)
	o.told(done.ID)
}

// checkRate wants the rate that an answer tells to be the exact one in 10 digits.
func (w *worker) checkRate(from, to *account, told string) {
	want := "1"
	if from.currency != to.currency {
		exact, _ := w.ratio(from.currency, to.currency)
		want = new(big.Float).SetPrec(400).SetRat(exact).Text('e', 9)
	}
	got, numeric := new(big.Rat).SetString(told)
	if expected, _ := new(big.Rat).SetString(want); !numeric || got.Cmp(expected) != 0 {
		w.fail("a rate from %s to %s is told as %s, want %s", from.currency, to.currency, told, want)
	}
}

func (w *worker) renameWallet() {
	p := w.somebody("wallet")
	if len(p.wallets) == 0 {
		return
	}
	a := pick(w, p.wallets)
	a.name = fmt.Sprintf("Wallet %d", w.random.IntN(1000))
	w.do(w.atWallet(p, "PATCH", fmt.Sprintf("%d/update/", a.id), "name", quote(a.name)), 200)
	w.touch(p)
}

// wallets is every wallet that the fee is asked of.
func (w *world) wallets() (all []*account) {
	for _, p := range w.people {
		all = append(all, p.wallets...)
	}
	return all
}
