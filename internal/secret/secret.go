// Package secret is Purse's cryptography in one small place: one root key, from
// which every other key is derived (HKDF-SHA256, one label per use), sealing of
// what must be read again (AES-256-GCM), keyed hashes of what must only be
// found again (HMAC-SHA256), and random tokens and codes. Passwords are not
// here (identity owns Argon2id), nor is anything that stores or sends a secret.
// It imports nothing of Purse.
package secret

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"hash"
	"sync"
)

// RootKeyBytes is the least length of a root key.
const RootKeyBytes = 32

// ErrRootKey is what NewRoot returns for a key that is too short.
var ErrRootKey = errors.New("secret: the root key has fewer than 32 bytes")

// Root is the key that all others derive from; while it is being changed, the
// new one and the old one. What is made is made with the first, and what either
// has made is read. Losing a key loses what was sealed under it; none is ever
// stored in the database. A Root prints as its name only.
type Root struct {
	extracted [][]byte // of each key, the one to write with first
	kept      map[string][]byte
}

// NewRoot takes the root key, at least RootKeyBytes bytes from a random source,
// and keys beside it whose work is still read.
func NewRoot(key []byte, others ...[]byte) (*Root, error) {
	r := &Root{kept: map[string][]byte{}}
	for _, one := range append([][]byte{key}, others...) {
		if len(one) < RootKeyBytes {
			return nil, ErrRootKey
		}
		extracted, err := hkdf.Extract(sha256.New, one, []byte("purse root key 1"))
		if err != nil {
			return nil, err
		}
		r.extracted = append(r.extracted, extracted)
	}
	return r, nil
}

// Each is every key as a root of its own, the one to write with first.
func (r *Root) Each() []*Root {
	each := make([]*Root, len(r.extracted))
	for i := range r.extracted {
		each[i] = &Root{extracted: r.extracted[i : i+1], kept: map[string][]byte{}}
	}
	return each
}

// Derive makes the n bytes of key that belong to label, from the first key. The
// same root and label always give the same bytes; nothing about one label's key
// tells of another's. It panics when n is below 1 or above 8160 (255 hashes),
// which only a programmer can cause.
func (r *Root) Derive(label string, n int) []byte {
	if n < 1 || n > 255*sha256.Size {
		panic("secret: a derived key has 1 to 8160 bytes")
	}
	key, err := hkdf.Expand(sha256.New, r.extracted[0], label, n)
	if err != nil {
		panic("secret: " + err.Error())
	}
	return key
}

func (*Root) String() string   { return "secret.Root" }
func (*Root) GoString() string { return "secret.Root" }

// Hasher makes keyed hashes: equal texts have equal hashes, and without the key
// a hash cannot be tried against a list of likely texts. It is safe for
// concurrent use.
type Hasher struct {
	keys []*hashKey // the one to make hashes with first
}

// hashKey is one key, with what hashes under it; a transfer needs several hashes,
// and setting one up costs more than the hash.
type hashKey struct {
	ready sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	text, sum []byte
}

func newHashKey(key []byte) *hashKey {
	return &hashKey{ready: sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, key)} }}}
}

// Hasher is the keyed hash of label.
func (r *Root) Hasher(label string) *Hasher {
	h := &Hasher{}
	for _, one := range r.Each() {
		h.keys = append(h.keys, newHashKey(one.hashKey(label)))
	}
	return h
}

func (r *Root) hashKey(label string) []byte { return r.Derive("hash "+label, sha256.Size) }

// Sum is HMAC-SHA256 of text. Callers bring the text into its one form first.
func (h *Hasher) Sum(text string) [32]byte { return h.keys[0].sum(text) }

// Sums is the hash of text under each key, that of Sum first.
func (h *Hasher) Sums(text string) [][32]byte {
	sums := make([][32]byte, len(h.keys))
	for i, key := range h.keys {
		sums[i] = key.sum(text)
	}
	return sums
}

// Made reports whether a hash is that of text under any of the keys.
func (h *Hasher) Made(hash [32]byte, text string) bool {
	made := false
	for _, one := range h.Sums(text) {
		made = Equal(one[:], hash[:]) || made
	}
	return made
}

func (k *hashKey) sum(text string) (sum [32]byte) {
	m := k.ready.Get().(*mac)
	defer k.ready.Put(m)
	m.Reset()
	m.text = append(m.text[:0], text...)
	m.Write(m.text)
	m.sum = m.Sum(m.sum[:0])
	copy(sum[:], m.sum)
	clear(m.text) // what is hashed is not to stay
	return sum
}

func (*Hasher) String() string   { return "secret.Hasher" }
func (*Hasher) GoString() string { return "secret.Hasher" }

// Equal compares two secrets in a time that does not depend on where they
// differ. Different lengths are unequal.
func Equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
