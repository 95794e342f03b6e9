package identity

import (
	"encoding/hex"
	"net/netip"
	"time"

	"purse/internal/id"
)

// Failures are counted twice: for an account from one address, and for an
// account from anywhere. Reaching the limit blocks the scope for firstBlock;
// every failure after a block has ended blocks it again, for twice as long, up
// to longestBlock. A scope without failures for its window after its last
// block starts afresh, so no stranger can lock anybody out for good.
const (
	addressLimit  = 10
	addressWindow = 15 * time.Minute
	accountLimit  = 100
	accountWindow = time.Hour

	firstBlock   = time.Minute
	longestBlock = 15 * time.Minute
)

// Scope is what failures are counted for, as a keyed hash.
type Scope [32]byte

// Block is how often a scope was blocked in a row, and until when.
type Block struct {
	Strikes int
	Until   time.Time
}

// after is the block that follows at now.
func (b Block) after(now time.Time) Block {
	wait := longestBlock
	if b.Strikes < 4 { // 1, 2, 4 and 8 minutes
		wait = firstBlock << b.Strikes
	}
	return Block{Strikes: b.Strikes + 1, Until: now.Add(wait)}
}

// limit is a scope with its numbers.
type limit struct {
	scope  Scope
	most   int
	window time.Duration
}

// attempt is a sign-in that is under way. It counts as failed from the start,
// in the unit of work that lets it in, so that concurrent guesses cannot slip
// past the count; succeed takes that back.
type attempt struct {
	id     id.UUID
	limits [2]limit // of the address, then of the account
	before Block    // the account's, as the attempt found it
	set    Block    // the account's, if the attempt set one
}

// newAttempt describes an attempt on a person's account from an address.
// action keeps the counts of different actions apart.
func (s *Service) newAttempt(action string, person Person, address string) attempt {
	account := action + " " + hex.EncodeToString(person[:])
	return attempt{limits: [2]limit{
		{s.persons.Sum(account + " " + network(address)), addressLimit, addressWindow},
		{s.persons.Sum(account), accountLimit, accountWindow},
	}}
}

// network is the part of an address that one caller cannot choose: an IPv4
// address, the first 64 bits of an IPv6 one.
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	parsed = parsed.Unmap()
	if parsed.Is4() {
		return parsed.String()
	}
	prefix, err := parsed.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

// blocked is the time left until both scopes are free, 0 when they are.
func (a attempt) blocked(tx Tx) (time.Duration, error) {
	var wait time.Duration
	for _, l := range a.limits {
		left, err := l.wait(tx)
		if err != nil {
			return 0, err
		}
		wait = max(wait, left)
	}
	return wait, nil
}

// wait is the time left until the scope is free, 0 or less when it is.
func (l limit) wait(tx Tx) (time.Duration, error) {
	block, err := tx.Block(l.scope)
	return block.Until.Sub(tx.Now()), err
}

// let begins an attempt, or returns ErrTooManyFailures with the time to wait.
func (s *Service) let(tx Tx, try *attempt) error {
	wait, err := try.begin(tx, s.ids.New(tx.Now()))
	if err == nil && wait > 0 {
		return ErrTooManyFailures.After(wait)
	}
	return err
}

// begin lets the attempt in and counts it, or says how long to wait.
func (a *attempt) begin(tx Tx, attemptID id.UUID) (wait time.Duration, err error) {
	if wait, err = a.blocked(tx); err != nil || wait > 0 {
		return wait, err
	}
	a.id, a.before, a.set = attemptID, Block{}, Block{}
	for i, l := range a.limits {
		block, set, err := l.count(tx, attemptID)
		if err != nil {
			return 0, err
		}
		if i == 1 {
			a.before, a.set = block, set
		}
	}
	return 0, nil
}

// count adds an attempt to a scope that is not blocked, and blocks the scope
// when the limit is reached or the last block is not yet forgotten.
func (l limit) count(tx Tx, attemptID id.UUID) (before, set Block, err error) {
	now := tx.Now()
	if err := tx.AddFailure(l.scope, attemptID, now); err != nil {
		return before, set, err
	}
	before, err = tx.Block(l.scope)
	if err != nil {
		return before, set, err
	}
	if !now.Before(before.Until.Add(l.window)) {
		before = Block{}
	}
	if before.Strikes == 0 {
		failures, err := tx.Failures(l.scope, now.Add(-l.window))
		if err != nil || failures < l.most {
			return before, set, err
		}
	}
	set = before.after(now)
	return before, set, tx.SetBlock(l.scope, set)
}

// succeed takes the attempt back: it clears the count of its address, and of
// the account only what the attempt itself had added.
func (a attempt) succeed(tx Tx) error {
	address, account := a.limits[0].scope, a.limits[1].scope
	if err := tx.ClearFailures(address); err != nil {
		return err
	}
	if err := tx.DeleteFailure(account, a.id); err != nil || a.set == (Block{}) {
		return err
	}
	current, err := tx.Block(account)
	if err != nil || current.Strikes != a.set.Strikes || !current.Until.Equal(a.set.Until) {
		return err
	}
	return tx.SetBlock(account, a.before)
}
