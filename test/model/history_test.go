package model

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Histories: what each surface tells of the movements, also of those that another
// one made.

const page = 500

// checkHistory reads the newest lines of a history, all when that is 0, and
// compares them, told as the surface tells them.
func (w *worker) checkHistory(a *account, newest int, read func(limit int, before string) (told, ids []string), tell func(line) string) {
	w.Helper()
	lines := slices.Clone(a.lines)
	slices.Reverse(lines)
	whole := newest == 0 || newest >= len(lines)
	if !whole {
		lines = lines[:newest]
	}
	var told, ids []string
	for before := ""; len(told) < len(lines) || whole; before = ids[len(ids)-1] {
		some, theirs := read(min(page, max(len(lines)-len(told), 1)), before)
		told, ids = append(told, some...), append(ids, theirs...)
		if len(some) == 0 {
			break
		}
	}
	if len(told) != len(lines) {
		w.fail("the history of the %s %s of %s has %d lines, want %d", a.kind, a.number, a.owner, len(told), len(lines))
	}
	if a.jar { // paid into by several at once, whose order nobody knows
		var want []string
		for _, l := range lines {
			want = append(want, tell(l))
		}
		slices.Sort(want)
		if slices.Sort(told); !slices.Equal(told, want) {
			w.fail("the history of %s is %q, want in any order %q", a.number, told, want)
		}
		return
	}
	for i, l := range lines {
		if want := tell(l); told[i] != want || l.transfer != "" && ids[i] != l.transfer {
			w.fail("line %d from the newest of the %s %s of %s is %s %s, want %s %s", i, a.kind, a.number, a.owner, ids[i], told[i], l.transfer, want)
		}
	}
}

// otherNumber is the number by which a history shows the other side.
func otherNumber(a *account, l line) string {
	switch {
	case l.other == nil || l.other.number == "":
		return ""
	case l.other.owner != a.owner:
		return l.other.masked()
	}
	return l.other.number
}

func (w *worker) checkCardHistory(a *account, newest int) {
	w.Helper()
	read := func(limit int, before string) (told, ids []string) {
		path := fmt.Sprintf("/card/history?limit=%d", limit)
		if before != "" {
			path += "&before=" + before
		}
		var answer struct {
			History []struct {
				ID, Direction, From, To string
				FromNumber              *string     `json:"from_card_number"`
				ToNumber                *string     `json:"to_card_number"`
				Type                    string      `json:"transfer_type"`
				Amount                  json.Number `json:"amount"`
			}
		}
		w.decode(w.do(w.bank(a.owner, "POST", path, "card_number", quote(a.number)), 200), &answer)
		for _, l := range answer.History {
			about := "" // what is no person, and has a name
			if l.Type != "TRANSFER" && l.Type != "INCOME" {
				if about = l.To; l.Direction == "in" {
					about = l.From
				}
			}
			told = append(told, fmt.Sprint(l.Direction, " ", orNone(l.FromNumber), "→", orNone(l.ToNumber), " ", l.Type, " ", l.Amount, " ", about))
			ids = append(ids, l.ID)
		}
		return told, ids
	}
	w.checkHistory(a, newest, read, func(l line) string {
		what := map[movement]string{transfer: "TRANSFER", grant: "INCOME", payBill: "BILL", topUp: "SAVINGS_TOPUP", decrease: "SAVINGS_WITHDRAW"}[l.what]
		about := ""
		switch l.what {
		case payBill:
			about = "Bill – " + l.about
		case topUp, decrease:
			about = "Savings – " + l.other.name
		}
		direction, from, to, amount := "in", otherNumber(a, l), a.number, l.amount
		if amount < 0 {
			direction, from, to, amount = "out", to, from, -amount
		}
		return fmt.Sprint(direction, " ", from, "→", to, " ", what, " ", text(amount, a.currency), " ", about)
	})
}

func orNone(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (w *worker) checkWalletHistory(a *account, newest int) {
	w.Helper()
	type party struct {
		Number string `json:"wallet_number"`
	}
	shown := func(p *party) string {
		if p == nil {
			return ""
		}
		return p.Number
	}
	read := func(limit int, before string) (told, ids []string) {
		path := fmt.Sprintf("%d/transactions/?limit=%d", a.id, limit)
		if before != "" {
			path += "&before=" + before
		}
		var answer []struct {
			ID, Amount       string
			Currency         string `json:"amount_currency"`
			Type             string `json:"operation_type"`
			Sender, Receiver *party
		}
		w.decode(w.do(w.atWallet(a.owner, "GET", path), 200), &answer)
		for _, l := range answer {
			told = append(told, fmt.Sprint(shown(l.Sender), "→", shown(l.Receiver), " ", l.Type, " ", l.Amount, " ", l.Currency))
			ids = append(ids, l.ID)
		}
		return told, ids
	}
	w.checkHistory(a, newest, read, func(l line) string {
		what := map[movement]string{transfer: "TRANSFER", deposit: "DEPOSIT", withdraw: "WITHDRAW", fee: "FEE"}[l.what]
		other := ""
		if l.other != nil {
			if other = l.other.number; l.other.kind == card {
				other = l.other.masked()
			}
		}
		from, to, amount := other, a.number, l.amount
		if amount < 0 {
			from, to, amount = to, other, -amount
		}
		return fmt.Sprint(from, "→", to, " ", what, " ", text(amount, a.currency), " ", a.currency)
	})
}
