package number

import (
	"context"
	"errors"
	"sync"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/secret"
	"purse/internal/unit"
)

// Tx is the rows that the directory needs.
type Tx interface {
	claim.Tx
	ledger.Tx
}

// Entry is what hardly changes about the account behind a number.
type Entry struct {
	Account  ledger.AccountID
	Owner    ledger.OwnerID // may be who owned it before: see FindOf
	Kind     ledger.AccountKind
	Currency money.Currency
}

// entryOf is what is remembered of an account.
func entryOf(a ledger.Account) Entry {
	return Entry{Account: a.ID, Owner: a.Owner, Kind: a.Kind, Currency: a.Currency}
}

// Directory finds accounts by their numbers. Numbers are claimed as keyed
// hashes, so that the rows do not tell them. It is safe for concurrent use.
type Directory struct {
	work   unit.Work[Tx]
	hasher *secret.Hasher // what the cache knows a number by
	claims claim.Hashed
	cache  cache
}

// NewDirectory makes a directory over the store's rows.
func NewDirectory(work unit.Work[Tx], root *secret.Root) *Directory {
	hasher := root.Hasher("account number 1")
	return &Directory{work: work, hasher: hasher, claims: claim.NewHashed(claim.AccountNumber, hasher)}
}

// Claim gives number to account for ever, or returns claim.ErrTaken.
func (d *Directory) Claim(tx claim.Tx, number string, account ledger.AccountID) error {
	return d.claims.Claim(tx, number, int64(account))
}

// Find looks up a number as Parse takes it, or returns ErrUnknown. The account
// may be closed: a number outlives its account. It must not be called from
// inside a unit of work.
func (d *Directory) Find(ctx context.Context, text string) (Entry, error) {
	number, ok := Parse(text)
	if !ok {
		return Entry{}, ErrUnknown
	}
	hash := d.hasher.Sum(number)
	if e, found := d.cache.get(hash); found {
		return e, nil
	}
	return d.read(ctx, number, hash)
}

// FindOf is Find for an account that is to be owner's, or ErrUnknown. When the
// one in memory is another's it is looked up once more: all that a user has
// becomes another's when the two are merged.
func (d *Directory) FindOf(ctx context.Context, owner ledger.OwnerID, text string) (Entry, error) {
	e, err := d.Find(ctx, text)
	if err != nil || e.Owner == owner {
		return e, err
	}
	number, _ := Parse(text) // Find has read it
	if e, err = d.read(ctx, number, d.hasher.Sum(number)); err == nil && e.Owner != owner {
		err = ErrUnknown
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// read looks a number up in the database and remembers what it finds.
func (d *Directory) read(ctx context.Context, number string, hash [32]byte) (e Entry, err error) {
	err = d.work.View(ctx, func(tx Tx) error {
		subject, found, err := d.claims.Find(tx, number)
		if err != nil {
			return err
		}
		if !found {
			return ErrUnknown
		}
		a, err := ledger.One(tx, ledger.AccountID(subject))
		if errors.Is(err, ledger.ErrNoAccount) {
			return fault.ErrInternal.Because(err)
		}
		e = entryOf(a)
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	d.cache.put(hash, e)
	return e, nil
}

// Renew moves the claims of numbers that accounts have to the newest key: see
// claim.Hashed.
func (d *Directory) Renew(tx claim.Tx, held []claim.Held, renew bool) (secret.Tally, error) {
	return d.claims.Renew(tx, held, renew)
}

// The cache holds what was found, up to shards × shardEntries entries, some
// 30 MB. A full shard drops an arbitrary entry, which costs one query later.
const (
	shards       = 64
	shardEntries = 4096
)

type cache struct {
	shards [shards]shard
}

type shard struct {
	mutex   sync.RWMutex
	entries map[[32]byte]Entry
}

func (c *cache) get(hash [32]byte) (Entry, bool) {
	s := &c.shards[hash[0]%shards]
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	e, found := s.entries[hash]
	return e, found
}

func (c *cache) put(hash [32]byte, e Entry) {
	s := &c.shards[hash[0]%shards]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.entries == nil {
		s.entries = map[[32]byte]Entry{}
	}
	if len(s.entries) >= shardEntries {
		for any := range s.entries {
			delete(s.entries, any)
			break
		}
	}
	s.entries[hash] = e
}
