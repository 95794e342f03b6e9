package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"purse/internal/fault"
	"purse/internal/secret"
)

// argonCost is what one password hash costs.
type argonCost struct {
	memoryKiB uint32
	passes    uint32
	lanes     uint8
}

// defaultCost is OWASP's minimum for Argon2id: 19 MiB, two passes, one lane.
var defaultCost = argonCost{memoryKiB: 19456, passes: 2, lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32

	// waitersPerSlot bounds who waits for a hash: some three seconds' work for
	// one core. More are refused at once, so that a flood eats neither memory nor time.
	waitersPerSlot = 128
)

var errCredential = errors.New("identity: a stored credential is not in PHC string form")

// hasher makes and checks password hashes, as many at once as there are cores but
// one: that one is for everybody else, whose requests would otherwise wait tens of
// milliseconds at each of their steps while passwords are hashed.
type hasher struct {
	cost    argonCost
	slots   chan struct{}
	waiting atomic.Int64
	dummy   string // a hash of nobody's password
}

func newHasher(cost argonCost) *hasher {
	return &hasher{
		cost:  cost,
		slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)),
		dummy: phc(cost, secret.Bytes(saltBytes), secret.Bytes(hashBytes)),
	}
}

// slot is the right to hash, one password after another, until it is released.
type slot struct{ h *hasher }

// acquire waits for a slot: fault.ErrOverloaded when too many wait already, or
// when ctx ends before there is one.
func (h *hasher) acquire(ctx context.Context) (slot, error) {
	select {
	case h.slots <- struct{}{}:
		return slot{h}, nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(waitersPerSlot*cap(h.slots)) {
		return slot{}, fault.ErrOverloaded
	}
	select {
	case h.slots <- struct{}{}:
		return slot{h}, nil
	case <-ctx.Done():
		return slot{}, fault.ErrOverloaded.Because(ctx.Err())
	}
}

func (s slot) release() { <-s.h.slots }

// hash makes the stored form of a password.
func (s slot) hash(password string) string {
	salt := secret.Bytes(saltBytes)
	return phc(s.h.cost, salt, derive(s.h.cost, password, salt, hashBytes))
}

// verify compares a password with its stored form. An empty stored form (an
// account that does not exist, or has no password) costs the same and is never
// right, nor is an empty password. outdated says that the form was made at
// another cost than today's.
func (s slot) verify(password, stored string) (right, outdated bool, err error) {
	known := stored != ""
	if !known {
		stored = s.h.dummy
	}
	cost, salt, want, err := parsePHC(stored)
	if err != nil {
		return false, false, fault.ErrInternal.Because(err)
	}
	got := derive(cost, password, salt, len(want))
	right = secret.Equal(got, want) && known && password != ""
	return right, cost != s.h.cost, nil
}

// hashPassword waits for a slot and hashes one password.
func (h *hasher) hashPassword(ctx context.Context, password string) (string, error) {
	s, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer s.release()
	return s.hash(password), nil
}

func derive(cost argonCost, password string, salt []byte, length int) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.passes, cost.memoryKiB, cost.lanes, uint32(length)) // #nosec G115 -- a hash has 32 bytes
}

// phc writes the PHC string form: the parameters travel with the hash.
func phc(cost argonCost, salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.memoryKiB, cost.passes, cost.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// parsePHC reads what phc writes. The bounds keep a damaged row from asking
// for all of the memory.
func parsePHC(text string) (cost argonCost, salt, hash []byte, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, errCredential
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.memoryKiB, &cost.passes, &cost.lanes); n != 3 || err != nil {
		return cost, nil, nil, errCredential
	}
	if cost.memoryKiB < 8 || cost.memoryKiB > 1<<20 || cost.passes < 1 || cost.passes > 64 || cost.lanes < 1 {
		return cost, nil, nil, errCredential
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	hash, hashErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(salt) < 8 || len(hash) < 16 || len(hash) > 64 {
		return cost, nil, nil, errCredential
	}
	return cost, salt, hash, nil
}
