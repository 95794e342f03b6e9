package ledger

import (
	"crypto/sha256"
	"errors"
	"time"

	"purse/internal/fault"
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
