package secret

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func testRoot(t *testing.T, fill byte) *Root {
	t.Helper()
	root, err := NewRoot(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestRootKeyHasAtLeast32Bytes(t *testing.T) {
	if _, err := NewRoot(make([]byte, 31)); !errors.Is(err, ErrRootKey) {
		t.Fatalf("31 bytes: got %v", err)
	}
	if _, err := NewRoot(make([]byte, 48)); err != nil {
		t.Fatalf("48 bytes: got %v", err)
	}
}

// Stored rows depend on these bytes: a change here is a change of format.
func TestDerivedKeysNeverChange(t *testing.T) {
	root := testRoot(t, 7)
	sum := root.Hasher("x").Sum("text")
	got := hex.EncodeToString(root.Derive("x", 8)) + " " + hex.EncodeToString(sum[:8])
	if want := "48f40fc19edce177 87543989cc057081"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestEveryLabelAndRootHasItsOwnKeys(t *testing.T) {
	seen := map[string]string{}
	for _, fill := range []byte{1, 2} {
		for _, label := range []string{"a", "b", "hash a", "seal a"} {
			root := testRoot(t, fill)
			sum := root.Hasher(label).Sum("")
			for kind, key := range map[string][]byte{"derive": root.Derive(label, 32), "hash": sum[:]} {
				name := fmt.Sprintf("%d %s %s", fill, label, kind)
				if other, taken := seen[string(key)]; taken {
					t.Errorf("%s has the key of %s", name, other)
				}
				seen[string(key)] = name
			}
		}
	}
}

func TestSealedTextOpensOnlyInItsPlaceUnderItsKeyUnchanged(t *testing.T) {
	sealer := testRoot(t, 1).Sealer("ssn")
	sealed := sealer.Seal([]byte("123-45-6789"), []byte("user 7"))
	if bytes.Contains(sealed, []byte("6789")) {
		t.Fatal("the sealed text shows the plain one")
	}
	plain, err := sealer.Open(sealed, []byte("user 7"))
	if err != nil || string(plain) != "123-45-6789" {
		t.Fatalf("got %q, %v", plain, err)
	}
	if _, err := sealer.Open(sealed, []byte("user 8")); !errors.Is(err, ErrSealBroken) {
		t.Errorf("another place: got %v", err)
	}
	if _, err := testRoot(t, 2).Sealer("ssn").Open(sealed, []byte("user 7")); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another root: got %v", err)
	}
	if _, err := testRoot(t, 1).Sealer("pan").Open(sealed, []byte("user 7")); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another label: got %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := sealer.Open(changed, []byte("user 7")); err == nil {
			t.Fatalf("byte %d changed, still opens", i)
		}
		if _, err := sealer.Open(sealed[:i], []byte("user 7")); err == nil {
			t.Fatalf("cut to %d bytes, still opens", i)
		}
	}
	if !bytes.HasPrefix(sealed, sealer.KeyID()) {
		t.Error("a sealed text begins with its key's id")
	}
}

func TestSealingTwiceGivesDifferentTexts(t *testing.T) {
	sealer := testRoot(t, 1).Sealer("ssn")
	if bytes.Equal(sealer.Seal([]byte("x"), nil), sealer.Seal([]byte("x"), nil)) {
		t.Fatal("equal texts can be told from their seals")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	root := testRoot(t, 'K')
	for _, v := range []any{root, root.Hasher("x"), root.Sealer("x")} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, v); !strings.HasPrefix(got, "secret.") {
				t.Errorf("%s of %T prints %q", verb, v, got)
			}
		}
	}
}

func TestSecurity5CodesUseTheWholeAlphabetEvenly(t *testing.T) {
	for _, alphabet := range []string{Digits, Unambiguous} {
		const draws = 200_000
		count := map[rune]int{}
		for range draws / 8 {
			code := Code(alphabet, 8)
			if len(code) != 8 {
				t.Fatalf("code of %d characters", len(code))
			}
			for _, c := range code {
				count[c]++
			}
		}
		want := float64(draws) / float64(len(alphabet))
		for _, c := range alphabet {
			// Ten standard deviations: fails by chance less than once in 10^22.
			if off := float64(count[c]) - want; off*off > 100*want {
				t.Errorf("%q drawn %d times, want about %.0f", c, count[c], want)
			}
		}
		if len(count) != len(alphabet) {
			t.Errorf("%d different characters, want %d", len(count), len(alphabet))
		}
	}
}

func TestSecurity6TokensCarry256BitsAndDiffer(t *testing.T) {
	a, b := Token(), Token()
	if len(a) != 43 || a == b {
		t.Fatalf("tokens of %d characters, equal: %t", len(a), a == b)
	}
}

func TestEqualTellsLengthAndContent(t *testing.T) {
	if !Equal([]byte("ab"), []byte("ab")) || Equal([]byte("ab"), []byte("ac")) || Equal([]byte("ab"), []byte("abc")) {
		t.Fatal("wrong answer")
	}
}
