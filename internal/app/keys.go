package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"purse/internal/secret"
	"purse/internal/store"
)

// errServed keeps development, with its open mailbox and movable clock, away
// from real people's data.
var errServed = errors.New("this database has been used by purse serve, so purse dev will not open it; use another --database-url, or --ephemeral")

// keyFile is where development keeps its root key, beside the database.
const keyFile = "secret.key"

// NewKey writes a new root key to out.
func NewKey(out io.Writer) error {
	_, err := fmt.Fprintln(out, newKey())
	return err
}

// newKey makes a root key.
func newKey() string { return base64.StdEncoding.EncodeToString(secret.Bytes(minSecretBytes)) }

// rootOf is the root key of the settings or, in development, the one in a file
// beside the database, made on the first start.
func rootOf(s Settings) (*secret.Root, error) {
	keys := s.SecretKeys
	if keys == nil && s.Development {
		var err error
		if keys, err = developmentKeys(filepath.Join(s.directory(), keyFile)); err != nil {
			return nil, err
		}
	}
	if keys == nil {
		return nil, errors.New("PURSE_SECRET_KEY: is missing")
	}
	root, err := secret.NewRoot(keys[0], keys[1:]...)
	if err != nil {
		return nil, fmt.Errorf("PURSE_SECRET_KEY: %w", err)
	}
	return root, nil
}

func developmentKeys(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(newKey() + "\n")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("making the directory of %s: %w", path, err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return nil, fmt.Errorf("keeping the key made for development: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("reading the key made for development: %w", err)
	}
	p := &parser{}
	keys := p.secrets(strings.TrimSpace(string(text)))
	if keys == nil {
		return nil, fmt.Errorf("%s does not hold a key of %d bytes in base64; remove it together with the database to start afresh", path, minSecretBytes)
	}
	return keys, nil
}

// refuseReadable stops production from starting on files that other users of
// the machine can read.
func refuseReadable(s Settings) error {
	if s.Development || s.DatabasePath == "" {
		return nil
	}
	for _, path := range []string{s.DatabasePath, s.DatabasePath + "-wal"} {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking at the database's permissions: %w", err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s can be read by other users of this machine (%s); run: chmod 600 %s", path, info.Mode().Perm(), path)
		}
	}
	return nil
}

// Facts that the database remembers about itself; those about its key are in
// keymark.go.
const (
	metaServed = "used_by_serve"
	metaOffset = "clock_offset" // nanoseconds, development only
)

// claimDatabase checks that this program may use the database, with this key,
// and marks it. It returns how far a movable clock was ahead at the last end.
func claimDatabase(ctx context.Context, engine store.Engine, root *secret.Root, development bool) (offset time.Duration, err error) {
	err = engine.Update(ctx, func(tx store.Tx) error {
		served, err := tx.Meta(metaServed)
		if err != nil {
			return err
		}
		if served != "" && development { // told before the key, which is another there
			return errServed
		}
		if _, err := admitKey(tx, root, tx.SetMeta); err != nil {
			return err
		}
		if !development {
			return tx.SetMeta(metaServed, "yes")
		}
		offset, err = clockOffset(tx)
		return err
	})
	return offset, err
}

// clockOffset is how far the movable clock of development is ahead.
func clockOffset(tx store.Meta) (time.Duration, error) {
	text, err := tx.Meta(metaOffset)
	if err != nil || text == "" {
		return 0, err
	}
	nanoseconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the database's clock offset: %w", err)
	}
	return time.Duration(nanoseconds), nil
}

// keepOffset remembers how far the movable clock is ahead.
func keepOffset(engine store.Engine) func(context.Context, time.Duration) error {
	return func(ctx context.Context, offset time.Duration) error {
		return engine.Update(ctx, func(tx store.Tx) error {
			return tx.SetMeta(metaOffset, strconv.FormatInt(int64(offset), 10))
		})
	}
}
