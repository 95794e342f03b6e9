package secret

import (
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
	header []byte
	aead   cipher.AEAD
}

// Sealer is the sealer of label.
func (r *Root) Sealer(label string) *Sealer {
	block, err := aes.NewCipher(r.Derive("seal "+label, 32))
	if err != nil {
		panic("secret: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("secret: " + err.Error())
	}
	return &Sealer{
		header: append([]byte{sealVersion}, r.Derive("seal id "+label, keyIDBytes)...),
		aead:   aead,
	}
}

// Seal encrypts plaintext and binds it to associated, which names the place the
// text belongs to (the row) and must be given again to Open.
func (s *Sealer) Seal(plaintext, associated []byte) []byte {
	sealed := make([]byte, headerBytes, headerBytes+len(plaintext)+s.aead.Overhead())
	copy(sealed, s.header)
	return s.aead.Seal(sealed, nil, plaintext, s.bind(associated)) // #nosec G407 -- the AEAD makes a random nonce itself
}

// Open decrypts what Seal made: ErrUnknownKey for another key's text,
// ErrSealBroken for a changed text or other associated data.
func (s *Sealer) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) < headerBytes+s.aead.Overhead() {
		return nil, ErrSealBroken
	}
	if !slices.Equal(sealed[:headerBytes], s.header) {
		return nil, ErrUnknownKey
	}
	plaintext, err := s.aead.Open(nil, nil, sealed[headerBytes:], s.bind(associated))
	if err != nil {
		return nil, ErrSealBroken
	}
	return plaintext, nil
}

// KeyID is the id that this sealer's texts begin with, version included, for
// finding the rows that are still under another key.
func (s *Sealer) KeyID() []byte { return slices.Clone(s.header) }

func (s *Sealer) bind(associated []byte) []byte {
	return append(slices.Clone(s.header), associated...)
}

func (*Sealer) String() string   { return "secret.Sealer" }
func (*Sealer) GoString() string { return "secret.Sealer" }
