package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"slices"
)

// Errors of Open. They never hold any of the text.
var (
	// ErrUnknownKey means that the text was sealed under another key.
	ErrUnknownKey = errors.New("secret: sealed under a key that is not this one")
	// ErrSealBroken means that the text was changed, cut, or belongs to another
	// place than the associated data says.
	ErrSealBroken = errors.New("secret: the seal is broken")
)

const (
	sealVersion = 1
	keyIDBytes  = 4
	headerBytes = 1 + keyIDBytes
)

// Sealer encrypts small texts so that they can be read again. A sealed text is
// one version byte, the key's id (4 bytes, so that two keys can overlap while
// they are changed), a random nonce and the AES-256-GCM text with its tag. It
// is safe for concurrent use.
type Sealer struct {
	keys []sealKey // the one to seal with first
}

type sealKey struct {
	header []byte
	aead   cipher.AEAD
}

// Sealer is the sealer of label.
func (r *Root) Sealer(label string) *Sealer {
	s := &Sealer{}
	for _, one := range r.Each() {
		block, err := aes.NewCipher(one.Derive("seal "+label, 32))
		if err != nil {
			panic("secret: " + err.Error())
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			panic("secret: " + err.Error())
		}
		header := append([]byte{sealVersion}, one.Derive("seal id "+label, keyIDBytes)...)
		s.keys = append(s.keys, sealKey{header, aead})
	}
	return s
}

// Seal encrypts plaintext and binds it to associated, which names the place the
// text belongs to (the row) and must be given again to Open.
func (s *Sealer) Seal(plaintext, associated []byte) []byte {
	key := s.keys[0]
	sealed := make([]byte, headerBytes, headerBytes+len(plaintext)+key.aead.Overhead())
	copy(sealed, key.header)
	return key.aead.Seal(sealed, nil, plaintext, key.bind(associated)) // #nosec G407 -- the AEAD makes a random nonce itself
}

// Open decrypts what Seal made, under any of the keys: ErrUnknownKey for another
// key's text, ErrSealBroken for a changed text or other associated data.
func (s *Sealer) Open(sealed, associated []byte) ([]byte, error) {
	err := ErrUnknownKey
	for _, key := range s.keys {
		if len(sealed) < headerBytes+key.aead.Overhead() {
			return nil, ErrSealBroken
		}
		if !slices.Equal(sealed[:headerBytes], key.header) {
			continue
		}
		plaintext, failed := key.aead.Open(nil, nil, sealed[headerBytes:], key.bind(associated))
		if failed == nil {
			return plaintext, nil
		}
		err = ErrSealBroken
	}
	return nil, err
}

// Newest reports whether a text says of itself that it is sealed under the key
// that Seal takes.
func (s *Sealer) Newest(sealed []byte) bool { return bytes.HasPrefix(sealed, s.keys[0].header) }

// KeyID is the id that the texts of Seal begin with, version included.
func (s *Sealer) KeyID() []byte { return slices.Clone(s.keys[0].header) }

func (k sealKey) bind(associated []byte) []byte {
	return append(slices.Clone(k.header), associated...)
}

// Tally counts the rows of a batch that hold what keys have made.
type Tally struct {
	Rows    int // all that were looked at
	Stale   int // of an older key; made anew with the newest, if that was asked for
	Unknown int // of a key that is none of the root's
}

// Beside counts the same rows by something else that they hold.
func (t *Tally) Beside(other Tally) {
	t.Rows = max(t.Rows, other.Rows)
	t.Stale = max(t.Stale, other.Stale)
	t.Unknown = max(t.Unknown, other.Unknown)
}

// Add adds another batch.
func (t *Tally) Add(other Tally) {
	t.Rows += other.Rows
	t.Stale += other.Stale
	t.Unknown += other.Unknown
}

// Renew seals a text of an older key anew, and counts it. What it returns is nil
// when the text is not to be replaced: it is of the newest key, or of an unknown
// one. It returns ErrSealBroken.
func (t *Tally) Renew(s *Sealer, sealed, associated []byte) (renewed []byte, err error) {
	t.Rows++
	if s.Newest(sealed) {
		return nil, nil
	}
	plaintext, err := s.Open(sealed, associated)
	switch {
	case errors.Is(err, ErrUnknownKey):
		t.Unknown++
		return nil, nil
	case err != nil:
		return nil, err
	}
	t.Stale++
	return s.Seal(plaintext, associated), nil
}

func (*Sealer) String() string   { return "secret.Sealer" }
func (*Sealer) GoString() string { return "secret.Sealer" }
