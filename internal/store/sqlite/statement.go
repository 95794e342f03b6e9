package sqlite

import (
	"encoding/json"

	"zombiezen.com/go/sqlite"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/statement"
)

// Labels reads what is known about accounts' names and numbers.
func (tx *Tx) Labels(accounts []ledger.AccountID) ([]statement.Label, error) {
	ids, err := json.Marshal(accounts)
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	labels := make([]statement.Label, 0, len(accounts))
	err = tx.rows(`SELECT a.id, a.owner_id, a.kind, ifnull(u.first_name, ''), ifnull(u.last_name, ''), coalesce(s.name, w.name, ''),
			ifnull(w.number, ''), c.sealed_number, ifnull(c.last_four, '')
		FROM json_each(?1) AS wanted CROSS JOIN accounts AS a ON a.id = wanted.value
		LEFT JOIN users AS u ON u.id = a.owner_id
		LEFT JOIN savings AS s ON s.account_id = a.id
		LEFT JOIN wallets AS w ON w.account_id = a.id
		LEFT JOIN cards AS c ON c.account_id = a.id`, func(stmt *sqlite.Stmt) error {
		label := statement.Label{
			Account: ledger.AccountID(stmt.ColumnInt64(0)), Owner: ledger.OwnerID(stmt.ColumnInt64(1)), Kind: ledger.AccountKind(stmt.ColumnText(2)),
			FirstName: stmt.ColumnText(3), LastName: stmt.ColumnText(4), Name: stmt.ColumnText(5),
			Number: stmt.ColumnText(6), LastFour: stmt.ColumnText(8),
		}
		if !stmt.ColumnIsNull(7) {
			label.SealedNumber = blob(stmt, 7)
		}
		labels = append(labels, label)
		return nil
	}, string(ids))
	return labels, err
}
