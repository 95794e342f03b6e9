package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// ErrOtherSchema is a database that is not one of this version of Purse.
var ErrOtherSchema = fault.Define(fault.Unavailable, "postgres.other_schema", "the database is none that this version of Purse has brought up to date; start Purse on it once")

// Reader is a database opened for looking only, also while Purses run on it.
// It serves one view at a time.
type Reader struct {
	store *Store
}

// OpenForReading opens a database and changes nothing in it. It returns
// ErrNewerSchema for a newer Purse's database, ErrOtherSchema for an older
// one's, or another, and ErrUnfinished unless the options let it pass.
func OpenForReading(ctx context.Context, options Options) (*Reader, error) {
	newest, err := newestMigration()
	if err != nil {
		return nil, err
	}
	config, err := configure(options.URL, 1, 0)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: connecting: %w", err)
	}
	r := &Reader{&Store{clock: options.Clock, pool: pool, views: make(chan struct{}, 1)}}
	r.store.views <- struct{}{}
	var have int64
	var unfinished bool
	err = r.store.view(ctx, func(tx *Tx) error {
		_, err := tx.row(`SELECT coalesce(max(version_id), 0), to_regclass($1) IS NOT NULL FROM goose_db_version WHERE is_applied`, []any{&have, &unfinished}, unfinishedMark)
		return err
	})
	switch {
	case err == nil && unfinished && !options.Unfinished:
		err = ErrUnfinished
	case err != nil && fault.KindOf(err) == fault.Internal: // there is no such table
		err = ErrOtherSchema.Because(err)
	case err != nil:
	case have > newest:
		err = ErrNewerSchema
	case have < newest:
		err = ErrOtherSchema
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return r, nil
}

// View runs fn over one snapshot; see unit.Work.
func (r *Reader) View(ctx context.Context, fn func(store.Tx) error) error {
	return r.store.View(ctx, fn)
}

// Close releases the connection.
func (r *Reader) Close() error {
	r.store.pool.Close()
	return nil
}

// AuditSize counts rows for a verification.
func (tx *Tx) AuditSize() (accounts, entries, transfers int64, err error) {
	_, err = tx.row(`SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM entries), (SELECT count(*) FROM transfers)`,
		[]any{&accounts, &entries, &transfers})
	return accounts, entries, transfers, err
}

// AuditAccounts lists accounts as they are stored.
func (tx *Tx) AuditAccounts(after ledger.AccountID, limit int) ([]ledger.AuditAccount, error) {
	var accounts []ledger.AuditAccount
	err := tx.rows(`SELECT id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash FROM accounts WHERE id > $1 ORDER BY id LIMIT $2`, func(row pgx.Rows) error {
		var a ledger.AuditAccount
		var kind, status string
		var hash []byte
		err := row.Scan((*int64)(&a.ID), (*int64)(&a.Owner), &kind, &a.Currency, &a.Balance, &a.Held, &status, &a.Entries, (*int64)(&a.LastEntry), &hash)
		a.Kind, a.Status = ledger.AccountKind(kind), ledger.Status(status)
		copy(a.LastHash[:], hash)
		accounts = append(accounts, a)
		return err
	}, int64(after), limit)
	return accounts, err
}

// AuditHolds sums open holds by account.
func (tx *Tx) AuditHolds(first, last ledger.AccountID, each func(ledger.AccountID, int64)) error {
	return tx.rows(`SELECT account_id, sum(amount)::bigint FROM holds WHERE state = 'held' AND account_id BETWEEN $1 AND $2 GROUP BY account_id`, func(row pgx.Rows) error {
		var account, held int64
		if err := row.Scan(&account, &held); err != nil {
			return err
		}
		each(ledger.AccountID(account), held)
		return nil
	}, int64(first), int64(last))
}

// AuditEntries walks all entries with their transfers.
func (tx *Tx) AuditEntries(each func(*ledger.AuditEntry) error) error {
	var ended error // by each
	err := tx.rows(`SELECT e.id, e.transfer_id, e.posting, e.account_id, e.counter_id, e.amount, e.balance_after, e.seq, e.previous_id, e.hash, a.id IS NOT NULL,
			t.id IS NOT NULL, coalesce(t.kind, ''), coalesce(t.actor_id, 0), coalesce(t.meta, ''), t.at, t.reverses, coalesce(t.first_entry_id, 0), coalesce(t.entry_count, 0)
		FROM entries AS e LEFT JOIN transfers AS t ON t.id = e.transfer_id LEFT JOIN accounts AS a ON a.id = e.account_id ORDER BY e.id`, func(row pgx.Rows) error {
		var e ledger.AuditEntry
		var amount, after int64
		var hash []byte
		var kind string
		if err := row.Scan((*int64)(&e.ID), (*uuid)(&e.Transfer), &e.Posting, (*int64)(&e.Account), (*int64)(&e.Counter), &amount, &after, &e.Seq, (*int64)(&e.Previous), &hash, &e.Known,
			&e.Found, &kind, (*int64)(&e.Of.Actor), &e.Of.Meta, optional{&e.Of.At}, (*uuid)(&e.Of.Reverses), (*int64)(&e.First), &e.Count); err != nil {
			return err
		}
		e.Amount, e.BalanceAfter = money.New(amount, money.Currency{}), money.New(after, money.Currency{})
		copy(e.Hash[:], hash)
		if e.Found {
			e.Of.ID, e.Of.Kind = e.Transfer, ledger.TransferKind(kind)
		}
		ended = each(&e)
		return ended
	})
	if ended != nil {
		return ended
	}
	return err
}

// AuditTransfers walks the transfers that are not the first entry's that they name.
func (tx *Tx) AuditTransfers(each func(ledger.TransferID) error) error {
	var ended error // by each
	err := tx.rows(`SELECT t.id FROM transfers AS t LEFT JOIN entries AS e ON e.id = t.first_entry_id WHERE e.transfer_id IS NULL OR e.transfer_id <> t.id ORDER BY t.id`, func(row pgx.Rows) error {
		var t ledger.TransferID
		if err := row.Scan((*uuid)(&t)); err != nil {
			return err
		}
		ended = each(t)
		return ended
	})
	if ended != nil {
		return ended
	}
	return err
}
