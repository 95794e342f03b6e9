package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/sqlite"
)

// model is the book as simply as it can be written: what each account has, and
// what became of everything.
type model struct {
	store *sqlite.Store
	clock *clock.Manual
	book  *ledger.Book

	ids       []ledger.AccountID // the first two are the system's, in USD and EUR
	currency  map[ledger.AccountID]money.Currency
	balance   map[ledger.AccountID]int64
	held      map[ledger.AccountID]int64
	status    map[ledger.AccountID]ledger.Status
	history   map[ledger.AccountID][]int64 // amounts, oldest first
	transfers []modelTransfer
	holds     []modelHold
}

type modelTransfer struct {
	id       ledger.TransferID
	postings []ledger.Posting
	reversed bool // or a reversal
}

type modelHold struct {
	id       ledger.HoldID
	from, to ledger.AccountID
	amount   int64
	expires  time.Time
	ended    bool
}

const ok = fault.Code("")

func (m *model) system(id ledger.AccountID) bool { return id == m.ids[0] || id == m.ids[1] }

// judge is the rule book: what a posting is refused with.
func (m *model) judge(balance map[ledger.AccountID]int64, p ledger.Posting, settles bool) fault.Code {
	_, from := m.balance[p.From]
	_, to := m.balance[p.To]
	switch amount := p.Amount.Minor(); {
	case amount <= 0:
		return ledger.ErrAmount.Code
	case p.From == p.To:
		return ledger.ErrSameAccount.Code
	case !from:
		return ledger.ErrNoSender.Code
	case !to:
		return ledger.ErrNoReceiver.Code
	case m.status[p.From] == ledger.Frozen:
		return ledger.ErrSenderClosed.Code
	case m.status[p.To] == ledger.Frozen:
		return ledger.ErrReceiverClosed.Code
	case m.status[p.From] == ledger.Blocked:
		return ledger.ErrSenderBlocked.Code
	case m.status[p.To] == ledger.Blocked && !settles:
		return ledger.ErrReceiverBlocked.Code
	case m.currency[p.From] != p.Amount.Currency() || m.currency[p.To] != p.Amount.Currency():
		return ledger.ErrCurrency.Code
	case !m.system(p.From) && balance[p.From]-m.held[p.From] < amount:
		return ledger.ErrInsufficientFunds.Code
	}
	return ok
}

// apply moves all postings or none.
func (m *model) apply(postings []ledger.Posting, settles bool) fault.Code {
	balance := maps.Clone(m.balance)
	for _, p := range postings {
		if code := m.judge(balance, p, settles); code != ok {
			return code
		}
		balance[p.From] -= p.Amount.Minor()
		balance[p.To] += p.Amount.Minor()
	}
	m.balance = balance
	for _, p := range postings {
		m.history[p.From] = append(m.history[p.From], -p.Amount.Minor())
		m.history[p.To] = append(m.history[p.To], p.Amount.Minor())
	}
	return ok
}

func turned(postings []ledger.Posting) (back []ledger.Posting) {
	for _, p := range slices.Backward(postings) {
		back = append(back, ledger.Posting{From: p.To, To: p.From, Amount: p.Amount})
	}
	return back
}

func (m *model) posting(t *rapid.T) ledger.Posting {
	account := rapid.SampledFrom(append(slices.Clone(m.ids), 1<<40))
	p := ledger.Posting{From: account.Draw(t, "from"), To: account.Draw(t, "to")}
	currency := m.currency[p.From]
	if currency == (money.Currency{}) || rapid.IntRange(0, 30).Draw(t, "other currency") == 0 {
		currency = money.EUR
	}
	p.Amount = money.New(rapid.Int64Range(-1, 60).Draw(t, "amount"), currency)
	return p
}

func same(t *rapid.T, what string, err error, want fault.Code) {
	t.Helper()
	got := ok
	if err != nil {
		got = fault.From(err).Code
	}
	if got != want {
		t.Fatalf("%s: the book says %q (%v), the model %q", what, got, err, want)
	}
}

func (m *model) update(fn func(tx store.Tx) error) error {
	return m.store.Update(context.Background(), fn)
}

