package card

import (
	"context"
	"fmt"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/secret"
)

// RenewKeys counts the numbers of at most limit cards above after, deleted ones
// too, in one unit of work, and returns the last of them. If renew says so,
// those of an older key are sealed and claimed anew under the newest one. The
// CVV stays: see KeptKey.
func (s *Service) RenewKeys(ctx context.Context, after ledger.AccountID, limit int, renew bool) (tally secret.Tally, last ledger.AccountID, err error) {
	work := s.work.View
	if renew {
		work = s.work.Update
	}
	err = work(ctx, func(tx Tx) error {
		tally, last = secret.Tally{}, after
		rows, err := tx.CardsAfter(after, limit)
		if err != nil {
			return err
		}
		var held []claim.Held
		for _, row := range rows {
			last = row.ID
			if pan, err := s.unseal(row.ID, row.SealedNumber); err == nil {
				held = append(held, claim.Held{Text: pan, Subject: int64(row.ID)})
			}
			renewed, err := tally.Renew(s.sealer, row.SealedNumber, associated(row.ID))
			if err != nil {
				return fault.ErrInternal.Because(fmt.Errorf("card: number of card %d: %w", row.ID, err))
			}
			if renewed == nil || !renew {
				continue
			}
			if err := tx.ResealCard(row.ID, row.SealedNumber, renewed); err != nil {
				return err
			}
		}
		claims, err := s.numbers.Renew(tx, held, renew)
		tally.Beside(claims)
		return err
	})
	return tally, last, err
}
