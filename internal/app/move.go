package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"slices"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/store"
	"purse/internal/store/portable"
	"purse/internal/store/sqlite"
)

// errNotEqual is a copy that is not what it was copied from.
var errNotEqual = errors.New("the copy is not equal")

// Move copies an embedded database, on which no Purse runs, into an empty
// PostgreSQL database, and proves the two equal before anybody can open it.
// Sessions live on. The embedded database is not changed, and what was copied
// is removed when anything fails.
func Move(ctx context.Context, databaseURL, to string, out io.Writer, progress *os.File) (err error) {
	from, err := parseDatabase(databaseURL)
	if err != nil {
		return err
	}
	s, err := parseDatabase(to)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if from.DatabaseURL != "" || s.DatabaseURL == "" {
		return errors.New("purse move copies an embedded database (sqlite:PATH) to PostgreSQL (--to postgres://…); for other ways use purse backup and purse restore")
	}
	if _, err := os.Stat(from.DatabasePath); err != nil {
		return from.missing()
	}
	unlock, err := sqlite.Lock(from.DatabasePath)
	if err != nil {
		return fmt.Errorf("%s: %w; stop Purse first", from.database(), err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	source, err := openForReading(ctx, from, clock.System{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	t, err := newTarget(ctx, s)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.discard(context.WithoutCancel(ctx)))
		}
	}()
	if err := move(ctx, source, t, out, progress); err != nil {
		return fmt.Errorf("%w; nothing was moved", err)
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `moved to %[1]s. Next:
  1. Set PURSE_DATABASE_URL to the new address wherever Purse and its commands run, with the same PURSE_SECRET_KEY.
  2. Start Purse. Whoever was signed in still is.
  3. Keep %[2]s, with its -wal if there is one, as a last backup; let no Purse run on it any more.
`, s.database(), from.database())
	return err
}

func move(ctx context.Context, source reader, t target, out io.Writer, progress *os.File) error {
	var have portable.Header
	err := source.Export(ctx, func(rows portable.Source) error {
		have = rows.Header()
		return fill(ctx, t, rows, progress)
	})
	if err != nil {
		return err
	}
	copied, err := t.read(ctx)
	if err != nil {
		return err
	}
	err = proveEqual(ctx, source, copied, have)
	if err == nil {
		err = verify(ctx, copied, out, progress)
	}
	if err = errors.Join(err, copied.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "equal: %d rows of %d tables, the sum of every currency, the newest hash of every account\n", have.Rows(), len(have.Tables))
	return err
}

// proveEqual compares two databases: how many rows each table has, the sum of
// the balances in each currency, and each account with the hash of its newest
// entry, which all of its history is in.
func proveEqual(ctx context.Context, source, copied reader, have portable.Header) error {
	err := copied.Export(ctx, func(rows portable.Source) error {
		for i, t := range rows.Header().Tables {
			// PostgreSQL has a sequence of its own besides.
			if was := have.Tables[i].Rows; t.Rows != was && t.Name != "sequences" {
				return fmt.Errorf("%w: %s has %d rows, and had %d", errNotEqual, t.Name, t.Rows, was)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return source.View(ctx, func(a store.Tx) error {
		return copied.View(ctx, func(b store.Tx) error { return equalAccounts(a, b) })
	})
}

// accountsAtOnce bounds how many accounts are in memory.
const accountsAtOnce = 10_000

func equalAccounts(a, b ledger.AuditTx) error {
	sums := [2]map[string]*big.Int{{}, {}}
	for after := ledger.AccountID(0); ; {
		var lists [2][]ledger.AuditAccount
		for i, tx := range []ledger.AuditTx{a, b} {
			var err error
			if lists[i], err = tx.AuditAccounts(after, accountsAtOnce); err != nil {
				return err
			}
			for _, account := range lists[i] {
				sum := sums[i][account.Currency]
				if sum == nil {
					sum = new(big.Int)
					sums[i][account.Currency] = sum
				}
				sum.Add(sum, big.NewInt(account.Balance))
			}
		}
		if !slices.Equal(lists[0], lists[1]) {
			return fmt.Errorf("%w: accounts with ids above %d differ", errNotEqual, after)
		}
		if len(lists[0]) == 0 {
			break
		}
		after = lists[0][len(lists[0])-1].ID
	}
	if !maps.EqualFunc(sums[0], sums[1], func(x, y *big.Int) bool { return x.Cmp(y) == 0 }) {
		return fmt.Errorf("%w: the sums of the currencies differ", errNotEqual)
	}
	return nil
}
