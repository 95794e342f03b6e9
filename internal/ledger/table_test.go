package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
)

var start = time.Date(2031, time.March, 1, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// open opens an empty book until the test ends.
func open(t testing.TB, e enginetest.Engine) (store.Engine, *clock.Manual) {
	t.Helper()
	c := clock.NewManual(start)
	return e.Open(t, c), c
}

// TestTables runs every file of testdata. A line is an operation and, after
// "|", what becomes of it:
//
//	system NAME KIND CURRENCY               an account of the system
//	account NAME CURRENCY                   an account of a person
//	transfer FROM>TO AMOUNT…  [settles] [key=SCOPE/VALUE] [body=TEXT]
//	batch … end                             the transfers between are decided together
//	reverse TRANSFER
//	hold FROM>TO AMOUNT DURATION
//	post HOLD AMOUNT / void HOLD / expire LIMIT
//	freeze / thaw / block / unblock / close NAME
//	advance DURATION
//	balance NAME                            "BALANCE AVAILABLE"
//
// Outcomes are "ok", "ok NAME" (what was made gets a name), "same NAME" (the
// outcome of before is given again), or an error's code without "ledger.".
func TestTables(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	enginetest.Each(t, func(t *testing.T, e enginetest.Engine) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				s, c := open(t, e)
				m := &machine{t: t, file: file, store: s, book: ledger.NewBook(store.Ledger(s)), clock: c, accounts: map[string]account{}, transfers: map[string]ledger.Transfer{}, holds: map[string]ledger.Hold{}}
				for i, line := range strings.Split(string(text), "\n") {
					line, _, _ = strings.Cut(line, "#")
					if line = strings.TrimSpace(line); line != "" {
						m.line = i + 1
						m.run(line)
					}
				}
				verified(t, s)
			})
		}
	})
}

// verified checks that the book keeps every invariant.
func verified(t testing.TB, s store.Engine) {
	t.Helper()
	for _, span := range []int{1, 1000} {
		err := s.View(context.Background(), func(tx store.Tx) error {
			return ledger.VerifySpan(tx, func(b ledger.Breach) { t.Errorf("verify: %v", b) }, func(int64, int64) {}, span)
		})
		if err != nil {
			t.Error(err)
		}
	}
}

type account struct {
	id       ledger.AccountID
	currency money.Currency
}

// machine runs the lines of a table.
type machine struct {
	t         *testing.T
	file      string
	line      int
	store     store.Engine
	book      *ledger.Book
	clock     *clock.Manual
	accounts  map[string]account
	transfers map[string]ledger.Transfer
	holds     map[string]ledger.Hold
	owners    ledger.OwnerID

	inBatch bool
	batch   []ledger.Request
	wants   []string
	lines   []int
}

func (m *machine) fail(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s:%d: %s", m.file, m.line, fmt.Sprintf(format, args...))
}

func (m *machine) run(line string) {
	operation, want, _ := strings.Cut(line, "|")
	words, want := strings.Fields(operation), strings.TrimSpace(want)
	switch words[0] {
	case "system", "account":
		m.openAccount(words, want)
	case "transfer":
		m.transfer(words[1:], want)
	case "batch":
		m.inBatch = true
	case "end":
		m.applyBatch()
	case "reverse":
		m.unit(want, func(tx store.Tx) (t ledger.Transfer, h ledger.Hold, err error) {
			t, err = ledger.Reverse(tx, m.transfers[words[1]].ID, 0, "")
			return t, h, err
		})
	case "hold":
		from, to, currency := m.pair(words[1])
		expiry := m.clock.Now().Add(m.duration(words[3]))
		m.unit(want, func(tx store.Tx) (t ledger.Transfer, h ledger.Hold, err error) {
			h, err = ledger.NewHold(tx, from, to, m.amount(words[2], currency), expiry)
			return t, h, err
		})
	case "post":
		m.unit(want, func(tx store.Tx) (t ledger.Transfer, h ledger.Hold, err error) {
			h = m.holds[words[1]]
			t, err = ledger.PostHold(tx, h.ID, m.amount(words[2], money.USD), ledger.Request{Kind: "post"})
			return t, h, err
		})
	case "void":
		m.alone(want, func(tx store.Tx) error { return ledger.VoidHold(tx, m.holds[words[1]].ID) })
	case "expire":
		limit, _ := strconv.Atoi(words[1])
		var ended int
		m.alone("ok", func(tx store.Tx) (err error) {
			ended, err = ledger.ExpireHolds(tx, limit)
			return err
		})
		if strconv.Itoa(ended) != want {
			m.fail("%d holds expired, want %s", ended, want)
		}
	case "freeze", "thaw", "close", "block", "unblock":
		do := map[string]func(ledger.Tx, ledger.AccountID) error{
			"freeze": ledger.Freeze, "thaw": ledger.Thaw, "close": ledger.Close,
			"block":   func(tx ledger.Tx, id ledger.AccountID) error { return ledger.Block(tx, id) },
			"unblock": func(tx ledger.Tx, id ledger.AccountID) error { return ledger.Unblock(tx, id) },
		}[words[0]]
		id := m.account(words[1]).id
		m.alone(want, func(tx store.Tx) error { return do(tx, id) })
	case "advance":
		m.clock.Advance(m.duration(words[1]))
	case "balance":
		m.balance(words[1], want)
	default:
		m.fail("no operation %q", words[0])
	}
}

