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
	return tx.exec(`INSERT INTO wallets (account_id, owner_id, currency, number, created_at) VALUES (?1, ?2, ?3, ?4, ?5)`,
		int64(w.ID), int64(w.Owner), w.Currency.Code(), w.Number, w.CreatedAt)
}

// WalletsOf lists an owner's wallets. Ids are given in order, so the oldest is first.
func (tx *Tx) WalletsOf(owner ledger.OwnerID) ([]wallet.Wallet, error) {
	var wallets []wallet.Wallet
	err := tx.rows(`SELECT account_id, number, created_at, currency FROM wallets WHERE owner_id = ?1 ORDER BY account_id`, func(stmt *sqlite.Stmt) error {
		currency, err := currencyColumn(stmt, 3)
		wallets = append(wallets, wallet.Wallet{
			ID: ledger.AccountID(stmt.ColumnInt64(0)), Owner: owner, Currency: currency,
			Number: stmt.ColumnText(1), CreatedAt: instant(stmt, 2),
		})
		return err
	}, int64(owner))
	return wallets, err
}

// currencyColumn reads a currency's code.
func currencyColumn(stmt *sqlite.Stmt, column int) (money.Currency, error) {
	currency, err := money.ParseUnit(stmt.ColumnText(column))
	if err != nil {
		return currency, fault.ErrInternal.Because(err)
	}
	return currency, nil
}
