package model

import (
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// The model: who has what, as one would keep it on paper. It shares no code with
// Purse. Amounts are integers of the smallest unit of their currency.

// places is how many decimals a currency has. GIFT is the play money.
var places = map[string]int{"KZT": 2, "USD": 2, "EUR": 2, "KRW": 0, "KWD": 3, "GIFT": 0}

// kind is what an account is, as the bot surface calls it.
type kind string

const (
	wallet  kind = "wallet"
	card    kind = "card"
	savings kind = "savings"
	box     kind = "gift"
)

const (
	month  = 30 * 24 * time.Hour
	maxAge = 48 * time.Hour // of rates
	margin = 15 * time.Minute

	// afterRates is how long after new rates every fee that waited is asked for:
	// the job that asks runs every six hours at least.
	afterRates = 7 * time.Hour
)

// account is a place for money that somebody can see.
type account struct {
	kind     kind
	owner    *person
	id       int64
	number   string // of wallets and cards
	name     string // of wallets and savings
	currency string
	balance  int64
	goal     int64 // of savings
	blocked  bool
	closed   bool
	lines    []line // the oldest first

	due   time.Time     // of a wallet's fee, about
	slack time.Duration // how well that is known

	jar   bool // paid into by several at once
	mutex sync.Mutex
}

// movement is what a line of a history was for.
type movement string

const (
	transfer movement = "transfer" // gifts of won too
	deposit  movement = "deposit"
	withdraw movement = "withdraw"
	fee      movement = "fee"
	grant    movement = "grant"
	payBill  movement = "bill"
	topUp    movement = "top-up"
	decrease movement = "decrease"
)

// line is one movement on one account.
type line struct {
	transfer string // its id, where an answer told it
	what     movement
	amount   int64    // below zero when it left the account
	other    *account // nil: the system
	about    string   // the name of a bill
}

type bill struct {
	id     int64
	name   string
	amount int64
	paid   bool
}

type message struct {
	id       int64
	text     string
	amount   int64
	moneybag bool
	from     *person
}

// verdict is what becomes of a payment.
type verdict string

const (
	good     verdict = "made"
	short    verdict = "refused for want of funds"
	blocked  verdict = "refused since the sender is blocked"
	gone     verdict = "refused since there is no such receiver"
	nothing  verdict = "refused since nothing would arrive"
	unquoted verdict = "refused for want of a rate"
	refused  verdict = "refused for what it asks" // before any money is looked at
)

// book is what all accounts have in common.
type book struct {
	now     func() time.Time  // the server's, about
	rates   map[string]string // units for one USD
	ratesAt time.Time
	base    string // currency of new people's default wallets, and of grants
	funding string // of gifts
	grants  map[kind]int64
}

// fresh says whether the rates may be used.
func (b *book) fresh() bool { return b.now().Sub(b.ratesAt) <= maxAge }

// ratio is units of one currency for a unit of another, exactly.
func (b *book) ratio(from, to string) (*big.Rat, bool) {
	one, known := new(big.Rat).SetString(b.rates[from])
	other, alsoKnown := new(big.Rat).SetString(b.rates[to])
	if !known || !alsoKnown || !b.fresh() {
		return nil, false
	}
	return other.Quo(other, one), true
}

// convert is what arrives of an amount in another currency.
func (b *book) convert(amount int64, from, to string) (int64, verdict) {
	if from == to {
		return amount, good
	}
	ratio, known := b.ratio(from, to)
	if !known {
		return 0, unquoted
	}
	exact := new(big.Rat).Mul(ratio, big.NewRat(amount, 1))
	exact.Mul(exact, power(places[to]-places[from]))
	if arrives := halfEven(exact); arrives > 0 {
		return arrives, good
	}
	return 0, nothing
}

func power(n int) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	if n < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), p)
	}
	return new(big.Rat).SetInt(p)
}

