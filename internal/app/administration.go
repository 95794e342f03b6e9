package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"purse/internal/clock"
	"purse/internal/identity"
	"purse/internal/redis"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/sqlite"
)

// Administration is a database opened for the commands of operators, also while
// a Purse runs on it.
type Administration struct {
	store.Engine
	Root  *secret.Root     // the keys that the database was made with
	Clock clock.Clock      // as the running Purse has it
	redis *redis.Client    // nil when nothing is kept there
	nodes *redis.Broadcast // how running Purses are told; nil without redis
}

// UseRedis names the server of the running Purse, so that its nodes are told what a
// command changes, and the tokens of Telegram chats go whose sessions it ends; "" is
// none. One that is down keeps nobody from administering: the nodes find out within
// a second, and what stays there is worth nothing.
func (a *Administration) UseRedis(ctx context.Context, address string) (err error) {
	if address == "" {
		return nil
	}
	silent := slog.New(slog.DiscardHandler)
	if a.redis, err = redis.Open(address, silent); err != nil {
		return fmt.Errorf("PURSE_REDIS_URL is %w", err)
	}
	_ = a.redis.Ping(ctx) // connects with more patience than a question has
	a.nodes, err = redis.OpenBroadcast(address, silent)
	return err
}

// Close closes the database and what else was opened.
func (a *Administration) Close() error {
	var failed []error
	if a.redis != nil {
		failed = append(failed, a.redis.Close())
	}
	if a.nodes != nil {
		failed = append(failed, a.nodes.Close())
	}
	return errors.Join(append(failed, a.Engine.Close())...)
}

// OpenForAdministration opens a database for the short work of a command, also
// while Purse runs on it, on any number of nodes. Its schema is left alone and
// must be this program's. secretKey is PURSE_SECRET_KEY as a person writes it;
// without one, the key that purse dev keeps beside the database is used. A
// database that has no key yet takes this one.
func OpenForAdministration(ctx context.Context, databaseURL, secretKey string) (_ *Administration, err error) {
	p := &parser{}
	s := Settings{SecretKeys: p.secrets(secretKey)}
	s.DatabasePath, s.DatabaseURL = p.database(databaseURL)
	if err := errors.Join(p.wrong...); err != nil {
		return nil, err
	}
	moved := &clock.Movable{}
	reader, err := openForReading(ctx, s, moved) // refuses what is missing or of another version
	if err != nil {
		return nil, err
	}
	if err := reader.Close(); err != nil {
		return nil, err
	}
	a := &Administration{Clock: moved}
	if a.Root, err = existingRoot(s); err != nil {
		return nil, err
	}
	if a.Engine, err = openBeside(ctx, s, moved); err != nil {
		return nil, err
	}
	offset, err := checkKey(ctx, a.Engine, a.Root)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	moved.AdvanceTo(time.Now().Add(offset))
	return a, nil
}

// existingRoot is the root key of the settings, or of development's file; no
// key is made here.
func existingRoot(s Settings) (*secret.Root, error) {
	if s.SecretKeys == nil {
		path := filepath.Join(s.directory(), keyFile)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("PURSE_SECRET_KEY: is missing; give the key with which Purse runs on this database")
		}
		s.Development = true
	}
	return rootOf(s)
}

func openBeside(ctx context.Context, s Settings, clock clock.Clock) (store.Engine, error) {
	if s.DatabaseURL != "" {
		engine, err := postgres.Open(ctx, postgres.Options{URL: s.DatabaseURL, Clock: clock})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.database(), err)
		}
		return engine, nil
	}
	engine, err := sqlite.OpenBeside(ctx, sqlite.Options{Path: s.DatabasePath, Clock: clock})
	if err != nil {
		return nil, err
	}
	return engine, nil
}

// checkKey refuses a root that does not belong to the database, which it writes
// to only when there is something new to remember, and returns how far the clock
// of development is ahead.
func checkKey(ctx context.Context, engine store.Engine, root *secret.Root) (offset time.Duration, err error) {
	news := false
	if err := engine.View(ctx, func(tx store.Tx) (err error) {
		if news, err = admitKey(tx, root, func(string, string) error { return nil }); err != nil {
			return err
		}
		offset, err = clockOffset(tx)
		return err
	}); err != nil || !news {
		return offset, err
	}
	return offset, engine.Update(ctx, func(tx store.Tx) error {
		_, err := admitKey(tx, root, tx.SetMeta)
		return err
	})
}

// People is identity over the database, for what operators do. It sends no mail
// and issues no sessions.
func (a *Administration) People() (*identity.Service, error) {
	return identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](a.Engine), Clock: a.Clock, Root: a.Root, MinPassword: identity.MinPassword, Shared: true,
		ResetURL:   "http://localhost/reset", // of no mail
		ChatTokens: chatTokens(a.redis), Peers: peersOfPeople(a.nodes),
	})
}
