package bench

import (
	"fmt"
	"sync/atomic"
)

// tally is what the clients were told about money: how each account must have
// changed, in minor units, if nothing that was acknowledged was lost and nothing
// else was done. It is checked against what the surfaces show at the end.
type tally struct {
	accounts     []account
	acknowledged atomic.Int64 // movements
}

// account is one of a person's accounts.
type account struct {
	name    string // for people: never a number
	opening int64  // minor units, when the measuring began
	change  atomic.Int64
}

// open adds an account and returns its place. It is not for several at once.
func (t *tally) open(name string, opening int64) int {
	t.accounts = append(t.accounts, account{name: name, opening: opening})
	return len(t.accounts) - 1
}

// nobody is the other side of a movement that no person's account has.
const nobody = -1

// moved notes a movement that was acknowledged, in minor units.
func (t *tally) moved(from, to int, amount int64) {
	if from != nobody {
		t.accounts[from].change.Add(-amount)
	}
	if to != nobody {
		t.accounts[to].change.Add(amount)
	}
	t.acknowledged.Add(1)
}

// check compares an account's balance with what it must be.
func (t *tally) check(place int, balance int64) error {
	a := &t.accounts[place]
	if want := a.opening + a.change.Load(); balance != want {
		return fmt.Errorf("%s has %d minor units, and what was acknowledged makes %d", a.name, balance, want)
	}
	return nil
}
