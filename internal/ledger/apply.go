package ledger

import (
	"errors"
	"slices"
	"sort"
	"time"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/money"
)

// Outcome is what became of one request: a transfer, or an error.
type Outcome struct {
	Transfer Transfer
	Err      error
}

// Apply decides requests one after another, in order, inside one unit of work
// and writes what was accepted. A refused request disturbs no other. It
// returns an error only when the rows could not be read or written, and then
// nothing of the batch may be kept.
//
// The decisions are taken here, on balances that the engine has locked, so
// that every engine decides alike.
func Apply(tx Tx, requests []Request) ([]Outcome, error) {
	return ApplyUntil(tx, requests, func(error) bool { return false })
}

// ApplyUntil is Apply up to the first request whose error stop picks out: that
// is the last outcome, and the requests after it are not decided. The accounts of
// all requests are locked nevertheless, so that the rest may follow in the unit.
func ApplyUntil(tx Tx, requests []Request, stop func(error) bool) ([]Outcome, error) {
	b := batch{tx: tx}
	if err := b.load(requests); err != nil {
		return nil, err
	}
	outcomes := make([]Outcome, 0, len(requests))
	for i := range requests {
		outcome, err := b.request(&requests[i])
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, outcome)
		if outcome.Err != nil && stop(outcome.Err) {
			break
		}
	}
	if err := b.tx.Append(b.changes()); err != nil {
		return nil, err
	}
	return outcomes, nil
}

// Post applies one request inside a unit of work that does other things too.
// Its error is the outcome's, or that of the rows.
func Post(tx Tx, request Request) (Transfer, error) {
	outcomes, err := Apply(tx, []Request{request})
	if err != nil {
		return Transfer{}, err
	}
	return outcomes[0].Transfer, outcomes[0].Err
}

// batch is the state of the accounts in memory while requests are decided.
type batch struct {
	tx        Tx
	accounts  []Account // sorted by id
	changed   []bool    // which of them to write
	transfers []Transfer
	keys      map[KeyName]KeyRecord // in the store or made by this batch; nil when no request has a key
	made      []KeyRecord           // by this batch
}

