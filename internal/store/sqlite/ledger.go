package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/money"
)

// NewAccountID gives the next account id.
func (tx *Tx) NewAccountID() (ledger.AccountID, error) {
	next, err := tx.NextID("account")
	return ledger.AccountID(next), err
}

// NewTransferID gives an id for a transfer or a hold.
func (tx *Tx) NewTransferID() ledger.TransferID { return tx.ids.New(tx.now) }

// NewEntryIDs gives ids from memory, which the writer keeps true (catchUp); ids
// of work that was undone are simply never used.
func (tx *Tx) NewEntryIDs(n int) (ledger.EntryID, error) {
	first := tx.lastEntry + 1
	tx.lastEntry += int64(n)
	return ledger.EntryID(first), nil
}

// resume lets new ids follow those in the database, even when the clock has
// gone back since.
func (tx *Tx) resume() error {
	if _, err := tx.row(`SELECT ifnull(max(id), 0) FROM entries`, func(stmt *sqlite.Stmt) { tx.lastEntry = stmt.ColumnInt64(0) }); err != nil {
		return err
	}
	_, err := tx.row(`SELECT max(id) FROM transfers`, func(stmt *sqlite.Stmt) {
		var newest id.UUID
		stmt.ColumnBytes(0, newest[:])
		tx.ids.Follow(newest)
	})
	return err
}

