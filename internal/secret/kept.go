package secret

import (
	"bytes"
	"crypto/sha256"
)

// Some hashes must stay the same when the root key is changed, since nobody can
// make them anew: what is printed on a card, or the name of a count that runs.
// Their keys derive from the first root key of a database and are kept in it,
// sealed under its present one.

// keptSealer is the label under which kept keys are sealed.
const keptSealer = "kept key"

// Kept is the keyed hash of label whose key outlives the root key: the one that
// Unwrap has read, or else the one of the first root key.
func (r *Root) Kept(label string) *Hasher {
	return &Hasher{keys: []*hashKey{newHashKey(r.keptKey(label))}}
}

func (r *Root) keptKey(label string) []byte {
	if key, found := r.kept[label]; found {
		return key
	}
	return r.hashKey(label)
}

// Wrap seals the kept key of label for the database, under the first root key.
func (r *Root) Wrap(label string) []byte {
	return r.Sealer(keptSealer).Seal(r.keptKey(label), []byte(label))
}

// Unwrap reads the kept key of label as Wrap has sealed it. It must be called
// before the root is shared. Its errors are those of Sealer.Open.
func (r *Root) Unwrap(label string, sealed []byte) error {
	key, err := r.Sealer(keptSealer).Open(sealed, []byte(label))
	if err == nil && len(key) != sha256.Size {
		err = ErrSealBroken
	}
	if err == nil {
		r.kept[label] = bytes.Clone(key)
	}
	return err
}

// KeepFrom takes the kept keys of another root, as the database had them before
// it kept any: other is the root that it was made with.
func (r *Root) KeepFrom(other *Root, label string) { r.kept[label] = other.hashKey(label) }