// halfEven rounds a number that is not negative. big.Rat rounds halves up, which
// is one too much where there was a half and the result is odd.
func halfEven(exact *big.Rat) int64 {
	rounded, _ := new(big.Int).SetString(exact.FloatString(0), 10)
	if twice := new(big.Rat).Mul(exact, big.NewRat(2, 1)); twice.IsInt() && !exact.IsInt() && rounded.Bit(0) == 1 {
		rounded.Sub(rounded, big.NewInt(1))
	}
	return rounded.Int64()
}

// fee is a month's, in a currency.
func (b *book) fee(currency string) (int64, bool) {
	owed, v := b.convert(200_00, "KZT", currency)
	return owed, v == good
}

// outcome is what a payment did.
type outcome struct {
	verdict
	received int64
	lines    [2]*line // the sender's, and the receiver's
}

// pay moves money that somebody has, in the sender's currency; nil for either is
// the system.
func (b *book) pay(what movement, from, to *account, amount int64) outcome {
	received, v := amount, good
	if from != nil && to != nil {
		received, v = b.convert(amount, from.currency, to.currency)
	}
	switch {
	case to != nil && to.closed:
		return outcome{verdict: gone}
	case v != good:
		return outcome{verdict: v}
	case from != nil && from.blocked:
		return outcome{verdict: blocked}
	case from != nil && from.balance < amount:
		return outcome{verdict: short}
	}
	o := outcome{verdict: good, received: received}
	if from != nil {
		from.balance -= amount
		from.lines = append(from.lines, line{what: what, amount: -amount, other: to})
		o.lines[0] = &from.lines[len(from.lines)-1]
	}
	if to != nil {
		o.lines[1] = b.arrive(what, from, to, received)
	}
	return o
}

// arrive puts money on an account, and has a blocked one pay its fee from it.
func (b *book) arrive(what movement, from, to *account, amount int64) *line {
	to.mutex.Lock()
	defer to.mutex.Unlock()
	to.balance += amount
	to.lines = append(to.lines, line{what: what, amount: amount, other: from})
	place := len(to.lines) - 1
	if to.blocked {
		if owed, known := b.fee(to.currency); !known {
			to.owes(b.now())
		} else {
			to.settle(owed)
			to.owes(b.now().Add(month))
		}
	}
	if to.jar { // others may move the line
		return nil
	}
	return &to.lines[place]
}

// settle takes the fee, or blocks the wallet.
func (a *account) settle(owed int64) {
	a.blocked = a.balance < owed
	if !a.blocked {
		a.balance -= owed
		a.lines = append(a.lines, line{what: fee, amount: -owed})
	}
}

func (a *account) owes(next time.Time) { a.due, a.slack = next, margin }

// chargeFees does to all wallets what the months' end did on the way to now.
// Whose currency has no rate waits for one.
func (b *book) chargeFees(wallets []*account) {
	now := b.now()
	for _, a := range wallets {
		if a.closed || a.due.After(now) {
			continue
		}
		owed, known := int64(200_00), true
		if a.currency != "KZT" {
			owed, known = b.feeAt(a.due, a.currency)
		}
		if !known {
			continue
		}
		a.settle(owed)
		if b.ratesAt.After(a.due) { // it had waited for rates, and was asked within some hours of them
			a.due, a.slack = b.ratesAt.Add(afterRates/2+month), afterRates
		} else if a.slack == margin {
			a.owes(a.due.Add(month))
		} else {
			a.due = a.due.Add(month)
		}
	}
}

// feeAt is the fee by the rates as they were good at a time, or are again now.
func (b *book) feeAt(due time.Time, currency string) (int64, bool) {
	when := *b
	if !b.fresh() {
		when.now = func() time.Time { return due }
	}
	return when.fee(currency)
}

// text writes an amount with all its decimals.
func text(amount int64, currency string) string {
	n := places[currency]
	if n == 0 {
		return fmt.Sprint(amount)
	}
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	digits := fmt.Sprintf("%0*d", n+1, amount)
	return sign + digits[:len(digits)-n] + "." + digits[len(digits)-n:]
}

func (a *account) text() string { return text(a.balance, a.currency) }

// masked is the number as others see it.
func (a *account) masked() string {
	if a.number == "" {
		return ""
	}
	return strings.Repeat("*", len(a.number)-4) + a.number[len(a.number)-4:]
}
