package wallet

import (
	"context"

	"purse/internal/claim"
	"purse/internal/ledger"
	"purse/internal/secret"
)

// RenewKeys counts the claims of the numbers of at most limit wallets above
// after, in one unit of work, and returns the last of them. If renew says so,
// those of an older key are claimed anew under the newest one.
func (s *Service) RenewKeys(ctx context.Context, after ledger.AccountID, limit int, renew bool) (tally secret.Tally, last ledger.AccountID, err error) {
	work := s.work.View
	if renew {
		work = s.work.Update
	}
	err = work(ctx, func(tx Tx) error {
		last = after
		rows, err := tx.WalletsAfter(after, limit)
		if err != nil {
			return err
		}
		held := make([]claim.Held, len(rows))
		for i, row := range rows {
			held[i], last = claim.Held{Text: row.Number, Subject: int64(row.ID)}, row.ID
		}
		tally, err = s.numbers.Renew(tx, held, renew)
		return err
	})
	return tally, last, err
}