func (m *machine) openAccount(words []string, want string) {
	currency, err := money.ParseCurrency(words[len(words)-1])
	if err != nil {
		m.fail("%v", err)
	}
	var id ledger.AccountID
	m.alone(want, func(tx store.Tx) (err error) {
		if words[0] == "system" {
			id, err = ledger.System(tx, ledger.AccountKind(words[2]), currency)
			return err
		}
		m.owners++
		a, err := ledger.OpenAccount(tx, m.owners, ledger.Wallet, currency)
		id = a.ID
		return err
	})
	m.accounts[words[1]] = account{id, currency}
}

// account finds a named account; one that was never opened does not exist in
// the book either.
func (m *machine) account(name string) account {
	if a, known := m.accounts[name]; known {
		return a
	}
	return account{id: 1 << 40, currency: money.USD}
}

func (m *machine) pair(text string) (from, to ledger.AccountID, currency money.Currency) {
	a, b, found := strings.Cut(text, ">")
	if !found {
		m.fail("%q is no FROM>TO", text)
	}
	return m.account(a).id, m.account(b).id, m.account(a).currency
}

// amount reads "5", "-0.05", "max" (the largest there is) or "5EUR".
func (m *machine) amount(text string, currency money.Currency) money.Amount {
	if text == "max" {
		return money.New(1<<63-1, currency)
	}
	if text == "min" {
		return money.New(-1<<63, currency)
	}
	if other, err := money.ParseCurrency(text[max(len(text)-3, 0):]); err == nil {
		text, currency = text[:len(text)-3], other
	}
	d, err := money.ParseDecimal(text)
	if err != nil {
		m.fail("%q: %v", text, err)
	}
	amount, err := d.In(currency)
	if err != nil {
		m.fail("%q: %v", text, err)
	}
	return amount
}

func (m *machine) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		m.fail("%v", err)
	}
	return d
}

func (m *machine) transfer(words []string, want string) {
	r := ledger.Request{Kind: "transfer", Actor: 1}
	for len(words) > 0 {
		if name, found := strings.CutPrefix(words[0], "key="); found {
			scope, value, _ := strings.Cut(name, "/")
			if r.Key == nil {
				r.Key = &ledger.Key{}
			}
			r.Key.KeyName = ledger.KeyName{Scope: scope, Value: value}
			words = words[1:]
			continue
		}
		if words[0] == "settles" {
			r.Settles = true
			words = words[1:]
			continue
		}
		if body, found := strings.CutPrefix(words[0], "body="); found {
			copy(r.Key.Fingerprint[:], body)
			words = words[1:]
			continue
		}
		from, to, currency := m.pair(words[0])
		r.Postings = append(r.Postings, ledger.Posting{From: from, To: to, Amount: m.amount(words[1], currency)})
		words = words[2:]
	}
	if m.inBatch {
		m.batch, m.wants, m.lines = append(m.batch, r), append(m.wants, want), append(m.lines, m.line)
		return
	}
	transfer, err := m.book.Transfer(context.Background(), r)
	m.judge(want, transfer, ledger.Hold{}, err)
}

func (m *machine) applyBatch() {
	var outcomes []ledger.Outcome
	m.alone("ok", func(tx store.Tx) (err error) {
		outcomes, err = ledger.Apply(tx, m.batch)
		return err
	})
	for i, want := range m.wants {
		m.line = m.lines[i]
		m.judge(want, outcomes[i].Transfer, ledger.Hold{}, outcomes[i].Err)
	}
	m.inBatch, m.batch, m.wants, m.lines = false, nil, nil, nil
}

// unit runs fn in a unit of work of its own and judges its outcome.
func (m *machine) unit(want string, fn func(tx store.Tx) (ledger.Transfer, ledger.Hold, error)) {
	m.t.Helper()
	var transfer ledger.Transfer
	var hold ledger.Hold
	err := m.store.Update(context.Background(), func(tx store.Tx) (err error) {
		transfer, hold, err = fn(tx)
		return err
	})
	m.judge(want, transfer, hold, err)
}

func (m *machine) alone(want string, fn func(tx store.Tx) error) {
	m.t.Helper()
	m.unit(want, func(tx store.Tx) (ledger.Transfer, ledger.Hold, error) {
		return ledger.Transfer{}, ledger.Hold{}, fn(tx)
	})
}

func (m *machine) judge(want string, transfer ledger.Transfer, hold ledger.Hold, err error) {
	m.t.Helper()
	verdict, name, _ := strings.Cut(want, " ")
	code := "ok"
	if err != nil {
		code = strings.TrimPrefix(string(fault.From(err).Code), "ledger.")
	}
	switch verdict {
	case "", "ok", "same":
		if err != nil {
			m.fail("%v", err)
		}
	default:
		if code != verdict {
			m.fail("got %s, want %s", code, verdict)
		}
		return
	}
	if verdict == "same" {
		if before := m.transfers[name]; transfer.ID != before.ID || !slices.Equal(transfer.Entries, before.Entries) {
			m.fail("got transfer %v, want %s again", transfer.ID, name)
		}
		return
	}
	for other, before := range m.transfers {
		if !transfer.ID.IsZero() && before.ID == transfer.ID {
			m.fail("got %s again, want a new transfer", other)
		}
	}
	if name != "" {
		m.transfers[name], m.holds[name] = transfer, hold
	}
}

func (m *machine) balance(name, want string) {
	var got string
	err := m.store.View(context.Background(), func(tx store.Tx) error {
		a, err := ledger.One(tx, m.account(name).id)
		got = a.Balance.String() + " " + a.Available().String()
		return err
	})
	if err != nil || got != want {
		m.fail("got %s (%v), want %s", got, errors.Join(err), want)
	}
}
