package model

import (
	"fmt"
	"strings"
)

// What the workers draw: whom, which account, how much.

func pick[T any](w *worker, list []T) T { return list[w.random.IntN(len(list))] }

// chance is true once in so many times.
func (w *worker) chance(in int) bool { return w.random.IntN(in) == 0 }

// somebody is one of the worker's people who uses a surface.
func (w *worker) somebody(surface string) *person {
	for range 1000 {
		if p := pick(w, w.people); p.uses(surface) {
			return p
		}
	}
	w.fail("nobody uses the %s", surface)
	return nil
}

// other is one of the worker's people besides p.
func (w *worker) other(p *person) *person {
	for range 1000 {
		if other := pick(w, w.people); other != p && !other.gone {
			return other
		}
	}
	w.fail("nobody but %s is there", p)
	return nil
}

// receiver is an account that has a number, or had one: one of the worker's
// people's, now and then another worker's, or nil and a number that nobody has.
func (w *worker) receiver() (*account, string) {
	switch {
	case w.chance(40):
		return nil, pick(w, []string{"1234567890", "0123456789", "9000 0000 0000 0000", "somebody"})
	case len(w.jars) > 0 && w.chance(4):
		a := pick(w, w.jars)
		return a, w.written(a.number)
	}
	for range 1000 {
		p := pick(w, w.people)
		if p.gone && !w.chance(8) {
			continue
		}
		all := p.accounts()
		if len(p.deletedCards) > 0 && w.chance(15) {
			all = p.deletedCards
		}
		if len(all) > 0 {
			a := pick(w, all)
			return a, w.written(a.number)
		}
	}
	return nil, "1234567890"
}

// written is a number as people write it: now and then in groups.
func (w *worker) written(number string) string {
	if !w.chance(10) || len(number) < 8 {
		return number
	}
	return number[:4] + pick(w, []string{" ", "-"}) + number[4:8] + pick(w, []string{" ", "-"}) + number[8:]
}

// sum is an amount as it is sent, and whether it is one at all.
type sum struct {
	text  string
	minor int64
	wrong bool // the surface's validation refuses it
}

// amount draws an amount to take from an account, or from outside.
func (w *worker) amount(currency string, has int64) sum {
	units := int64(1)
	for range places[currency] {
		units *= 10
	}
	is := func(minor int64) sum { return sum{text: text(minor, currency), minor: minor} }
	switch draw := w.random.IntN(100); {
	case draw < 6:
		return is(has + 1 + w.random.Int64N(500))
	case draw < 9 && has > 0:
		return is(has)
	case draw < 12:
		return sum{text: pick(w, []string{"0", "-1", "0.00", "-0.01", "1e30"}), wrong: true}
	case draw < 15:
		precise := text(1+w.random.Int64N(1000), currency)
		if places[currency] == 0 {
			precise += "."
		}
		return sum{text: precise + pick(w, []string{"1", "5", "001"}), wrong: true}
	case draw < 18:
		whole := 1 + w.random.Int64N(9)
		return sum{text: fmt.Sprintf("%d", whole) + pick(w, []string{"e0", ""}), minor: whole * units}
	case draw < 50:
		return is(1 + w.random.Int64N(60))
	}
	return is(1 + w.random.Int64N(max(has/12, 2)))
}

// number is the amount as a JSON number, or now and then as a text.
func (w *worker) number(s sum) string {
	if w.chance(6) {
		return `"` + s.text + `"`
	}
	return s.text
}

// fields writes a JSON object of names and values, which are JSON already.
func fields(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "%c%q:%s", "{,"[min(i, 1)], pairs[i], pairs[i+1])
	}
	return b.String() + "}"
}

func quote(text string) string { return fmt.Sprintf("%q", text) }
