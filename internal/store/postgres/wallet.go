package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/wallet"
)

// InsertWallet adds a wallet.
func (tx *Tx) InsertWallet(w wallet.Wallet) error {
	return tx.exec(`INSERT INTO wallets (account_id, owner_id, currency, number, position, created_at, name, updated_at, fee_due_at)
		VALUES ($1, $2, $3, $4, (SELECT count(*) FROM wallets WHERE owner_id = $2), $5, $6, $7, $8)`,
		int64(w.ID), int64(w.Owner), w.Currency.Code(), w.Number, w.CreatedAt, w.Name, w.UpdatedAt, w.FeeDueAt)
}

const walletColumns = `account_id, owner_id, currency, number, created_at, name, updated_at, fee_due_at`

// WalletsOf lists an owner's wallets, the oldest first. Neither ids, of which
// each node has a block, nor the nodes' clocks tell that.
func (tx *Tx) WalletsOf(owner ledger.OwnerID) ([]wallet.Wallet, error) {
	return tx.wallets(`SELECT `+walletColumns+` FROM wallets WHERE owner_id = $1 ORDER BY position, account_id`, int64(owner))
}

// Wallets reads wallets by their sorted ids, and locks them in an Update.
func (tx *Tx) Wallets(ids []ledger.AccountID) ([]wallet.Wallet, error) {
	wanted := make([]int64, len(ids))
	for i, account := range ids {
		wanted[i] = int64(account)
	}
	return tx.wallets(`SELECT `+walletColumns+` FROM wallets WHERE account_id = ANY ($1::bigint[]) ORDER BY account_id`+tx.locking(), wanted)
}

func (tx *Tx) wallets(query string, args ...any) (wallets []wallet.Wallet, err error) {
	err = tx.rows(query, func(row pgx.Rows) error {
		var w wallet.Wallet
		err := row.Scan((*int64)(&w.ID), (*int64)(&w.Owner), currency{&w.Currency}, &w.Number, &w.CreatedAt, &w.Name, &w.UpdatedAt, &w.FeeDueAt)
		wallets = append(wallets, w)
		return err
	}, args...)
	return wallets, err
}

// UpdateWallets writes what may change about wallets.
func (tx *Tx) UpdateWallets(wallets []wallet.Wallet) error {
	n := len(wallets)
	ids, names, updated, due := make([]int64, n), make([]string, n), make([]time.Time, n), make([]time.Time, n)
	for i, w := range wallets {
		ids[i], names[i], updated[i], due[i] = int64(w.ID), w.Name, w.UpdatedAt, w.FeeDueAt
	}
	return tx.exec(`UPDATE wallets AS w SET name = n.name, updated_at = n.updated_at, fee_due_at = n.fee_due_at
		FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS n (account_id, name, updated_at, fee_due_at)
		WHERE w.account_id = n.account_id`, ids, names, updated, due)
}

// DueWallets lists wallets whose fee is due.
func (tx *Tx) DueWallets(currencies []money.Currency, after wallet.Due, limit int) ([]wallet.Due, error) {
	codes := make([]string, len(currencies))
	for i, currency := range currencies {
		codes[i] = currency.Code()
	}
	var due []wallet.Due
	err := tx.rows(`SELECT fee_due_at, account_id FROM wallets
		WHERE fee_due_at <= $1 AND (fee_due_at, account_id) > ($2, $3) AND currency = ANY ($4::text[])
		ORDER BY fee_due_at, account_id LIMIT $5`, func(row pgx.Rows) error {
		var d wallet.Due
		err := row.Scan(&d.At, (*int64)(&d.Wallet))
		due = append(due, d)
		return err
	}, tx.now, after.At, int64(after.Wallet), codes, limit)
	return due, err
}

// NextFee finds when a fee is due next.
func (tx *Tx) NextFee(after time.Time) (at time.Time, found bool, err error) {
	found, err = tx.row(`SELECT fee_due_at FROM wallets WHERE fee_due_at > $1 ORDER BY fee_due_at LIMIT 1`, []any{&at}, after)
	return at, found, err
}

// ReassignWallets gives an owner's wallets to another, after those that they have.
func (tx *Tx) ReassignWallets(from, to ledger.OwnerID) error {
	return tx.exec(`UPDATE wallets SET owner_id = $2, position = position + (SELECT count(*) FROM wallets WHERE owner_id = $2) WHERE owner_id = $1`, int64(from), int64(to))
}
