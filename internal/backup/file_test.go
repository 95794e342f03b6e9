package backup

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"purse/internal/store/portable"
	"purse/internal/store/storetest"
)

// create writes a backup of storetest.Everything to a new path.
func create(t *testing.T, lock Lock) (path string, summary Summary) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "purse.backup")
	file, err := Create(path, lock)
	if err != nil {
		t.Fatal(err)
	}
	summary, err = file.Fill(storetest.Everything())
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return path, summary
}

// check reads a whole backup with a key.
func check(path string, key Key) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return checkText(text, key)
}

func checkText(text []byte, key Key) error {
	content, err := key.Decrypt(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return Check(content, unwatched)
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileHasItsNameOnlyWhenItIsWhole(t *testing.T) {
	path, summary := create(t, Lock{})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != summary.Bytes || len(summary.SHA256) != 64 || summary.Rows == 0 {
		t.Errorf("%v %v %+v", info, err, summary)
	}
	if _, err := Create(path, Lock{}); !errors.Is(err, ErrExists) {
		t.Errorf("a second one gives %v", err)
	}
	other := filepath.Join(t.TempDir(), "other.backup")
	file, err := Create(other, Lock{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(other, Lock{}); err == nil || !strings.Contains(err.Error(), "another backup is writing it") {
		t.Errorf("two at once: %v", err)
	}
	broken := &one{count: 1, table: portable.Table{Name: "entries", Rows: 2, Columns: large(1).table.Columns}}
	if _, err := file.Fill(broken); err == nil {
		t.Error("half a backup is a good one")
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(filepath.Dir(other))
	if err != nil || len(left) > 0 {
		t.Errorf("there are %v left, %v", left, err)
	}
}

func TestAFileThatCameMeanwhileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purse.backup")
	file, err := Create(path, Lock{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Fill(storetest.Everything()); !errors.Is(err, ErrExists) {
		t.Errorf("filling gives %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "another's" {
		t.Errorf("it is now %q, %v", text, err)
	}
}

func TestSecurity27ABackupCanBeEncrypted(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identityFile, strangerFile := secretFile(t, "# made by a test\n"+identity.String()+"\n"), secretFile(t, stranger.String())
	good, bad := secretFile(t, "correct horse battery\nnot this line"), secretFile(t, "incorrect horse battery\r\n")
	for _, c := range []struct {
		what        string
		lock        Lock
		right       Key
		wrong, none []Key
	}{
		{
			"to a public key", Lock{Recipients: []string{identity.Recipient().String()}},
			Key{IdentityFile: identityFile}, []Key{{IdentityFile: strangerFile}, {PassphraseFile: good}}, []Key{{}},
		},
		{
			"with a passphrase", Lock{PassphraseFile: good},
			Key{PassphraseFile: good}, []Key{{PassphraseFile: bad}, {IdentityFile: identityFile}}, []Key{{}},
		},
	} {
		path, _ := create(t, c.lock)
		if err := check(path, c.right); err != nil {
			t.Errorf("%s: with the right key: %v", c.what, err)
		}
		for _, key := range c.wrong {
			if err := check(path, key); !errors.Is(err, ErrWrongKey) {
				t.Errorf("%s: with another key: %v", c.what, err)
			}
		}
		for _, key := range c.none {
			if err := check(path, key); !errors.Is(err, ErrEncrypted) {
				t.Errorf("%s: without a key: %v", c.what, err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, plain := range []string{magic, "purse", "accounts", "blocked", "Ñandú", "\x1f\x8b\x08"} {
			if bytes.Contains(text, []byte(plain)) {
				t.Errorf("%s: the file has %q in it", c.what, plain)
			}
		}
		for _, at := range []int{30, len(text) / 2, len(text) - 1} {
			if err := checkText(text[:at], c.right); err == nil {
				t.Errorf("%s: cut off after %d of %d bytes, it is accepted", c.what, at, len(text))
			}
		}
		text[len(text)/2] ^= 1
		if err := checkText(text, c.right); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: with one bit changed: %v", c.what, err)
		}
	}
	plain, _ := create(t, Lock{})
	if err := check(plain, Key{IdentityFile: identityFile}); !errors.Is(err, ErrNotEncrypted) {
		t.Errorf("a plain backup in the place of an encrypted one: %v", err)
	}
}

func TestAKeyThatIsNoneIsToldBeforeAnythingIsWrittenAndNotQuoted(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "purse.backup")
	for what, lock := range map[string]Lock{
		"a secret key as recipient": {Recipients: []string{identity.String()}},
		"two keys":                  {Recipients: []string{identity.Recipient().String()}, PassphraseFile: secretFile(t, "correct horse battery")},
		"a short passphrase":        {PassphraseFile: secretFile(t, "short secre")},
		"an empty passphrase":       {PassphraseFile: secretFile(t, "\ncorrect horse battery")},
		"no file":                   {PassphraseFile: filepath.Join(t.TempDir(), "none")},
	} {
		_, err := Create(path, lock)
		if err == nil || strings.Contains(err.Error(), identity.String()) || strings.Contains(err.Error(), "short secre") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := os.Stat(path + partial); err == nil {
		t.Error("a file was begun")
	}
	for what, key := range map[string]Key{
		"an identity that is none": {IdentityFile: secretFile(t, strings.ToLower(identity.String()[:40]))},
		"two keys":                 {IdentityFile: secretFile(t, identity.String()), PassphraseFile: secretFile(t, "correct horse battery")},
	} {
		if _, err := key.Decrypt(strings.NewReader(magic)); err == nil || strings.Contains(strings.ToUpper(err.Error()), identity.String()[:40]) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// full is a disk that takes so many bytes.
type full struct{ left int }

var errFull = errors.New("no space left on the device")

func (f *full) Write(text []byte) (int, error) {
	if f.left -= len(text); f.left < 0 {
		return 0, errFull
	}
	return len(text), nil
}

func TestWhateverFitsNoMoreEndsTheBackup(t *testing.T) {
	whole := written(t)
	for room := 0; room < len(whole); room += 50 {
		if err := Write(&full{room}, storetest.Everything()); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d bytes: %v", room, err)
		}
	}
	if err := Write(io.Discard, storetest.Everything()); err != nil {
		t.Error(err)
	}
}
