package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"

	"purse/internal/ledger"
)

// rememberedAccounts bounds what a writer remembers: a few MB.
const rememberedAccounts = 16384

// remembered is what the writer has read and written of accounts, so that the
// busy ones are not read anew for every batch. The database stays the truth: the
// writer alone writes while this is in use, it forgets everything when another
// process has written (catchUp), and when anything of its own is undone.
// A reader has none: its nil map remembers nothing.
type remembered map[ledger.AccountID]ledger.Account

func (r remembered) set(a ledger.Account) {
	if r == nil {
		return
	}
	if len(r) >= rememberedAccounts {
		for any := range r { // maps are walked from a random place
			delete(r, any)
			break
		}
	}
	r[a.ID] = a
}

func (r remembered) forget() { clear(r) }

// Accounts reads accounts by their sorted ids. The one writer is lock enough.
func (tx *Tx) Accounts(ids []ledger.AccountID) ([]ledger.Account, error) {
	accounts := make([]ledger.Account, 0, len(ids))
	for _, accountID := range ids {
		if a, known := tx.remembered[accountID]; known {
			accounts = append(accounts, a)
			continue
		}
		stmt, err := tx.conn.Prepare(`SELECT ` + accountColumns + ` FROM accounts WHERE id = ?1`)
		if err != nil {
			return nil, translate(err)
		}
		stmt.BindInt64(1, int64(accountID))
		found, err := stmt.Step()
		if err != nil {
			return nil, translate(err)
		}
		if !found {
			continue
		}
		var a ledger.Account
		if err := errors.Join(scanAccount(stmt, &a), translate(stmt.Reset())); err != nil {
			return nil, err
		}
		tx.remembered.set(a)
		accounts = append(accounts, a)
	}
	return accounts, nil
}

// updateAccount writes an account as it now stands. Most that are written have
// only moved on, and a narrower statement checks less.
func (tx *Tx) updateAccount(a *ledger.Account) error {
	before, known := tx.remembered[a.ID]
	var stmt *sqlite.Stmt
	var err error
	if known && before.Held == a.Held && before.Status == a.Status {
		stmt, err = tx.hot(&tx.moved, `UPDATE accounts SET balance = ?2, entries = ?3, last_entry_id = ?4, last_hash = ?5 WHERE id = ?1`)
	} else {
		stmt, err = tx.conn.Prepare(`UPDATE accounts SET balance = ?2, entries = ?3, last_entry_id = ?4, last_hash = ?5, held = ?6, status = ?7 WHERE id = ?1`)
		if err == nil {
			stmt.BindInt64(6, a.Held.Minor())
			stmt.BindText(7, string(a.Status))
		}
	}
	if err != nil {
		return translate(err)
	}
	stmt.BindInt64(1, int64(a.ID))
	stmt.BindInt64(2, a.Balance.Minor())
	stmt.BindInt64(3, a.Entries)
	stmt.BindInt64(4, int64(a.LastEntry))
	stmt.BindBytes(5, a.LastHash[:])
	if _, err = stmt.Step(); err != nil {
		return translate(err)
	}
	tx.remembered.set(*a)
	return nil
}
