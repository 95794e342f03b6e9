package postgres

import (
	"github.com/jackc/pgx/v5"

	"purse/internal/ledger"
	"purse/internal/statement"
)

// Labels reads what is known about accounts' names and numbers.
func (tx *Tx) Labels(accounts []ledger.AccountID) ([]statement.Label, error) {
	wanted := make([]int64, len(accounts))
	for i, account := range accounts {
		wanted[i] = int64(account)
	}
	labels := make([]statement.Label, 0, len(accounts))
	err := tx.rows(`SELECT a.id, a.owner_id, a.kind, coalesce(u.first_name, ''), coalesce(u.last_name, ''), coalesce(s.name, w.name, ''),
			coalesce(w.number, ''), c.sealed_number, coalesce(c.last_four, '')
		FROM accounts AS a
		LEFT JOIN users AS u ON u.id = a.owner_id
		LEFT JOIN savings AS s ON s.account_id = a.id
		LEFT JOIN wallets AS w ON w.account_id = a.id
		LEFT JOIN cards AS c ON c.account_id = a.id
		WHERE a.id = ANY ($1::bigint[])`, func(row pgx.Rows) error {
		var l statement.Label
		var account, owner int64
		var kind string
		err := row.Scan(&account, &owner, &kind, &l.FirstName, &l.LastName, &l.Name, &l.Number, &l.SealedNumber, &l.LastFour)
		l.Account, l.Owner, l.Kind = ledger.AccountID(account), ledger.OwnerID(owner), ledger.AccountKind(kind)
		labels = append(labels, l)
		return err
	}, wanted)
	return labels, err
}
