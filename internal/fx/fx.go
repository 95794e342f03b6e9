// Package fx converts money from one currency to another: the table of rates
// in force, how old it may be, and the postings of a conversion through the
// system's exchange accounts. How a table is had from a service is in the
// packages below; who may convert, HTTP and SQL must not live here.
package fx

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/unit"
)

// Errors of conversions.
var (
	// ErrNoRate is a currency for which there is no rate at all.
	ErrNoRate = fault.Define(fault.Unavailable, "fx.no_rate", "there is no exchange rate for this currency at the moment")
	// ErrStale is a table that is too old to be used.
	ErrStale = fault.Define(fault.Unavailable, "fx.rates_stale", "the exchange rates are too old to be used")
	// ErrArrivesAsZero is an amount that is less than half a minor unit of the receiver's currency.
	ErrArrivesAsZero = fault.Define(fault.Refused, "fx.arrives_as_zero", "the amount is too small: nothing would arrive")
	// ErrTable is a table that has a rate which is not a number above zero.
	ErrTable = fault.Define(fault.Invalid, "fx.table", "an exchange rate must be a number greater than zero")
)

// Tx is the rows that fx needs inside a unit of work.
type Tx interface {
	Now() time.Time
	// RateTable reads the table in force; found is false before the first.
	RateTable() (t Table, found bool, err error)
	// SetRateTable puts another table in its place.
	SetRateTable(Table) error
	// Meta reads a fact about the database, or "".
	Meta(key string) (string, error)
	// SetMeta sets it.
	SetMeta(key, value string) error
}

// Exchange converts by the table in force.
type Exchange struct {
	work    unit.Work[Tx]
	maxAge  time.Duration
	builtIn *Table // in force while there is no other, or nil
}

// New makes an exchange that uses no table older than maxAge.
func New(work unit.Work[Tx], maxAge time.Duration) *Exchange {
	return &Exchange{work: work, maxAge: maxAge}
}

// NewForDevelopment makes an exchange that works without a service of rates:
// until the first table is put in force it goes by a built-in one, whose rates
// hold as of now, whatever the clock says.
func NewForDevelopment(work unit.Work[Tx], maxAge time.Duration) *Exchange {
	table := builtIn()
	return &Exchange{work, maxAge, &table}
}

// table is the one to convert by: ErrNoRate when there is none, ErrStale when it
// is too old.
func (x *Exchange) table(tx Tx) (Table, error) {
	table, found, err := tx.RateTable()
	switch {
	case err != nil:
		return Table{}, err
	case !found && x.builtIn != nil:
		table = *x.builtIn
		table.At = tx.Now()
	case !found:
		return Table{}, ErrNoRate
	case tx.Now().Sub(table.At) > x.maxAge:
		return Table{}, ErrStale
	}
	return table, nil
}

// Age is how old the table in force is; found is false when none was ever put
// in force.
func (x *Exchange) Age(ctx context.Context) (age time.Duration, found bool, err error) {
	err = x.work.View(ctx, func(tx Tx) error {
		table, known, err := tx.RateTable()
		age, found = tx.Now().Sub(table.At), known
		return err
	})
	return age, found, err
}

// Reach lists the currencies that money of one can be converted into at the
// moment, itself too: it alone when the rates are too old or there are none.
func (x *Exchange) Reach(tx Tx, from money.Currency) ([]money.Currency, error) {
	table, err := x.table(tx)
	if err != nil && !errors.Is(err, ErrStale) && !errors.Is(err, ErrNoRate) {
		return nil, err
	}
	if _, known := table.Rates[from]; !known {
		return []money.Currency{from}, nil
	}
	return slices.Collect(maps.Keys(table.Rates)), nil
}

// Replace puts a table in force from now on: units of each currency for one of
// base. Currencies that Purse keeps no accounts in are left out. It returns
// money.ErrUnknownCurrency for such a base, and ErrTable with the currencies
// whose rates are wrong as fields.
func (x *Exchange) Replace(ctx context.Context, base string, rates map[string]string) error {
	table, err := NewTable(base, rates, time.Time{})
	if err != nil {
		return err
	}
	return x.work.Update(ctx, func(tx Tx) error {
		table.At = tx.Now()
		return tx.SetRateTable(table)
	})
}

// Quote is what a conversion makes of an amount.
type Quote struct {
	Sent     money.Amount
	Received money.Amount // rounded half-even to the minor unit, the only inexact step
	Rate     money.Rate
	RateAt   time.Time // of the table
}

// Quote converts amount by the table in force. An amount of the currency asked
// for is its own worth and needs no table. It returns ErrNoRate, ErrStale, or
// money.ErrOverflow.
func (x *Exchange) Quote(tx Tx, amount money.Amount, into money.Currency) (Quote, error) {
	if amount.Currency() == into {
		return Quote{Sent: amount, Received: amount}, nil
	}
	table, err := x.table(tx)
	if err != nil {
		return Quote{}, err
	}
	rate, err := table.Rate(amount.Currency(), into)
	if err != nil {
		return Quote{}, err
	}
	received, err := rate.Convert(amount, money.RoundHalfEven)
	return Quote{amount, received, rate, table.At}, err
}

// Note is what a transfer remembers of its conversion.
type Note struct {
	Rate   string    `json:"rate"`    // units received for one sent, 10 significant digits
	RateAt time.Time `json:"rate_at"` // of the table it was taken from
}

// Note is what to remember about the quote; of one without a conversion, nothing.
func (q Quote) Note() (json.RawMessage, error) {
	if q.RateAt.IsZero() {
		return nil, nil
	}
	text, err := json.Marshal(Note{q.Rate.String(), q.RateAt})
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	return text, nil
}

// ReadNote reads what a transfer remembers; found is false when it remembers
// no conversion.
func ReadNote(text json.RawMessage) (n Note, found bool) {
	err := json.Unmarshal(text, &n)
	return n, err == nil && n.Rate != ""
}

// Convert gives the postings that take amount from one account and bring its
// worth in another currency to the other, through the system's exchange
// accounts, and the Note about the rate. The unit of work must have the rows
// of Tx too, as a store's has. Besides Quote's errors it returns
// ledger.ErrAmount and ErrArrivesAsZero.
func (x *Exchange) Convert(tx ledger.Tx, from, to ledger.AccountID, amount money.Amount, into money.Currency) ([]ledger.Posting, json.RawMessage, error) {
	if amount.Sign() <= 0 {
		return nil, nil, ledger.ErrAmount
	}
	quote, err := x.Quote(tx.(Tx), amount, into)
	if err != nil {
		return nil, nil, err
	}
	if amount.Currency() == into {
		return []ledger.Posting{{From: from, To: to, Amount: amount}}, nil, nil
	}
	if quote.Received.IsZero() {
		return nil, nil, ErrArrivesAsZero
	}
	in, err := ledger.System(tx, ledger.Exchange, amount.Currency())
	if err != nil {
		return nil, nil, err
	}
	out, err := ledger.System(tx, ledger.Exchange, into)
	if err != nil {
		return nil, nil, err
	}
	note, err := quote.Note()
	if err != nil {
		return nil, nil, err
	}
	return []ledger.Posting{{From: from, To: in, Amount: amount}, {From: out, To: to, Amount: quote.Received}}, note, nil
}
