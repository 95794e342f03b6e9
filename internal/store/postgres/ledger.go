package postgres

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/money"
)

// NewAccountID gives an account id from the node's block.
func (tx *Tx) NewAccountID() (ledger.AccountID, error) {
	next, err := tx.newIDs(tx.store.accounts, &tx.account, 1, 0)
	return ledger.AccountID(next), err
}

// NewTransferID gives an id for a transfer or a hold.
func (tx *Tx) NewTransferID() ledger.TransferID { return tx.store.ids.New(tx.now) }

// NewEntryIDs gives entry ids from the node's block, above those of every entry
// of the accounts that this unit has locked: whichever nodes made an account's
// entries, their ids grow as they do.
func (tx *Tx) NewEntryIDs(n int) (ledger.EntryID, error) {
	first, err := tx.newIDs(tx.store.entries, &tx.entry, int64(n), tx.newest)
	return ledger.EntryID(first), err
}

// newIDs takes ids from memory. A unit that needs more than were made sure of,
// or greater ones than another node has used since, takes a block inside its
// own transaction, and keeps it to itself: it is undone with the transaction. From
// then on it uses no others, which would be smaller.
func (tx *Tx) newIDs(q *sequence, own *block, n, floor int64) (int64, error) {
	if first, ok := own.take(n, floor); ok {
		return first, nil
	}
	if own.end == 0 {
		if first, ok := q.take(n, floor); ok {
			return first, nil
		}
	}
	size := max(q.size, n)
	var first int64
	if _, err := tx.row(advance, []any{&first}, q.name, size); err != nil {
		return 0, err
	}
	*own = block{first + n, first + size}
	return first, nil
}

// InsertAccount adds an account.
func (tx *Tx) InsertAccount(a ledger.Account) error {
	return tx.exec(`INSERT INTO accounts (id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		int64(a.ID), int64(a.Owner), string(a.Kind), a.Currency.Code(), a.Balance.Minor(), a.Held.Minor(), string(a.Status),
		a.Entries, int64(a.LastEntry), a.LastHash[:], a.CreatedAt)
}

const (
	accountColumns = `id, owner_id, kind, currency, balance, held, status, entries, last_entry_id, last_hash, created_at`
	findAccounts   = `SELECT ` + accountColumns + ` FROM accounts WHERE id = ANY ($1::bigint[]) ORDER BY id`
	lockAccounts   = findAccounts + ` FOR NO KEY UPDATE`
	newestTransfer = `SELECT id FROM transfers ORDER BY id DESC LIMIT 1`
)

// scanAccount reads the accountColumns.
func scanAccount(row pgx.Rows, a *ledger.Account) error {
	var accountID, owner, balance, held, last int64
	var kind, status string
	if err := row.Scan(&accountID, &owner, &kind, currency{&a.Currency}, &balance, &held, &status, &a.Entries, &last, fixed(a.LastHash[:]), &a.CreatedAt); err != nil {
		return err
	}
	a.ID, a.Owner, a.LastEntry = ledger.AccountID(accountID), ledger.OwnerID(owner), ledger.EntryID(last)
	a.Kind, a.Status = ledger.AccountKind(kind), ledger.Status(status)
	a.Balance, a.Held = money.New(balance, a.Currency), money.New(held, a.Currency)
	return nil
}

// scanLocked is scanAccount, and notes the account's newest entry.
func (tx *Tx) scanLocked(row pgx.Rows, a *ledger.Account) error {
	err := scanAccount(row, a)
	tx.newest = max(tx.newest, int64(a.LastEntry))
	return err
}

// Accounts reads accounts by their sorted ids. An Update locks them in that
// order, and lets new transfers come after every one that these locks had to
// wait for, whichever node made it.
func (tx *Tx) Accounts(ids []ledger.AccountID) ([]ledger.Account, error) {
	wanted := make([]int64, len(ids))
	for i, accountID := range ids {
		wanted[i] = int64(accountID)
	}
	if tx.ahead != nil && slices.Equal(wanted, tx.ahead.ids) {
		return tx.ahead.accounts, nil
	}
	accounts := make([]ledger.Account, 0, len(ids))
	each := func(row pgx.Rows) error {
		accounts = append(accounts, ledger.Account{})
		return tx.scanLocked(row, &accounts[len(accounts)-1])
	}
	if !tx.writes {
		err := tx.rows(findAccounts, each, wanted)
		return accounts, err
	}
	b := &pgx.Batch{}
	b.Queue(lockAccounts, wanted)
	b.Queue(newestTransfer)
	results := tx.conn.SendBatch(tx.ctx, b)
	rows, _ := results.Query() // its error is rows.Err
	err := tx.drain(rows, each)
	if err == nil {
		rows, _ = results.Query()
		err = tx.follow(rows)
	}
	if closing := tx.failed(results.Close()); err == nil {
		err = closing
	}
	return accounts, err
}

// AccountsOf lists an owner's accounts by id.
func (tx *Tx) AccountsOf(owner ledger.OwnerID) ([]ledger.Account, error) {
	var accounts []ledger.Account
	err := tx.rows(`SELECT `+accountColumns+` FROM accounts WHERE owner_id = $1 AND owner_id <> 0 ORDER BY id`, func(row pgx.Rows) error {
		accounts = append(accounts, ledger.Account{})
		return scanAccount(row, &accounts[len(accounts)-1])
	}, int64(owner))
	return accounts, err
}

// ReassignAccounts gives an owner's accounts to another.
func (tx *Tx) ReassignAccounts(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE accounts SET owner_id = $2 WHERE owner_id = $1 AND owner_id <> 0`, int64(from), int64(to))
}

