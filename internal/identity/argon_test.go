package identity

import (
	"strings"
	"testing"
)

func TestAStoredHashIsReadAsItWasWritten(t *testing.T) {
	cost := argonCost{memoryKiB: 64, passes: 3, lanes: 2}
	salt, hash := []byte("0123456789abcdef"), []byte("0123456789abcdef0123456789abcdef")
	text := phc(cost, salt, hash)
	if want := "$argon2id$v=19$m=64,t=3,p=2$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
	gotCost, gotSalt, gotHash, err := parsePHC(text)
	if err != nil || gotCost != cost || string(gotSalt) != string(salt) || string(gotHash) != string(hash) {
		t.Errorf("got %v, %q, %q, %v", gotCost, gotSalt, gotHash, err)
	}
}

func TestADamagedHashOpensNothingAndShowsNothing(t *testing.T) {
	h := newHasher(argonCost{memoryKiB: 64, passes: 1, lanes: 1})
	s, err := h.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	good := s.hash("correct horse")
	for _, bad := range []string{
		"plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=64", "m=4194304", 1),
		strings.Replace(good, "t=1", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "m=64,", "", 1), good + "$", good[:len(good)-30], good[1:],
	} {
		right, _, err := s.verify("correct horse", bad)
		if right || err == nil || strings.Contains(err.Error(), "$") {
			t.Errorf("%s: right %t, error %v", bad, right, err)
		}
	}
}

func TestAnEmptyPasswordIsNeverRight(t *testing.T) {
	h := newHasher(argonCost{memoryKiB: 64, passes: 1, lanes: 1})
	s, err := h.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.release()
	for name, stored := range map[string]string{"nobody": "", "stored by mistake": s.hash("")} {
		if right, _, err := s.verify("", stored); right || err != nil {
			t.Errorf("%s: right %t, error %v", name, right, err)
		}
	}
}

// The dummy makes an unknown account cost what a known one costs: the same
// parameters, salt and length.
func TestSecurity1NobodysHashCostsWhatAnybodysDoes(t *testing.T) {
	h := newHasher(defaultCost)
	cost, salt, hash, err := parsePHC(h.dummy)
	if err != nil || cost != defaultCost || len(salt) != saltBytes || len(hash) != hashBytes {
		t.Errorf("%v, %d, %d, %v", cost, len(salt), len(hash), err)
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add(phc(defaultCost, make([]byte, saltBytes), make([]byte, hashBytes)))
	for _, seed := range []string{"", "$argon2id$v=19$m=1,t=1,p=1$$", "$argon2id$v=19$m=-8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=8,t=1,p=256$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cost, salt, hash, err := parsePHC(text)
		if err != nil {
			return
		}
		if cost.memoryKiB > 1<<20 || cost.passes > 64 || cost.lanes == 0 || len(hash) > 64 {
			t.Fatalf("%q asks for too much: %+v", text, cost)
		}
		again, _, _, err := parsePHC(phc(cost, salt, hash))
		if err != nil || again != cost {
			t.Fatalf("%q: %+v, then %+v, %v", text, cost, again, err)
		}
	})
}
