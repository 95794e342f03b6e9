package app

import (
	"bytes"
	"errors"
	"testing"

	"purse/internal/secret"
)

// memory is the facts of a database.
type memory map[string]string

func (m memory) Meta(key string) (string, error) { return m[key], nil }
func (m memory) SetMeta(key, value string) error { m[key] = value; return nil }
func (m memory) start(root *secret.Root) (err error) {
	_, err = admitKey(m, root, m.SetMeta)
	return err
}

// keysOf is a root of the keys named by letters, such as "ba": b to write with.
func keysOf(t *testing.T, names string) *secret.Root {
	t.Helper()
	var keys [][]byte
	for _, name := range []byte(names) {
		keys = append(keys, bytes.Repeat([]byte{name}, secret.RootKeyBytes))
	}
	root, err := secret.NewRoot(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestADatabaseKnowsWhichKeysItCanBeUsedWith: at every step of a change, the
// keys with which it would be misread, or written so that others misread it, are
// refused.
func TestADatabaseKnowsWhichKeysItCanBeUsedWith(t *testing.T) {
	m := memory{}
	starts := func(step string, want map[string]error) {
		t.Helper()
		for names, want := range want {
			before := memory{}
			for key, value := range m {
				before[key] = value
			}
			if err := before.start(keysOf(t, names)); !errors.Is(err, want) {
				t.Errorf("%s, with %s: got %v, want %v", step, names, err, want)
			}
		}
	}
	begin := func(names string) (replaced bool) {
		t.Helper()
		replaced, err := beginRotation(m, keysOf(t, names))
		if err != nil {
			t.Fatal(err)
		}
		return replaced
	}
	starts("a new database", map[string]error{"a": nil, "ab": nil})
	if err := m.start(keysOf(t, "a")); err != nil {
		t.Fatal(err)
	}
	starts("one key", map[string]error{"a": nil, "ab": nil, "ba": nil, "b": errOtherKey, "bc": errOtherKey})
	if begin("ab") {
		t.Error("a key that is not to be written with yet was said to have been replaced")
	}
	starts("a rotation that came too early", map[string]error{"a": nil, "ab": nil, "ba": nil, "b": errOtherKey})
	if err := m.start(keysOf(t, "ba")); err != nil {
		t.Fatal(err)
	}
	starts("some write with the new key", map[string]error{"ab": nil, "ba": nil, "a": errKeyUnfinished, "b": errKeyUnfinished, "c": errOtherKey, "ca": errKeyUnfinished, "cd": errOtherKey})
	if !begin("ba") {
		t.Error("the old key was not said to have been replaced")
	}
	starts("rows are being re-encrypted", map[string]error{"ba": nil, "ab": errRetiredKey, "a": errRetiredKey, "b": errKeyUnfinished, "c": errOtherKey})
	if err := endRotation(m, keysOf(t, "ba")); err != nil {
		t.Fatal(err)
	}
	starts("the change is over", map[string]error{"b": nil, "ba": nil, "bc": nil, "cb": nil, "a": errRetiredKey, "ab": errRetiredKey, "c": errOtherKey, "ca": errOtherKey})
	if err := m.start(keysOf(t, "cb")); err != nil {
		t.Fatal(err)
	}
	starts("the next change", map[string]error{"cb": nil, "bc": nil, "b": errKeyUnfinished, "c": errKeyUnfinished, "a": errRetiredKey})
	if !begin("bc") {
		t.Error("a change that is taken back does not replace the newer key")
	}
	if err := endRotation(m, keysOf(t, "bc")); err != nil {
		t.Fatal(err)
	}
	starts("the change was taken back", map[string]error{"b": nil, "bc": nil, "cb": errRetiredKey, "c": errRetiredKey})
}

// TestKeptKeysAreSealedUnderTheDatabasesKey: a node that knows the old key
// alone must read them until the key has been changed.
func TestKeptKeysAreSealedUnderTheDatabasesKey(t *testing.T) {
	m := memory{}
	for _, names := range []string{"a", "ba", "a"} {
		delete(m, metaNext)
		root := keysOf(t, names)
		if err := m.start(root); err != nil {
			t.Fatalf("with %s: %v", names, err)
		}
		for _, label := range keptKeys {
			if root.Kept(label).Sum("x") != keysOf(t, "a").Kept(label).Sum("x") {
				t.Errorf("with %s: the kept key %q is another", names, label)
			}
			if names == "a" { // as a database of before them has it
				delete(m, metaKept+label)
			}
		}
	}
}
