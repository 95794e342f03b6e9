package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"zombiezen.com/go/sqlite"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/store"
)

// ErrOtherSchema is a file that is not a database of this version of Purse.
var ErrOtherSchema = fault.Define(fault.Unavailable, "sqlite.other_schema", "the file is no database that this version of Purse has brought up to date; start Purse on it once")

// Reader is a database opened for looking only, also while a Purse runs on it.
// It serves one view at a time.
type Reader struct {
	tx *Tx
}

// OpenForReading opens the database at path without its lock, and changes
// nothing in it. It returns ErrNewerSchema for a newer Purse's database and
// ErrOtherSchema for an older one's, or another file.
func OpenForReading(ctx context.Context, path string, clock clock.Clock) (*Reader, error) {
	conn, err := open(path, readerPragmas, sqlite.OpenReadOnly)
	if err != nil {
		return nil, err
	}
	r := &Reader{&Tx{conn: conn, clock: clock}}
	if err := r.tx.refuseOtherSchema(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return r, nil
}

// refuseOtherSchema returns ErrNewerSchema or ErrOtherSchema unless the database
// is exactly as this program would make it.
func (tx *Tx) refuseOtherSchema(ctx context.Context) error {
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	var have int64
	err = tx.view(ctx, func(tx *Tx) error {
		_, err := tx.row(`SELECT ifnull(max(version_id), 0) FROM goose_db_version WHERE is_applied`, func(stmt *sqlite.Stmt) { have = stmt.ColumnInt64(0) })
		return err
	})
	switch {
	case err != nil:
		return ErrOtherSchema.Because(fmt.Errorf("sqlite: reading the schema version: %w", err))
	case have > newest:
		return ErrNewerSchema
	case have < newest:
		return ErrOtherSchema
	}
	return nil
}

// newestMigration is the schema version of this program.
func newestMigration() (int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("sqlite: reading migrations: %w", err)
	}
	var version int64
	_, err = fmt.Sscanf(names[len(names)-1], "migrations/%d_", &version)
	return version, err
}

// View runs fn over one snapshot; see unit.Work.
func (r *Reader) View(ctx context.Context, fn func(store.Tx) error) error {
	return r.tx.view(ctx, func(tx *Tx) error { return fn(tx) })
}

// Close releases the database.
func (r *Reader) Close() error { return r.tx.conn.Close() }

// AuditSize counts rows for a verification.
func (tx *Tx) AuditSize() (accounts, entries, transfers int64, err error) {
	_, err = tx.row(`SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM entries), (SELECT count(*) FROM transfers)`, func(stmt *sqlite.Stmt) {
		accounts, entries, transfers = stmt.ColumnInt64(0), stmt.ColumnInt64(1), stmt.ColumnInt64(2)
	})
	return accounts, entries, transfers, err
}

// AuditAccounts lists accounts as they are stored.
func (tx *Tx) AuditAccounts(after ledger.AccountID, limit int) ([]ledger.AuditAccount, error) {
	var accounts []ledger.AuditAccount
	err := tx.rows(`SELECT id, owner_id, currency, balance, held, status, entries, last_entry_id, last_hash, kind FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2`, func(stmt *sqlite.Stmt) error {
		a := ledger.AuditAccount{
			ID: ledger.AccountID(stmt.ColumnInt64(0)), Owner: ledger.OwnerID(stmt.ColumnInt64(1)), Currency: stmt.ColumnText(2),
			Balance: stmt.ColumnInt64(3), Held: stmt.ColumnInt64(4), Status: ledger.Status(stmt.ColumnText(5)),
			Entries: stmt.ColumnInt64(6), LastEntry: ledger.EntryID(stmt.ColumnInt64(7)), Kind: ledger.AccountKind(stmt.ColumnText(9)),
		}
		stmt.ColumnBytes(8, a.LastHash[:])
		accounts = append(accounts, a)
		return nil
	}, int64(after), limit)
	return accounts, err
}

// AuditHolds sums open holds by account.
func (tx *Tx) AuditHolds(first, last ledger.AccountID, each func(ledger.AccountID, int64)) error {
	return tx.rows(`SELECT account_id, sum(amount) FROM holds WHERE state = 'held' AND account_id BETWEEN ?1 AND ?2 GROUP BY account_id`, func(stmt *sqlite.Stmt) error {
		each(ledger.AccountID(stmt.ColumnInt64(0)), stmt.ColumnInt64(1))
		return nil
	}, int64(first), int64(last))
}

// AuditEntries walks all entries with their transfers.
func (tx *Tx) AuditEntries(each func(*ledger.AuditEntry) error) error {
	var e ledger.AuditEntry
	return tx.rows(`SELECT e.id, e.transfer_id, e.posting, e.account_id, e.counter_id, e.amount, e.balance_after, e.seq, e.previous_id, e.hash,
			t.id IS NOT NULL, t.kind, t.actor_id, t.meta, t.at, t.reverses, t.first_entry_id, t.entry_count, a.id IS NOT NULL
		FROM entries AS e LEFT JOIN transfers AS t ON t.id = e.transfer_id LEFT JOIN accounts AS a ON a.id = e.account_id ORDER BY e.id`, func(stmt *sqlite.Stmt) error {
		e = ledger.AuditEntry{Entry: ledger.Entry{
			ID: ledger.EntryID(stmt.ColumnInt64(0)), Posting: stmt.ColumnInt(2),
			Account: ledger.AccountID(stmt.ColumnInt64(3)), Counter: ledger.AccountID(stmt.ColumnInt64(4)),
			Amount: money.New(stmt.ColumnInt64(5), money.Currency{}), BalanceAfter: money.New(stmt.ColumnInt64(6), money.Currency{}),
			Seq: stmt.ColumnInt64(7), Previous: ledger.EntryID(stmt.ColumnInt64(8)),
		}}
		stmt.ColumnBytes(1, e.Transfer[:])
		stmt.ColumnBytes(9, e.Hash[:])
		e.Known = stmt.ColumnBool(18)
		if e.Found = stmt.ColumnBool(10); e.Found {
			e.Of = ledger.Transfer{
				ID: e.Transfer, Kind: ledger.TransferKind(stmt.ColumnText(11)), Actor: ledger.OwnerID(stmt.ColumnInt64(12)),
				Meta: stmt.ColumnText(13), At: instant(stmt, 14),
			}
			stmt.ColumnBytes(15, e.Of.Reverses[:])
			e.First, e.Count = ledger.EntryID(stmt.ColumnInt64(16)), stmt.ColumnInt64(17)
		}
		return each(&e)
	})
}

// AuditTransfers walks the transfers that are not the first entry's that they name.
func (tx *Tx) AuditTransfers(each func(ledger.TransferID) error) error {
	return tx.rows(`SELECT t.id FROM transfers AS t LEFT JOIN entries AS e ON e.id = t.first_entry_id WHERE e.transfer_id IS NULL OR e.transfer_id <> t.id ORDER BY t.id`, func(stmt *sqlite.Stmt) error {
		var t ledger.TransferID
		stmt.ColumnBytes(0, t[:])
		return each(t)
	})
}
