package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/ledger"
	"purse/internal/wallet"
)

// InsertWallet adds a wallet.
func (tx *Tx) InsertWallet(w wallet.Wallet) error {
	return tx.exec(`INSERT INTO wallets (account_id, owner_id, currency, number, position, created_at)
		VALUES ($1, $2, $3, $4, (SELECT count(*) FROM wallets WHERE owner_id = $2), $5)`,
		int64(w.ID), int64(w.Owner), w.Currency.Code(), w.Number, w.CreatedAt)
}

// WalletsOf lists an owner's wallets, the oldest first. Neither ids, of which
// each node has a block, nor the nodes' clocks tell that.
func (tx *Tx) WalletsOf(owner ledger.OwnerID) ([]wallet.Wallet, error) {
	var wallets []wallet.Wallet
	err := tx.rows(`SELECT account_id, number, created_at, currency FROM wallets WHERE owner_id = $1 ORDER BY position, account_id`, func(row pgx.Rows) error {
		w := wallet.Wallet{Owner: owner}
		var account int64
		err := row.Scan(&account, &w.Number, &w.CreatedAt, currency{&w.Currency})
		w.ID = ledger.AccountID(account)
		wallets = append(wallets, w)
		return err
	}, int64(owner))
	return wallets, err
}

// ReassignWallets gives an owner's wallets to another, after those that they have.
func (tx *Tx) ReassignWallets(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE wallets SET owner_id = $2, position = position + (SELECT count(*) FROM wallets WHERE owner_id = $2) WHERE owner_id = $1`, int64(from), int64(to))
}
