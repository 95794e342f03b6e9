package sqlite

import (
	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/wallet"
)

// InsertWallet adds a wallet.
func (tx *Tx) InsertWallet(w wallet.Wallet) error {
	return tx.exec(`INSERT INTO wallets (account_id, owner_id, currency, number, created_at, position)
		VALUES (?1, ?2, ?3, ?4, ?5, (SELECT ifnull(max(position), 0) FROM wallets WHERE owner_id = ?2))`,
		int64(w.ID), int64(w.Owner), w.Currency.Code(), w.Number, w.CreatedAt)
}

// WalletsOf lists an owner's wallets. Ids are given in order, so the oldest is
// first; those that came from another owner follow by their position.
func (tx *Tx) WalletsOf(owner ledger.OwnerID) ([]wallet.Wallet, error) {
	var wallets []wallet.Wallet
	err := tx.rows(`SELECT account_id, number, created_at, currency FROM wallets WHERE owner_id = ?1 ORDER BY position, account_id`, func(stmt *sqlite.Stmt) error {
		currency, err := currencyColumn(stmt, 3)
		wallets = append(wallets, wallet.Wallet{
			ID: ledger.AccountID(stmt.ColumnInt64(0)), Owner: owner, Currency: currency,
			Number: stmt.ColumnText(1), CreatedAt: instant(stmt, 2),
		})
		return err
	}, int64(owner))
	return wallets, err
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
