package app

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"purse/internal/avatar"
	"purse/internal/card"
	"purse/internal/identity"
	"purse/internal/notify"
	"purse/internal/secret"
	"purse/internal/store"
)

// What a database keeps to know its root keys again: hashes that tell nothing
// of them.
const (
	metaKey     = "key_check"      // of the key that everything can be read with, or could before metaNext was written
	metaNext    = "key_check_next" // of the key that takes its place, from the first start with it to the end of purse keys rotate
	metaRetired = "keys_retired"   // of keys that were replaced, separated by spaces: nothing is written with them again
	metaKept    = "kept_key "      // and its label: a key that outlives the root key, sealed under it
)

// Errors of a key that does not belong to the database. They are told before
// anything is read or written under it.
var (
	errOtherKey      = errors.New("PURSE_SECRET_KEY is not the key that this database was made with; without that key its data cannot be read")
	errRetiredKey    = errors.New("PURSE_SECRET_KEY begins with a key that was replaced in this database; the newest key comes first")
	errKeyUnfinished = errors.New("the key of this database is being changed: PURSE_SECRET_KEY must have both, the new key, a comma, the old key, until purse keys rotate has come to its end")
)

// keptKeys are the labels of the keys that outlive the root key.
var keptKeys = []string{card.KeptKey, identity.KeptKey, notify.KeptKey, avatar.KeptKey}

// keyCheck is what a database keeps to know one root key again.
func keyCheck(root *secret.Root) string {
	sum := root.Hasher("key check").Sum("purse")
	return hex.EncodeToString(sum[:])
}

func keyChecks(root *secret.Root) (checks []string) {
	for _, one := range root.Each() {
		checks = append(checks, keyCheck(one))
	}
	return checks
}

// keyMarks is what the database says about its keys.
type keyMarks struct {
	current, next string // "" is none
	retired       []string
}

func readKeyMarks(tx store.Meta) (m keyMarks, err error) {
	var retired string
	for _, fact := range []struct {
		key  string
		into *string
	}{{metaKey, &m.current}, {metaNext, &m.next}, {metaRetired, &retired}} {
		if *fact.into, err = tx.Meta(fact.key); err != nil {
			return m, err
		}
	}
	m.retired = strings.Fields(retired)
	return m, nil
}

// judge says whether keys, the one to write with first, may be used.
func (m keyMarks) judge(checks []string) error {
	has := func(check string) bool { return check == "" || slices.Contains(checks, check) }
	switch {
	case slices.Contains(m.retired, checks[0]):
		return errRetiredKey
	case !has(m.current) && (m.next == "" || !has(m.next)):
		return errOtherKey
	case !has(m.current) || !has(m.next):
		return errKeyUnfinished
	}
	return nil
}

// admitKey refuses a root that does not belong to the database, hands it the
// keys that outlive it, and gives set what the database is to remember before
// anything is written with the root; wrote tells whether that was anything.
func admitKey(tx store.Meta, root *secret.Root, set func(key, value string) error) (wrote bool, err error) {
	marks, err := readKeyMarks(tx)
	if err != nil {
		return false, err
	}
	checks := keyChecks(root)
	if err := marks.judge(checks); err != nil {
		return false, err
	}
	remember := func(key, value string) {
		wrote, err = true, errors.Join(err, set(key, value))
	}
	switch {
	case marks.current == "":
		marks.current = checks[0]
		remember(metaKey, checks[0])
	case marks.next == "" && marks.current != checks[0]:
		remember(metaNext, checks[0])
	}
	if err != nil {
		return wrote, err
	}
	// What is missing is sealed under the key that all nodes have.
	first := root.Each()[slices.Index(checks, marks.current)]
	for _, label := range keptKeys {
		text, err := tx.Meta(metaKept + label)
		if err != nil {
			return wrote, err
		}
		if text == "" {
			root.KeepFrom(first, label)
			first.KeepFrom(first, label)
			remember(metaKept+label, base64.StdEncoding.EncodeToString(first.Wrap(label)))
			continue
		}
		sealed, err := base64.StdEncoding.DecodeString(text)
		if err == nil {
			err = root.Unwrap(label, sealed)
		}
		if err != nil {
			return wrote, fmt.Errorf("the database's kept key %q: %w", label, err)
		}
	}
	return wrote, err
}
