package ledger

import (
	"context"
	"errors"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/unit"
)

// Savepointer runs a part of a unit of work that can be undone alone.
type Savepointer interface {
	// Savepoint runs fn; when fn returns an error what it wrote is undone and the error returned.
	Savepoint(fn func() error) error
}

// Once runs fn in a unit of work, at most once under key; with a nil key it
// simply runs it. fn returns a reference to what it made, by which the caller
// can build its answer again. A request that comes later under the same key
// gets the same reference, or the same refusal, without running fn;
// ErrKeyReused when it is a different request.
//
// replayed says that the reference is another request's. What fn has left behind
// is then of a try that was undone, if of any: the caller reads what is meant, and
// does not tell by the reference, since ids of what was undone are given again.
func Once[T interface {
	Tx
	Savepointer
}](ctx context.Context, work unit.Work[T], key *Key, fn func(tx T) (ref string, err error)) (ref string, replayed bool, err error) {
	var refusal error
	err = work.Update(ctx, func(tx T) error {
		ref, replayed, refusal = "", false, nil
		if key == nil {
			var err error
			ref, err = fn(tx)
			return err
		}
		found, err := tx.Keys([]KeyName{key.KeyName})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			replayed = true
			ref, err = found[0].replay(*key)
			return err
		}
		err = tx.Savepoint(func() error {
			var err error
			ref, err = fn(tx)
			return err
		})
		record, keep := key.record(tx.Now(), ref, err)
		if !keep {
			return err
		}
		refusal = err
		return tx.Append(Changes{Keys: []KeyRecord{record}})
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return "", false, err
	}
	return ref, replayed, nil
}

// TransferOnce is Once for a unit of work that makes one transfer and other
// changes with it. A request that comes later under the same key gets that
// transfer, as it was made.
func TransferOnce[T interface {
	Tx
	Savepointer
}](ctx context.Context, work unit.Work[T], key *Key, fn func(tx T) (Transfer, error)) (Transfer, error) {
	var made Transfer
	ref, replayed, err := Once(ctx, work, key, func(tx T) (string, error) {
		var err error
		made, err = fn(tx)
		return made.ID.String(), err
	})
	if err != nil {
		return Transfer{}, err
	}
	if !replayed {
		return made, nil
	}
	transferID, err := id.Parse(ref)
	if err != nil {
		return Transfer{}, fault.ErrInternal.Because(errors.New("ledger: a key does not name a transfer"))
	}
	err = work.View(ctx, func(tx T) error {
		made, err = tx.Transfer(transferID)
		return err
	})
	return made, err
}
