package botclient

import (
	"context"
	"fmt"

	"purse/internal/fault"
	"purse/internal/secret"
)

// RenewKeys counts the secrets that are kept in the database, in one unit of
// work: there are few. If renew says so, those of an older key are sealed anew
// under the newest one.
func (s *Service) RenewKeys(ctx context.Context, renew bool) (tally secret.Tally, err error) {
	work := s.work.View
	if renew {
		work = s.work.Update
	}
	err = work(ctx, func(tx Tx) error {
		tally = secret.Tally{}
		rows, err := tx.BotSecrets()
		if err != nil {
			return err
		}
		for _, row := range rows {
			renewed, err := tally.Renew(s.sealer, row.Sealed, associated(row.Client, row.Secret))
			if err != nil {
				return fault.ErrInternal.Because(fmt.Errorf("botclient: secret %d: %w", row.Secret, err))
			}
			if renewed == nil || !renew {
				continue
			}
			if err := tx.ResealBotSecret(row.Client, row.Secret, row.Sealed, renewed); err != nil {
				return err
			}
		}
		return nil
	})
	return tally, err
}