// SystemAccount finds the system's account of a kind and currency, or 0. Of
// two Updates that find none, the second waits for the first, and finds its.
func (tx *Tx) SystemAccount(kind ledger.AccountKind, currency money.Currency) (ledger.AccountID, error) {
	account, err := tx.systemAccount(kind, currency)
	if err != nil || account != 0 || !tx.writes {
		return account, err
	}
	if err := tx.lock(name("system account", string(kind), currency.Code())); err != nil {
		return 0, err
	}
	return tx.systemAccount(kind, currency)
}

func (tx *Tx) systemAccount(kind ledger.AccountKind, currency money.Currency) (ledger.AccountID, error) {
	var account int64
	_, err := tx.row(`SELECT account_id FROM system_accounts WHERE kind = $1 AND currency = $2`, []any{&account}, string(kind), currency.Code())
	return ledger.AccountID(account), err
}

// SetSystemAccount records the system's account of a kind and currency.
func (tx *Tx) SetSystemAccount(kind ledger.AccountKind, currency money.Currency, account ledger.AccountID) error {
	return tx.exec(`INSERT INTO system_accounts (kind, currency, account_id) VALUES ($1, $2, $3)`, string(kind), currency.Code(), int64(account))
}

// Transfer reads a transfer with its entries.
func (tx *Tx) Transfer(transferID ledger.TransferID) (ledger.Transfer, error) {
	t := ledger.Transfer{ID: transferID}
	var kind string
	var actor, first, count int64
	found, err := tx.row(`SELECT kind, actor_id, meta, at, reverses, first_entry_id, entry_count FROM transfers WHERE id = $1`,
		[]any{&kind, &actor, &t.Meta, &t.At, (*uuid)(&t.Reverses), &first, &count}, uuid(transferID))
	if err != nil {
		return t, err
	}
	if !found {
		return t, ledger.ErrNoTransfer
	}
	t.Kind, t.Actor = ledger.TransferKind(kind), ledger.OwnerID(actor)
	t.Entries = make([]ledger.Entry, 0, count)
	err = tx.rows(`SELECT `+entryColumns+` FROM entries AS e JOIN accounts AS a ON a.id = e.account_id
		WHERE e.id >= $1::bigint AND e.id < $1::bigint + $2::bigint ORDER BY e.id`, func(row pgx.Rows) error {
		t.Entries = append(t.Entries, ledger.Entry{})
		return scanEntry(row, &t.Entries[len(t.Entries)-1])
	}, first, count)
	return t, err
}

// ReversalOf finds the transfer that took another one back.
func (tx *Tx) ReversalOf(transferID ledger.TransferID) (reversal ledger.TransferID, err error) {
	_, err = tx.row(`SELECT id FROM transfers WHERE reverses = $1 AND reverses IS NOT NULL`, []any{(*uuid)(&reversal)}, uuid(transferID))
	return reversal, err
}

const entryColumns = `e.id, e.transfer_id, e.posting, e.account_id, e.counter_id, e.amount, e.balance_after, e.seq, e.previous_id, e.hash, a.currency`