// operations are the steps of a run.
func (m *model) operations() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"transfer": func(t *rapid.T) {
			postings := rapid.SliceOfN(rapid.Custom(m.posting), 1, 3).Draw(t, "postings")
			settles := rapid.Bool().Draw(t, "settles")
			transfer, err := m.book.Transfer(context.Background(), ledger.Request{Kind: "transfer", Postings: postings, Settles: settles})
			same(t, "transfer", err, m.apply(postings, settles))
			if err == nil {
				m.transfers = append(m.transfers, modelTransfer{id: transfer.ID, postings: postings})
			}
		},
		"batch": func(t *rapid.T) {
			requests := make([]ledger.Request, rapid.IntRange(1, 6).Draw(t, "size"))
			for i := range requests {
				requests[i] = ledger.Request{Kind: "transfer", Postings: rapid.SliceOfN(rapid.Custom(m.posting), 1, 2).Draw(t, "postings")}
			}
			var outcomes []ledger.Outcome
			same(t, "batch", m.update(func(tx store.Tx) (err error) {
				outcomes, err = ledger.Apply(tx, requests)
				return err
			}), ok)
			for i, outcome := range outcomes {
				same(t, fmt.Sprintf("request %d of a batch", i), outcome.Err, m.apply(requests[i].Postings, false))
				if outcome.Err == nil {
					m.transfers = append(m.transfers, modelTransfer{id: outcome.Transfer.ID, postings: requests[i].Postings})
				}
			}
		},
		"reverse": func(t *rapid.T) {
			if len(m.transfers) == 0 {
				t.Skip("nothing to reverse")
			}
			i := rapid.IntRange(0, len(m.transfers)-1).Draw(t, "transfer")
			original := &m.transfers[i]
			want := ledger.ErrReversed.Code
			back := turned(original.postings)
			if !original.reversed {
				want = m.apply(back, false)
			}
			var reversal ledger.Transfer
			same(t, "reverse", m.update(func(tx store.Tx) (err error) {
				reversal, err = ledger.Reverse(tx, original.id, 0, "")
				return err
			}), want)
			if want == ok {
				original.reversed = true
				m.transfers = append(m.transfers, modelTransfer{id: reversal.ID, postings: back, reversed: true})
			}
		},
		"hold": func(t *rapid.T) {
			p := m.posting(t)
			if m.system(p.From) {
				t.Skip("the system holds nothing")
			}
			expires := m.clock.Now().Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "hours")) * time.Hour)
			var h ledger.Hold
			want := m.judge(m.balance, p, false)
			same(t, "hold", m.update(func(tx store.Tx) (err error) {
				h, err = ledger.NewHold(tx, p.From, p.To, p.Amount, expires)
				return err
			}), want)
			if want == ok {
				m.held[p.From] += p.Amount.Minor()
				m.holds = append(m.holds, modelHold{id: h.ID, from: p.From, to: p.To, amount: p.Amount.Minor(), expires: expires})
			}
		},
		"post or void": func(t *rapid.T) {
			if len(m.holds) == 0 {
				t.Skip("nothing is held")
			}
			h := &m.holds[rapid.IntRange(0, len(m.holds)-1).Draw(t, "hold")]
			if rapid.Bool().Draw(t, "void") {
				m.void(t, h)
				return
			}
			m.post(t, h, rapid.Int64Range(0, h.amount+1).Draw(t, "amount"))
		},
		"time passes": func(t *rapid.T) {
			m.clock.Advance(time.Duration(rapid.IntRange(1, 3).Draw(t, "hours")) * time.Hour)
			due := 0
			for i := range m.holds {
				if h := &m.holds[i]; !h.ended && !h.expires.After(m.clock.Now()) {
					due++
					h.ended = true
					m.held[h.from] -= h.amount
				}
			}
			var ended int
			same(t, "expire", m.update(func(tx store.Tx) (err error) {
				ended, err = ledger.ExpireHolds(tx, 1000)
				return err
			}), ok)
			if ended != due {
				t.Fatalf("%d holds expired, want %d", ended, due)
			}
		},
		"freeze, thaw, block or unblock": func(t *rapid.T) {
			id := rapid.SampledFrom(m.ids).Draw(t, "account")
			do := rapid.SampledFrom([]string{"freeze", "thaw", "block", "unblock"}).Draw(t, "change")
			if m.system(id) && do == "block" {
				t.Skip("the system owes nothing")
			}
			is := m.status[id]
			switch {
			case do == "freeze":
				is = ledger.Frozen
			case do == "thaw" && is == ledger.Frozen, do == "unblock" && is == ledger.Blocked:
				is = ledger.Open
			case do == "block" && is == ledger.Open:
				is = ledger.Blocked
			}
			m.status[id] = is
			same(t, do, m.update(func(tx store.Tx) error {
				switch do {
				case "freeze":
					return ledger.Freeze(tx, id)
				case "thaw":
					return ledger.Thaw(tx, id)
				case "block":
					return ledger.Block(tx, id)
				}
				return ledger.Unblock(tx, id)
			}), ok)
		},
	}
}

