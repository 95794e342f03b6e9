package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"purse/internal/fault"
	"purse/internal/unit"
)

// KeyLifetime is how long an idempotency key is remembered.
const KeyLifetime = 24 * time.Hour

// ErrKeyReused is a key that was used before for a different request.
var ErrKeyReused = fault.Define(fault.Invalid, "ledger.key_reused", "the idempotency key was used before with another request")

// KeyName names an idempotency key within its scope (a user and an operation).
type KeyName struct {
	Scope string
	Value string
}

// Key makes an operation happen once: the first request under a name decides,
// later ones with the same fingerprint get its outcome.
type Key struct {
	KeyName
	Fingerprint [sha256.Size]byte // of the request's body
}

// KeyRecord is the remembered outcome of a key: what the operation made, or
// the rule that refused it.
type KeyRecord struct {
	Key
	Ref       string // what was made, such as a transfer's id; empty when refused
	Refusal   fault.Code
	ExpiresAt time.Time
}

// replay is the stored outcome for a request under key.
func (r KeyRecord) replay(key Key) (ref string, err error) {
	if r.Fingerprint != key.Fingerprint {
		return "", ErrKeyReused
	}
	if r.Refusal == "" {
		return r.Ref, nil
	}
	if refusal, ok := fault.ByCode(r.Refusal); ok {
		return "", refusal
	}
	return "", fault.ErrInternal.Because(errors.New("ledger: stored refusal has an unknown code: " + string(r.Refusal)))
}

// record is the outcome to remember, and whether it is to be remembered at
// all: successes and refusals are, other errors are decided afresh.
func (k *Key) record(now time.Time, ref string, err error) (KeyRecord, bool) {
	r := KeyRecord{Key: *k, Ref: ref, ExpiresAt: now.Add(KeyLifetime)}
	if err == nil {
		return r, true
	}
	refusal := fault.From(err)
	if refusal.Kind != fault.Refused {
		return KeyRecord{}, false
	}
	r.Ref, r.Refusal = "", refusal.Code
	return r, true
}

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
func Once[T interface {
	Tx
	Savepointer
}](ctx context.Context, work unit.Work[T], key *Key, fn func(tx T) (ref string, err error)) (string, error) {
	var ref string
	var refusal error
	err := work.Update(ctx, func(tx T) error {
		ref, refusal = "", nil
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
		return "", err
	}
	return ref, nil
}
