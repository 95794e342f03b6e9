package bind

import (
	"bytes"
	"unicode"
)

// keys finds repeated keys while an object is read.
type keys struct {
	set map[string]struct{}
}

// repeat reports whether the object has the key, its newest, already, in any
// case of its letters.
func (k *keys) repeat(r *reader, object, key int) bool {
	d := document{r.text, r.nodes}
	if key-object < 2*fewMembers {
		name := d.bytes(key)
		for earlier := object + 1; earlier < key; earlier += 2 {
			if bytes.EqualFold(d.bytes(earlier), name) {
				return true
			}
		}
		return false
	}
	if k.set == nil {
		k.set = make(map[string]struct{}, 4*fewMembers)
		for earlier := object + 1; earlier < key; earlier += 2 {
			k.set[fold(d.bytes(earlier))] = struct{}{}
		}
	}
	folded := fold(d.bytes(key))
	_, repeated := k.set[folded]
	k.set[folded] = struct{}{}
	return repeated
}

// fold gives two keys one form exactly when bytes.EqualFold calls them equal.
func fold(key []byte) string {
	return string(bytes.Map(func(c rune) rune {
		least := c
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, key))
}