// InsertAccount adds an account.
func (tx *Tx) InsertAccount(a ledger.Account) error {
	return tx.exec(`INSERT INTO accounts (id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
		int64(a.ID), int64(a.Owner), string(a.Kind), a.Currency.Code(), a.Balance.Minor(), a.Held.Minor(), string(a.Status),
		a.Entries, int64(a.LastEntry), a.LastHash[:], a.CreatedAt)
}

const accountColumns = `id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at`

// scanAccount reads the accountColumns.
func scanAccount(stmt *sqlite.Stmt, a *ledger.Account) error {
	currency, err := money.ParseUnit(stmt.ColumnText(3))
	if err != nil {
		return fault.ErrInternal.Because(err)
	}
	a.ID = ledger.AccountID(stmt.ColumnInt64(0))
	a.Owner = ledger.OwnerID(stmt.ColumnInt64(1))
	a.Kind = ledger.AccountKind(stmt.ColumnText(2))
	a.Currency = currency
	a.Balance = money.New(stmt.ColumnInt64(4), currency)
	a.Held = money.New(stmt.ColumnInt64(5), currency)
	a.Status = ledger.Status(stmt.ColumnText(6))
	a.Entries = stmt.ColumnInt64(7)
	a.LastEntry = ledger.EntryID(stmt.ColumnInt64(8))
	stmt.ColumnBytes(9, a.LastHash[:])
	a.CreatedAt = instant(stmt, 10)
	return nil
}

// AccountsOf lists an owner's accounts by id.
func (tx *Tx) AccountsOf(owner ledger.OwnerID) ([]ledger.Account, error) {
	var accounts []ledger.Account
	err := tx.rows(`SELECT `+accountColumns+` FROM accounts WHERE owner_id = ?1 AND owner_id <> 0 ORDER BY id`, func(stmt *sqlite.Stmt) error {
		accounts = append(accounts, ledger.Account{})
		return scanAccount(stmt, &accounts[len(accounts)-1])
	}, int64(owner))
	return accounts, err
}

// ReassignAccounts gives an owner's accounts to another.
func (tx *Tx) ReassignAccounts(from, to ledger.OwnerID) error {
	tx.remembered.forget()
	return tx.exec(`UPDATE accounts SET owner_id = ?2 WHERE owner_id = ?1 AND owner_id <> 0`, int64(from), int64(to))
}

// SystemAccount finds the system's account of a kind and currency, or 0.
func (tx *Tx) SystemAccount(kind ledger.AccountKind, currency money.Currency) (account ledger.AccountID, err error) {
	_, err = tx.row(`SELECT account_id FROM system_accounts WHERE kind = ?1 AND currency = ?2`, func(stmt *sqlite.Stmt) {
		account = ledger.AccountID(stmt.ColumnInt64(0))
	}, string(kind), currency.Code())
	return account, err
}

// SetSystemAccount records the system's account of a kind and currency.
func (tx *Tx) SetSystemAccount(kind ledger.AccountKind, currency money.Currency, account ledger.AccountID) error {
	return tx.exec(`INSERT INTO system_accounts (kind, currency, account_id) VALUES (?1, ?2, ?3)`, string(kind), currency.Code(), int64(account))
}

// Append writes what the ledger has decided. Single-row prepared statements
// are the fastest way that SQLite has.
func (tx *Tx) Append(changes ledger.Changes) error {
	for i := range changes.Accounts {
		if err := tx.updateAccount(&changes.Accounts[i]); err != nil {
			return err
		}
	}
	for i := range changes.Transfers {
		if err := tx.insertTransfer(&changes.Transfers[i]); err != nil {
			return err
		}
	}
	for _, k := range changes.Keys {
		// A record that is there has expired: live ones were found before.
		if err := tx.exec(`INSERT OR REPLACE INTO idempotency_keys (scope, value, fingerprint, ref, refusal, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`,
			k.Scope, k.Value, k.Fingerprint[:], k.Ref, string(k.Refusal), k.ExpiresAt); err != nil {
			return err
		}
	}
	for _, h := range changes.Holds {
		if err := tx.putHold(h); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) insertTransfer(t *ledger.Transfer) error {
	stmt, err := tx.hot(&tx.transfer, `INSERT INTO transfers (id, kind, actor_id, meta, at, reverses, first_entry_id, entry_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`)
	if err != nil {
		return translate(err)
	}
	stmt.BindBytes(1, t.ID[:])
	stmt.BindText(2, string(t.Kind))
	stmt.BindInt64(3, int64(t.Actor))
	stmt.BindText(4, t.Meta)
	stmt.BindInt64(5, t.At.UnixMicro())
	if !t.Reverses.IsZero() {
		stmt.BindBytes(6, t.Reverses[:])
	} else {
		stmt.BindNull(6)
	}
	stmt.BindInt64(7, int64(t.Entries[0].ID))
	stmt.BindInt64(8, int64(len(t.Entries)))
	if _, err := stmt.Step(); err != nil {
		return translate(err)
	}
	for i := range t.Entries {
		if err := tx.insertEntry(&t.Entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) insertEntry(e *ledger.Entry) error {
	stmt, err := tx.hot(&tx.entry, `INSERT INTO entries (id, transfer_id, posting, account_id, counter_id, amount, balance_after, seq, previous_id, hash)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`)
	if err != nil {
		return translate(err)
	}
	stmt.BindInt64(1, int64(e.ID))
	stmt.BindBytes(2, e.Transfer[:])
	stmt.BindInt64(3, int64(e.Posting))
	stmt.BindInt64(4, int64(e.Account))
	stmt.BindInt64(5, int64(e.Counter))
	stmt.BindInt64(6, e.Amount.Minor())
	stmt.BindInt64(7, e.BalanceAfter.Minor())
	stmt.BindInt64(8, e.Seq)
	stmt.BindInt64(9, int64(e.Previous))
	stmt.BindBytes(10, e.Hash[:])
	_, err = stmt.Step()
	return translate(err)
}

// Transfer reads a transfer with its entries.
func (tx *Tx) Transfer(transferID ledger.TransferID) (ledger.Transfer, error) {
	t := ledger.Transfer{ID: transferID}
	var first, count int64
	found, err := tx.row(`SELECT kind, actor_id, meta, at, reverses, first_entry_id, entry_count FROM transfers WHERE id = ?1`, func(stmt *sqlite.Stmt) {
		t.Kind = ledger.TransferKind(stmt.ColumnText(0))
		t.Actor = ledger.OwnerID(stmt.ColumnInt64(1))
		t.Meta = stmt.ColumnText(2)
		t.At = instant(stmt, 3)
		stmt.ColumnBytes(4, t.Reverses[:])
		first, count = stmt.ColumnInt64(5), stmt.ColumnInt64(6)
	}, transferID[:])
	if err != nil {
		return t, err
	}
	if !found {
		return t, ledger.ErrNoTransfer
	}
	t.Entries = make([]ledger.Entry, 0, count)
	err = tx.rows(`SELECT `+entryColumns+` FROM entries AS e JOIN accounts AS a ON a.id = e.account_id WHERE e.id >= ?1 AND e.id < ?1 + ?2 ORDER BY e.id`, func(stmt *sqlite.Stmt) error {
		t.Entries = append(t.Entries, ledger.Entry{})
		return scanEntry(stmt, &t.Entries[len(t.Entries)-1])
	}, first, count)
	return t, err
}

// ReversalOf finds the transfer that took another one back.
func (tx *Tx) ReversalOf(transferID ledger.TransferID) (reversal ledger.TransferID, err error) {
	_, err = tx.row(`SELECT id FROM transfers WHERE reverses = ?1 AND reverses IS NOT NULL`, func(stmt *sqlite.Stmt) {
		stmt.ColumnBytes(0, reversal[:])
	}, transferID[:])
	return reversal, err
}

const entryColumns = `e.id, e.transfer_id, e.posting, e.account_id, e.counter_id, e.amount, e.balance_after, e.seq, e.previous_id, e.hash, a.currency`

// scanEntry reads the entryColumns.
func scanEntry(stmt *sqlite.Stmt, e *ledger.Entry) error {
	currency, err := money.ParseUnit(stmt.ColumnText(10))
	if err != nil {
		return fault.ErrInternal.Because(err)
	}
	e.ID = ledger.EntryID(stmt.ColumnInt64(0))
	stmt.ColumnBytes(1, e.Transfer[:])
	e.Posting = stmt.ColumnInt(2)
	e.Account = ledger.AccountID(stmt.ColumnInt64(3))
	e.Counter = ledger.AccountID(stmt.ColumnInt64(4))
	e.Amount = money.New(stmt.ColumnInt64(5), currency)
	e.BalanceAfter = money.New(stmt.ColumnInt64(6), currency)
	e.Seq = stmt.ColumnInt64(7)
	e.Previous = ledger.EntryID(stmt.ColumnInt64(8))
	stmt.ColumnBytes(9, e.Hash[:])
	return nil
}

// Lines walks an account's chain of entries backwards.
func (tx *Tx) Lines(account ledger.AccountID, before ledger.EntryID, limit int) ([]ledger.Line, error) {
	start, known := int64(0), false
	var err error
	at := func(stmt *sqlite.Stmt) { start = stmt.ColumnInt64(0) }
	if before == 0 {
		known, err = tx.row(`SELECT last_entry_id FROM accounts WHERE id = ?1`, at, int64(account))
	} else {
		known, err = tx.row(`SELECT previous_id FROM entries WHERE id = ?1 AND account_id = ?2`, at, int64(before), int64(account))
	}
	switch {
	case err != nil:
		return nil, err
	case !known && before == 0:
		return nil, ledger.ErrNoAccount
	case !known:
		return nil, ledger.ErrNoCursor
	case start == 0 || limit <= 0:
		return nil, nil
	}
	lines := make([]ledger.Line, 0, min(limit, 100))
	err = tx.rows(`WITH RECURSIVE walk (n, id) AS (
			SELECT 1, ?1
			UNION ALL
			SELECT walk.n + 1, e.previous_id FROM walk JOIN entries AS e ON e.id = walk.id WHERE e.previous_id <> 0 AND walk.n < ?2
		)
		SELECT `+entryColumns+`, t.kind, t.actor_id, t.meta, t.at
		FROM walk CROSS JOIN entries AS e ON e.id = walk.id CROSS JOIN transfers AS t ON t.id = e.transfer_id CROSS JOIN accounts AS a ON a.id = e.account_id
		ORDER BY walk.n`, func(stmt *sqlite.Stmt) error {
		lines = append(lines, ledger.Line{})
		l := &lines[len(lines)-1]
		l.Kind = ledger.TransferKind(stmt.ColumnText(11))
		l.Actor = ledger.OwnerID(stmt.ColumnInt64(12))
		l.Meta = stmt.ColumnText(13)
		l.At = instant(stmt, 14)
		return scanEntry(stmt, &l.Entry)
	}, start, limit)
	return lines, err
}

// Keys reads the live records of keys.
func (tx *Tx) Keys(names []ledger.KeyName) ([]ledger.KeyRecord, error) {
	var records []ledger.KeyRecord
	for _, name := range names {
		_, err := tx.row(`SELECT fingerprint, ref, refusal, expires_at FROM idempotency_keys WHERE scope = ?1 AND value = ?2 AND expires_at > ?3`, func(stmt *sqlite.Stmt) {
			r := ledger.KeyRecord{Key: ledger.Key{KeyName: name}, Ref: stmt.ColumnText(1), Refusal: fault.Code(stmt.ColumnText(2)), ExpiresAt: instant(stmt, 3)}
			stmt.ColumnBytes(0, r.Fingerprint[:])
			records = append(records, r)
		}, name.Scope, name.Value, tx.now)
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}

// DeleteKeys removes expired records.
func (tx *Tx) DeleteKeys(limit int) (int, error) {
	return tx.changed(`DELETE FROM idempotency_keys WHERE (scope, value) IN (
		SELECT scope, value FROM idempotency_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)`, tx.now, limit)
}

func (tx *Tx) putHold(h ledger.Hold) error {
	var transfer any
	if !h.Transfer.IsZero() {
		transfer = h.Transfer[:]
	}
	return tx.exec(`INSERT INTO holds (id, account_id, to_id, amount, currency, state, transfer_id, created_at, expires_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, transfer_id = excluded.transfer_id`,
		h.ID[:], int64(h.Account), int64(h.To), h.Amount.Minor(), h.Amount.Currency().Code(), string(h.State), transfer, h.CreatedAt, h.ExpiresAt)
}

// Hold reads a hold.
func (tx *Tx) Hold(holdID ledger.HoldID) (h ledger.Hold, err error) {
	var currency string
	var amount int64
	found, err := tx.row(`SELECT account_id, to_id, amount, currency, state, transfer_id, created_at, expires_at FROM holds WHERE id = ?1`, func(stmt *sqlite.Stmt) {
		h = ledger.Hold{
			ID: holdID, Account: ledger.AccountID(stmt.ColumnInt64(0)), To: ledger.AccountID(stmt.ColumnInt64(1)),
			State: ledger.HoldState(stmt.ColumnText(4)), CreatedAt: instant(stmt, 6), ExpiresAt: instant(stmt, 7),
		}
		amount, currency = stmt.ColumnInt64(2), stmt.ColumnText(3)
		stmt.ColumnBytes(5, h.Transfer[:])
	}, holdID[:])
	if err != nil {
		return h, err
	}
	if !found {
		return h, ledger.ErrNoHold
	}
	in, err := money.ParseUnit(currency)
	if err != nil {
		return h, fault.ErrInternal.Because(err)
	}
	h.Amount = money.New(amount, in)
	return h, nil
}

// DueHolds lists open holds whose time is over.
func (tx *Tx) DueHolds(limit int) ([]ledger.HoldID, error) {
	var due []ledger.HoldID
	err := tx.rows(`SELECT id FROM holds WHERE state = 'held' AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2`, func(stmt *sqlite.Stmt) error {
		var holdID id.UUID
		stmt.ColumnBytes(0, holdID[:])
		due = append(due, holdID)
		return nil
	}, tx.now, limit)
	return due, err
}
