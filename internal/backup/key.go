package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Lock is what a backup is encrypted with: to recipients, or with a passphrase,
// or not at all.
type Lock struct {
	Recipients     []string // public keys as age-keygen prints them
	PassphraseFile string
}

// Key is what a backup is decrypted with.
type Key struct {
	IdentityFile   string // as age-keygen writes it
	PassphraseFile string
}

// The errors of keys; none of them quotes a secret.
var (
	ErrEncrypted    = errors.New("the backup is encrypted: give --identity or --passphrase-file")
	ErrNotEncrypted = errors.New("the backup is not encrypted, although a key was given: it may be another's")
	ErrWrongKey     = errors.New("the backup was encrypted with another key or passphrase")
	errTwoKeys      = errors.New("give either recipients and identities or a passphrase, not both")
)

// shortestPassphrase keeps out what a graphics card guesses within an hour.
const shortestPassphrase = 12

// encrypt is a writer that encrypts what goes to out; its Close writes the end.
func (l Lock) encrypt(out io.Writer) (io.WriteCloser, error) {
	recipients, err := l.recipients()
	if err != nil {
		return nil, err
	}
	if len(recipients) == 0 {
		return open{out}, nil
	}
	return age.Encrypt(out, recipients...)
}

// open is a writer that encrypts nothing.
type open struct{ io.Writer }

func (open) Close() error { return nil }

func (l Lock) recipients() ([]age.Recipient, error) {
	if l.PassphraseFile != "" && len(l.Recipients) > 0 {
		return nil, errTwoKeys
	}
	if l.PassphraseFile != "" {
		passphrase, err := readPassphrase(l.PassphraseFile)
		if err != nil {
			return nil, err
		}
		if len(passphrase) < shortestPassphrase {
			return nil, fmt.Errorf("the passphrase has fewer than %d characters", shortestPassphrase)
		}
		recipient, err := age.NewScryptRecipient(passphrase)
		return []age.Recipient{recipient}, err
	}
	var recipients []age.Recipient
	for _, text := range l.Recipients {
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil || len(parsed) != 1 {
			return nil, errors.New("a recipient is not a public key of age, which begins with age1") // the text may be a secret key
		}
		recipients = append(recipients, parsed...)
	}
	return recipients, nil
}

// Decrypt reads what is in a file: the backup itself, or what the key opens.
func (k Key) Decrypt(file io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(file, usualBlock)
	start, _ := in.Peek(len(ageMagic))
	encrypted := bytes.Equal(start, []byte(ageMagic))
	identities, err := k.identities()
	switch {
	case err != nil:
		return nil, err
	case encrypted && len(identities) == 0:
		return nil, ErrEncrypted
	case !encrypted && len(identities) > 0:
		return nil, ErrNotEncrypted
	case !encrypted:
		return in, nil
	}
	content, err := age.Decrypt(in, identities...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, damaged(err)
	}
	return content, nil
}

// ageMagic is how an encrypted file begins.
const ageMagic = "age-encryption.org/v1"

func (k Key) identities() ([]age.Identity, error) {
	switch {
	case k.PassphraseFile != "" && k.IdentityFile != "":
		return nil, errTwoKeys
	case k.PassphraseFile != "":
		passphrase, err := readPassphrase(k.PassphraseFile)
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(passphrase)
		return []age.Identity{identity}, err
	case k.IdentityFile == "":
		return nil, nil
	}
	file, err := os.Open(k.IdentityFile)
	if err != nil {
		return nil, fmt.Errorf("reading the identity: %w", err)
	}
	defer file.Close()
	identities, err := age.ParseIdentities(file)
	if err != nil {
		return nil, fmt.Errorf("%s is not a file of identities, as age-keygen writes it", k.IdentityFile) // the cause may quote it
	}
	return identities, nil
}

// readPassphrase reads the first line of a file.
func readPassphrase(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("%s holds no passphrase in its first line", path)
	}
	return line, nil
}