func (m *model) void(t *rapid.T, h *modelHold) {
	want := ok
	if h.ended {
		want = ledger.ErrHoldEnded.Code
	}
	same(t, "void", m.update(func(tx store.Tx) error { return ledger.VoidHold(tx, h.id) }), want)
	if want == ok {
		h.ended = true
		m.held[h.from] -= h.amount
	}
}

func (m *model) post(t *rapid.T, h *modelHold, amount int64) {
	postings := []ledger.Posting{{From: h.from, To: h.to, Amount: money.New(amount, m.currency[h.from])}}
	var want fault.Code
	switch {
	case h.ended:
		want = ledger.ErrHoldEnded.Code
	case amount > h.amount:
		want = ledger.ErrHoldExceeded.Code
	default:
		m.held[h.from] -= h.amount
		if want = m.apply(postings, false); want != ok {
			m.held[h.from] += h.amount
		}
	}
	var transfer ledger.Transfer
	same(t, "post", m.update(func(tx store.Tx) (err error) {
		transfer, err = ledger.PostHold(tx, h.id, postings[0].Amount, ledger.Request{Kind: "post"})
		return err
	}), want)
	if want == ok {
		h.ended = true
		m.transfers = append(m.transfers, modelTransfer{id: transfer.ID, postings: postings})
	}
}

// compare holds every account and every history against the model.
func (m *model) compare(t *rapid.T) {
	err := m.store.View(context.Background(), func(tx store.Tx) error {
		for _, id := range m.ids {
			a, err := ledger.One(tx, id)
			if err != nil {
				return err
			}
			if a.Balance.Minor() != m.balance[id] || a.Held.Minor() != m.held[id] || a.Status != m.status[id] {
				t.Fatalf("account %d has %v with %v held, %s; the model %d with %d held, %s", id, a.Balance, a.Held, a.Status, m.balance[id], m.held[id], m.status[id])
			}
			var amounts []int64
			for before := ledger.EntryID(0); ; {
				lines, err := tx.Lines(id, before, 3)
				if err != nil {
					return err
				}
				for _, l := range lines {
					amounts = append(amounts, l.Amount.Minor())
					before = l.ID
				}
				if len(lines) < 3 {
					break
				}
			}
			slices.Reverse(amounts)
			if !slices.Equal(amounts, m.history[id]) {
				t.Fatalf("the history of account %d is %v, the model's %v", id, amounts, m.history[id])
			}
		}
		return ledger.VerifySpan(tx, func(b ledger.Breach) { t.Errorf("verify: %v", b) }, func(int64, int64) {}, 4)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newModel(t *rapid.T, dir string, run int) *model {
	c := clock.NewManual(start)
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(dir, fmt.Sprintf("%d.db", run)), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	m := &model{
		store: s, clock: c, book: ledger.NewBook(store.Ledger(s)),
		currency: map[ledger.AccountID]money.Currency{}, balance: map[ledger.AccountID]int64{}, held: map[ledger.AccountID]int64{},
		status: map[ledger.AccountID]ledger.Status{}, history: map[ledger.AccountID][]int64{},
	}
	err = m.update(func(tx store.Tx) error {
		for _, currency := range []money.Currency{money.USD, money.EUR} {
			id, err := ledger.System(tx, ledger.CashIn, currency)
			if err != nil {
				return err
			}
			m.ids, m.currency[id], m.balance[id], m.status[id] = append(m.ids, id), currency, 0, ledger.Open
		}
		for owner, currency := range []money.Currency{money.USD, money.USD, money.USD, money.EUR, money.EUR} {
			a, err := ledger.OpenAccount(tx, ledger.OwnerID(owner+1), ledger.Wallet, currency)
			if err != nil {
				return err
			}
			m.ids, m.currency[a.ID], m.balance[a.ID], m.status[a.ID] = append(m.ids, a.ID), currency, 0, ledger.Open
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheBookAgreesWithTheModel(t *testing.T) {
	dir, run := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		m := newModel(t, dir, run)
		defer m.store.Close()
		t.Repeat(m.operations())
		m.compare(t)
	})
}
