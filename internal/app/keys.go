package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"purse/internal/secret"
	"purse/internal/store"
)

var (
	errUnknownMessage = errors.New("app: a message of an unknown kind")
	// errServed keeps development, with its open mailbox and movable clock, away
	// from real people's data.
	errServed = errors.New("this database has been used by purse serve, so purse dev will not open it; use another --database-url, or --ephemeral")
	// errOtherKey is told before anything is written under a wrong key.
	errOtherKey = errors.New("PURSE_SECRET_KEY is not the key that this database was made with; without that key its data cannot be read")
)

// keyFile is where development keeps its root key, beside the database.
const keyFile = "secret.key"

// rootKey is the key from the settings or, in development, the one in a file
// beside the database, made on the first start.
func rootKey(s Settings) ([]byte, error) {
	if s.SecretKey != nil || !s.Development {
		return s.SecretKey, nil
	}
	path := filepath.Join(s.directory(), keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, minSecretBytes)
		rand.Read(key) // never fails: crypto/rand ends the program instead
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("making the directory of %s: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("keeping the key made for development: %w", err)
		}
		return key, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key made for development: %w", err)
	}
	p := &parser{}
	key := p.secret(strings.TrimSpace(string(text)))
	if len(p.wrong) > 0 || key == nil {
		return nil, fmt.Errorf("%s does not hold a key of %d bytes in base64; remove it together with the database to start afresh", path, minSecretBytes)
	}
	return key, nil
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

// Facts that the database remembers about itself.
const (
	metaServed = "used_by_serve"
	metaKey    = "key_check"
	metaOffset = "clock_offset" // nanoseconds, development only
)

// claimDatabase checks that this program may use the database, with this key,
// and marks it. It returns how far a movable clock was ahead at the last end.
func claimDatabase(ctx context.Context, engine store.Engine, root *secret.Root, development bool) (offset time.Duration, err error) {
	check := keyCheck(root)
	err = engine.Update(ctx, func(tx store.Tx) error {
		known, err := tx.Meta(metaKey)
		if err != nil {
			return err
		}
		served, err := tx.Meta(metaServed)
		if err != nil {
			return err
		}
		switch {
		case known != "" && known != check:
			return errOtherKey
		case served != "" && development:
			return errServed
		}
		if !development {
			return errors.Join(tx.SetMeta(metaKey, check), tx.SetMeta(metaServed, "yes"))
		}
		text, err := tx.Meta(metaOffset)
		if err != nil {
			return err
		}
		if text != "" {
			nanoseconds, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("the database's clock offset: %w", err)
			}
			offset = time.Duration(nanoseconds)
		}
		return tx.SetMeta(metaKey, check)
	})
	return offset, err
}

// keepOffset remembers how far the movable clock is ahead.
func keepOffset(engine store.Engine) func(context.Context, time.Duration) error {
	return func(ctx context.Context, offset time.Duration) error {
		return engine.Update(ctx, func(tx store.Tx) error {
			return tx.SetMeta(metaOffset, strconv.FormatInt(int64(offset), 10))
		})
	}
}