// scanEntry reads the entryColumns, and more columns after them.
func scanEntry(row pgx.Rows, e *ledger.Entry, more ...any) error {
	var entryID, account, counter, amount, after, previous int64
	var in money.Currency
	into := []any{&entryID, (*uuid)(&e.Transfer), &e.Posting, &account, &counter, &amount, &after, &e.Seq, &previous, fixed(e.Hash[:]), currency{&in}}
	if err := row.Scan(append(into, more...)...); err != nil {
		return err
	}
	e.ID, e.Account, e.Counter, e.Previous = ledger.EntryID(entryID), ledger.AccountID(account), ledger.AccountID(counter), ledger.EntryID(previous)
	e.Amount, e.BalanceAfter = money.New(amount, in), money.New(after, in)
	return nil
}

// Lines reads an account's entries backwards, by their seq.
func (tx *Tx) Lines(account ledger.AccountID, before ledger.EntryID, limit int) ([]ledger.Line, error) {
	var newest int64
	var known bool
	var err error
	if before == 0 {
		known, err = tx.row(`SELECT entries FROM accounts WHERE id = $1`, []any{&newest}, int64(account))
	} else {
		known, err = tx.row(`SELECT seq - 1 FROM entries WHERE id = $1 AND account_id = $2`, []any{&newest}, int64(before), int64(account))
	}
	switch {
	case err != nil:
		return nil, err
	case !known && before == 0:
		return nil, ledger.ErrNoAccount
	case !known:
		return nil, ledger.ErrNoCursor
	case newest == 0 || limit <= 0:
		return nil, nil
	}
	lines := make([]ledger.Line, 0, min(limit, 100))
	err = tx.rows(`SELECT `+entryColumns+`, t.kind, t.actor_id, t.meta, t.at
		FROM entries AS e JOIN transfers AS t ON t.id = e.transfer_id JOIN accounts AS a ON a.id = e.account_id
		WHERE e.account_id = $1 AND e.seq <= $2 AND e.seq > $2 - $3 ORDER BY e.seq DESC`, func(row pgx.Rows) error {
		lines = append(lines, ledger.Line{})
		l := &lines[len(lines)-1]
		var kind string
		var actor int64
		err := scanEntry(row, &l.Entry, &kind, &actor, &l.Meta, &l.At)
		l.Kind, l.Actor = ledger.TransferKind(kind), ledger.OwnerID(actor)
		return err
	}, int64(account), newest, int64(limit))
	return lines, err
}

// putHold adds or changes a hold.
func putHold(b *pgx.Batch, h ledger.Hold) {
	b.Queue(`INSERT INTO holds (id, account_id, to_id, amount, currency, state, transfer_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, transfer_id = excluded.transfer_id`,
		uuid(h.ID), int64(h.Account), int64(h.To), h.Amount.Minor(), h.Amount.Currency().Code(), string(h.State), uuid(h.Transfer), h.CreatedAt, h.ExpiresAt)
}

// Hold reads a hold, and locks it in an Update.
func (tx *Tx) Hold(holdID ledger.HoldID) (h ledger.Hold, err error) {
	var account, to, amount int64
	var in money.Currency
	var state string
	found, err := tx.row(`SELECT account_id, to_id, amount, currency, state, transfer_id, created_at, expires_at FROM holds WHERE id = $1`+tx.locking(),
		[]any{&account, &to, &amount, currency{&in}, &state, (*uuid)(&h.Transfer), &h.CreatedAt, &h.ExpiresAt}, uuid(holdID))
	if err != nil {
		return h, err
	}
	if !found {
		return h, ledger.ErrNoHold
	}
	h.ID, h.Account, h.To, h.State, h.Amount = holdID, ledger.AccountID(account), ledger.AccountID(to), ledger.HoldState(state), money.New(amount, in)
	return h, nil
}

// DueHolds lists open holds whose time is over. An Update locks them: none of
// them ends in another unit before this one does.
func (tx *Tx) DueHolds(limit int) ([]ledger.HoldID, error) {
	var due []ledger.HoldID
	err := tx.rows(`SELECT id FROM holds WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`+tx.locking(), func(row pgx.Rows) error {
		var holdID id.UUID
		err := row.Scan((*uuid)(&holdID))
		due = append(due, holdID)
		return err
	}, tx.now, limit)
	return due, err
}
