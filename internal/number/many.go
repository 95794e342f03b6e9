package number

import (
	"context"
	"errors"
	"slices"

	"purse/internal/fault"
	"purse/internal/ledger"
)

// FindMany is Find for many texts at once: what is not in memory is read
// together. Of a number that nobody has the entry is zero, as no account is.
func (d *Directory) FindMany(ctx context.Context, texts []string) ([]Entry, error) {
	return d.many(ctx, texts, func(Entry) bool { return true })
}

// FindManyOf is FindOf for many texts, likewise.
func (d *Directory) FindManyOf(ctx context.Context, owner ledger.OwnerID, texts []string) ([]Entry, error) {
	entries, err := d.many(ctx, texts, func(e Entry) bool { return e.Owner == owner })
	for i := range entries {
		if entries[i].Owner != owner {
			entries[i] = Entry{}
		}
	}
	return entries, err
}

// sought is a number that is looked up, once for all places that name it.
type sought struct {
	number string
	hash   [32]byte // what the cache knows it by
	entry  Entry
}

// many finds entries, in memory where what is there will do.
func (d *Directory) many(ctx context.Context, texts []string, will func(Entry) bool) ([]Entry, error) {
	named := make(map[string]*sought, len(texts)) // nil: no number
	var missing []*sought
	for _, text := range texts {
		if _, known := named[text]; known {
			continue
		}
		number, ok := Parse(text)
		if !ok {
			named[text] = nil
			continue
		}
		s := &sought{number: number, hash: d.hasher.Sum(number)}
		named[text] = s
		if e, found := d.cache.get(s.hash); found && will(e) {
			s.entry = e
		} else {
			missing = append(missing, s)
		}
	}
	if err := d.readMany(ctx, missing); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(texts))
	for i, text := range texts {
		if s := named[text]; s != nil {
			entries[i] = s.entry
		}
	}
	return entries, nil
}

// readMany looks numbers up in the database and remembers what it finds.
func (d *Directory) readMany(ctx context.Context, missing []*sought) error {
	if len(missing) == 0 {
		return nil
	}
	numbers := make([]string, len(missing))
	for i, s := range missing {
		numbers[i] = s.number
	}
	return d.work.View(ctx, func(tx Tx) error {
		subjects, err := d.claims.FindMany(tx, numbers)
		if err != nil {
			return err
		}
		ids := make([]ledger.AccountID, 0, len(subjects))
		for _, subject := range subjects {
			ids = append(ids, ledger.AccountID(subject))
		}
		slices.Sort(ids)
		accounts, err := tx.Accounts(ids)
		if err != nil {
			return err
		}
		entries := make(map[int64]Entry, len(accounts))
		for _, a := range accounts {
			entries[int64(a.ID)] = entryOf(a)
		}
		for _, s := range missing {
			subject, claimed := subjects[s.number]
			if !claimed {
				continue
			}
			e, found := entries[subject]
			if !found {
				return fault.ErrInternal.Because(errors.New("number: a number is claimed for an account that is not there"))
			}
			s.entry = e
			d.cache.put(s.hash, e)
		}
		return nil
	})
}
