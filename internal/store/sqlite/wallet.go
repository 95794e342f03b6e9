package sqlite

import (
	"encoding/json"
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/wallet"
)

// InsertWallet adds a wallet.
func (tx *Tx) InsertWallet(w wallet.Wallet) error {
	return tx.exec(`INSERT INTO wallets (account_id, owner_id, currency, number, created_at, name, updated_at, fee_due_at, position)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT ifnull(max(position), 0) FROM wallets WHERE owner_id = ?2))`,
		int64(w.ID), int64(w.Owner), w.Currency.Code(), w.Number, w.CreatedAt, w.Name, w.UpdatedAt, w.FeeDueAt)
}

const walletColumns = `account_id, owner_id, currency, number, created_at, name, updated_at, fee_due_at`

// scanWallet reads the walletColumns.
func scanWallet(stmt *sqlite.Stmt) (wallet.Wallet, error) {
	currency, err := currencyColumn(stmt, 2)
	return wallet.Wallet{
		ID: ledger.AccountID(stmt.ColumnInt64(0)), Owner: ledger.OwnerID(stmt.ColumnInt64(1)), Currency: currency,
		Number: stmt.ColumnText(3), CreatedAt: instant(stmt, 4), Name: stmt.ColumnText(5), UpdatedAt: instant(stmt, 6), FeeDueAt: instant(stmt, 7),
	}, err
}

// WalletsOf lists an owner's wallets. Ids are given in order, so the oldest is
// first; those that came from another owner follow by their position.
func (tx *Tx) WalletsOf(owner ledger.OwnerID) ([]wallet.Wallet, error) {
	return tx.wallets(`SELECT `+walletColumns+` FROM wallets WHERE owner_id = ?1 ORDER BY position, account_id`, int64(owner))
}

// Wallets reads wallets by their sorted ids.
func (tx *Tx) Wallets(ids []ledger.AccountID) ([]wallet.Wallet, error) {
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	return tx.wallets(`SELECT `+walletColumns+` FROM wallets WHERE account_id IN (SELECT value FROM json_each(?1)) ORDER BY account_id`, string(wanted))
}

func (tx *Tx) wallets(query string, args ...any) (wallets []wallet.Wallet, err error) {
	err = tx.rows(query, func(stmt *sqlite.Stmt) error {
		w, err := scanWallet(stmt)
		wallets = append(wallets, w)
		return err
	}, args...)
	return wallets, err
}

// UpdateWallets writes what may change about wallets.
func (tx *Tx) UpdateWallets(wallets []wallet.Wallet) error {
	for _, w := range wallets {
		if err := tx.exec(`UPDATE wallets SET name = ?2, updated_at = ?3, fee_due_at = ?4 WHERE account_id = ?1`, int64(w.ID), w.Name, w.UpdatedAt, w.FeeDueAt); err != nil {
			return err
		}
	}
	return nil
}

// DueWallets lists wallets whose fee is due.
func (tx *Tx) DueWallets(currencies []money.Currency, after wallet.Due, limit int) ([]wallet.Due, error) {
	codes := make([]string, len(currencies))
	for i, currency := range currencies {
		codes[i] = currency.Code()
	}
	wanted, err := json.Marshal(codes)
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	var due []wallet.Due
	err = tx.rows(`SELECT fee_due_at, account_id FROM wallets
		WHERE fee_due_at <= ?1 AND (fee_due_at, account_id) > (?2, ?3) AND currency IN (SELECT value FROM json_each(?4))
		ORDER BY fee_due_at, account_id LIMIT ?5`, func(stmt *sqlite.Stmt) error {
		due = append(due, wallet.Due{At: instant(stmt, 0), Wallet: ledger.AccountID(stmt.ColumnInt64(1))})
		return nil
	}, tx.now, after.At, int64(after.Wallet), string(wanted), limit)
	return due, err
}

// NextFee finds when a fee is due next.
func (tx *Tx) NextFee(after time.Time) (at time.Time, found bool, err error) {
	found, err = tx.row(`SELECT fee_due_at FROM wallets WHERE fee_due_at > ?1 ORDER BY fee_due_at LIMIT 1`, func(stmt *sqlite.Stmt) { at = instant(stmt, 0) }, after)
	return at, found, err
}

// ReassignWallets gives an owner's wallets to another, after those that they have.
func (tx *Tx) ReassignWallets(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE wallets SET owner_id = ?2, position = position + (SELECT ifnull(max(position), 0) + 1 FROM wallets WHERE owner_id = ?2)
		WHERE owner_id = ?1`, int64(from), int64(to))
}

// currencyColumn reads a currency's code.
func currencyColumn(stmt *sqlite.Stmt, column int) (money.Currency, error) {
	currency, err := money.ParseCurrency(stmt.ColumnText(column))
	if err != nil {
		return currency, fault.ErrInternal.Because(err)
	}
	return currency, nil
}
