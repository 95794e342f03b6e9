package secret

import (
	"bytes"
	"errors"
	"testing"
)

// changingRoot has several keys of which each byte is one.
func changingRoot(t *testing.T, fills ...byte) *Root {
	t.Helper()
	var keys [][]byte
	for _, fill := range fills {
		keys = append(keys, bytes.Repeat([]byte{fill}, RootKeyBytes))
	}
	root, err := NewRoot(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTheSecondRootKeyIsReadAndTheFirstIsWritten(t *testing.T) {
	old, both, next := testRoot(t, 1), changingRoot(t, 2, 1), testRoot(t, 2)
	place := []byte("row 7")
	if plain, err := both.Sealer("x").Open(old.Sealer("x").Seal([]byte("text"), place), place); err != nil || string(plain) != "text" {
		t.Errorf("sealed under the second key: %q, %v", plain, err)
	}
	sealed := both.Sealer("x").Seal([]byte("text"), place)
	if plain, err := next.Sealer("x").Open(sealed, place); err != nil || string(plain) != "text" {
		t.Errorf("sealed with both keys, read with the first: %q, %v", plain, err)
	}
	if _, err := old.Sealer("x").Open(sealed, place); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("sealed with both keys, read with the second: %v", err)
	}
	if _, err := both.Sealer("x").Open(testRoot(t, 3).Sealer("x").Seal([]byte("text"), place), place); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("sealed under a third key: %v", err)
	}
	if got := both.Hasher("x").Sum("text"); got != next.Hasher("x").Sum("text") || !bytes.Equal(both.Derive("x", 8), next.Derive("x", 8)) {
		t.Error("hashes and keys are not those of the first key")
	}
	for want, hash := range map[bool][][32]byte{
		true:  {old.Hasher("x").Sum("text"), next.Hasher("x").Sum("text")},
		false: {testRoot(t, 3).Hasher("x").Sum("text"), next.Hasher("x").Sum("other"), next.Hasher("y").Sum("text")},
	} {
		for i := range hash {
			if both.Hasher("x").Made(hash[i], "text") != want {
				t.Errorf("hash %d of those that are %v", i, want)
			}
		}
	}
	if _, err := NewRoot(bytes.Repeat([]byte{1}, RootKeyBytes), make([]byte, RootKeyBytes-1)); !errors.Is(err, ErrRootKey) {
		t.Errorf("a second key that is too short: %v", err)
	}
}

func TestATallyRenewsWhatIsOfAnOlderKeyAlone(t *testing.T) {
	sealer, place := changingRoot(t, 2, 1).Sealer("x"), []byte("row 7")
	var tally Tally
	for _, row := range []struct {
		of      byte
		renewed bool
	}{{1, true}, {2, false}, {3, false}} {
		renewed, err := tally.Renew(sealer, testRoot(t, row.of).Sealer("x").Seal([]byte("text"), place), place)
		if err != nil || (renewed != nil) != row.renewed {
			t.Fatalf("of key %d: renewed %v, %v", row.of, renewed != nil, err)
		}
		if !row.renewed {
			continue
		}
		if plain, err := testRoot(t, 2).Sealer("x").Open(renewed, place); err != nil || string(plain) != "text" || !sealer.Newest(renewed) {
			t.Errorf("what was renewed is %q, %v", plain, err)
		}
	}
	if tally != (Tally{Rows: 3, Stale: 1, Unknown: 1}) {
		t.Errorf("got %+v", tally)
	}
	if _, err := tally.Renew(sealer, testRoot(t, 1).Sealer("x").Seal([]byte("text"), []byte("row 8")), place); !errors.Is(err, ErrSealBroken) {
		t.Errorf("of another row: %v", err)
	}
	tally.Beside(Tally{Rows: 1, Stale: 2})
	tally.Add(Tally{Rows: 10, Stale: 10, Unknown: 10})
	if tally != (Tally{Rows: 14, Stale: 12, Unknown: 11}) {
		t.Errorf("got %+v", tally)
	}
}

func TestKeptKeysOutliveTheRootKey(t *testing.T) {
	first := testRoot(t, 1)
	want := first.Hasher("x").Sum("text")
	if first.Kept("x").Sum("text") != want {
		t.Fatal("a kept key does not derive from the first root key")
	}
	both := changingRoot(t, 2, 1)
	if err := both.Unwrap("x", first.Wrap("x")); err != nil {
		t.Fatal(err)
	}
	next := testRoot(t, 2)
	if err := next.Unwrap("x", both.Wrap("x")); err != nil {
		t.Fatal(err)
	}
	if both.Kept("x").Sum("text") != want || next.Kept("x").Sum("text") != want {
		t.Error("the hashes have changed with the root key")
	}
	if err := first.Unwrap("x", both.Wrap("x")); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("with the old key alone: %v", err)
	}
	if err := next.Unwrap("y", both.Wrap("x")); !errors.Is(err, ErrSealBroken) {
		t.Errorf("of another label: %v", err)
	}
}