// load reads and locks every account and key that the requests name.
func (b *batch) load(requests []Request) error {
	ids := make([]AccountID, 0, 2*len(requests))
	var names []KeyName
	for i := range requests {
		for _, p := range requests[i].Postings {
			ids = append(ids, p.From, p.To)
		}
		if key := requests[i].Key; key != nil {
			names = append(names, key.KeyName)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var err error
	if b.accounts, err = b.tx.Accounts(ids); err != nil {
		return err
	}
	b.changed = make([]bool, len(b.accounts))
	if names == nil {
		return nil
	}
	found, err := b.tx.Keys(names)
	b.keys = make(map[KeyName]KeyRecord, len(names))
	for _, record := range found {
		b.keys[record.KeyName] = record
	}
	return err
}

// account finds an account of the batch by its index, or -1.
func (b *batch) account(id AccountID) int {
	// Not slices.BinarySearchFunc, which copies an account at every step.
	i := sort.Search(len(b.accounts), func(i int) bool { return b.accounts[i].ID >= id })
	if i == len(b.accounts) || b.accounts[i].ID != id {
		return -1
	}
	return i
}

// request answers one request: from its key, or by deciding it.
func (b *batch) request(r *Request) (Outcome, error) {
	if r.Key != nil {
		if known, found := b.keys[r.Key.KeyName]; found {
			return b.replay(known, *r.Key)
		}
	}
	var transfer Transfer
	err := r.Refusal
	if err == nil {
		transfer, err = b.decide(r)
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		return Outcome{}, err
	}
	if r.Key != nil {
		if record, keep := r.Key.record(b.tx.Now(), transfer.ID.String(), err); keep {
			b.made = append(b.made, record)
			b.keys[r.Key.KeyName] = record
		}
	}
	return Outcome{transfer, err}, nil
}

func (b *batch) replay(known KeyRecord, key Key) (Outcome, error) {
	ref, refusal := known.replay(key)
	if refusal != nil {
		return Outcome{Err: refusal}, nil
	}
	transferID, err := id.Parse(ref)
	if err != nil {
		return Outcome{}, fault.ErrInternal.Because(errors.New("ledger: a key does not name a transfer"))
	}
	for i := range b.transfers {
		if b.transfers[i].ID == transferID {
			return Outcome{Transfer: b.transfers[i]}, nil
		}
	}
	transfer, err := b.tx.Transfer(transferID)
	return Outcome{Transfer: transfer}, err
}

// decide judges one request on the accounts as the batch has left them so far
// and, when it is good, carries it out on them.
func (b *batch) decide(r *Request) (Transfer, error) {
	if len(r.Postings) == 0 || len(r.Postings) > maxPostings {
		return Transfer{}, ErrNoPostings
	}
	var room [maxPostings]move
	moves := room[:len(r.Postings)]
	for i, p := range r.Postings {
		m, err := b.judge(p, r.Settles)
		if err != nil {
			for _, done := range slices.Backward(moves[:i]) {
				b.accounts[done.from].Balance, b.accounts[done.to].Balance = done.fromBefore, done.toBefore
			}
			return Transfer{}, err
		}
		b.accounts[m.from].Balance, b.accounts[m.to].Balance = m.fromAfter, m.toAfter
		moves[i] = m
	}
	return b.carryOut(r, moves)
}

// move is a posting that has been judged good.
type move struct {
	from, to             int // indexes of accounts
	amount, negated      money.Amount
	fromBefore, toBefore money.Amount
	fromAfter, toAfter   money.Amount
}

func (b *batch) judge(p Posting, settles bool) (move, error) {
	if p.Amount.Sign() <= 0 {
		return move{}, ErrAmount
	}
	if p.From == p.To {
		return move{}, ErrSameAccount
	}
	m := move{from: b.account(p.From), to: b.account(p.To), amount: p.Amount}
	switch {
	case m.from < 0:
		return move{}, ErrNoSender
	case m.to < 0:
		return move{}, ErrNoReceiver
	}
	from, to := &b.accounts[m.from], &b.accounts[m.to]
	switch {
	case from.Status != Open && from.Status != Blocked:
		return move{}, ErrSenderClosed
	case to.Status != Open && to.Status != Blocked:
		return move{}, ErrReceiverClosed
	case from.Status == Blocked:
		return move{}, ErrSenderBlocked
	case to.Status == Blocked && !settles:
		return move{}, ErrReceiverBlocked
	case from.Currency != p.Amount.Currency() || to.Currency != p.Amount.Currency():
		return move{}, ErrCurrency
	}
	m.fromBefore, m.toBefore = from.Balance, to.Balance
	var err error
	if m.negated, err = p.Amount.Neg(); err != nil {
		return move{}, err
	}
	if m.fromAfter, err = from.Balance.Add(m.negated); err != nil {
		return move{}, err
	}
	if from.hasFloor() && m.fromAfter.Minor() < from.Held.Minor() {
		return move{}, ErrInsufficientFunds
	}
	m.toAfter, err = to.Balance.Add(p.Amount)
	return m, err
}

// carryOut makes the transfer and its entries, and moves the accounts' chains on.
func (b *batch) carryOut(r *Request, moves []move) (Transfer, error) {
	first, err := b.tx.NewEntryIDs(2 * len(moves))
	if err != nil {
		return Transfer{}, fault.ErrInternal.Because(err)
	}
	t := Transfer{
		ID: b.tx.NewTransferID(), Kind: r.Kind, Actor: r.Actor, Meta: r.Meta,
		At: b.tx.Now().Truncate(time.Microsecond), Reverses: r.reverses,
		Entries: make([]Entry, 0, 2*len(moves)),
	}
	digest := t.digest()
	for i, m := range moves {
		from, to := b.accounts[m.from].ID, b.accounts[m.to].ID
		t.Entries = append(t.Entries,
			b.enter(m.from, Entry{ID: first, Transfer: t.ID, Posting: i, Counter: to, Amount: m.negated, BalanceAfter: m.fromAfter}, digest),
			b.enter(m.to, Entry{ID: first + 1, Transfer: t.ID, Posting: i, Counter: from, Amount: m.amount, BalanceAfter: m.toAfter}, digest))
		first += 2
	}
	b.transfers = append(b.transfers, t)
	return t, nil
}

// enter puts e at the end of an account's chain.
func (b *batch) enter(account int, e Entry, digest Hash) Entry {
	a := &b.accounts[account]
	e.Account, e.Seq, e.Previous = a.ID, a.Entries+1, a.LastEntry
	e.Hash = e.chain(a.LastHash, digest)
	a.Entries, a.LastEntry, a.LastHash = e.Seq, e.ID, e.Hash
	b.changed[account] = true
	return e
}

func (b *batch) changes() Changes {
	c := Changes{Transfers: b.transfers, Keys: b.made, Accounts: make([]Account, 0, len(b.accounts))}
	for i, changed := range b.changed {
		if changed {
			c.Accounts = append(c.Accounts, b.accounts[i])
		}
	}
	return c
}
