package notify

import (
	"context"
	"fmt"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/secret"
)

// RenewKeys counts at most limit messages above after that have their content,
// in one unit of work, and returns the last of them. If renew says so, those of
// an older key are sealed anew under the newest one.
func (o *Outbox) RenewKeys(ctx context.Context, after id.UUID, limit int, renew bool) (tally secret.Tally, last id.UUID, err error) {
	work := o.config.Store.View
	if renew {
		work = o.config.Store.Update
	}
	err = work(ctx, func(tx Tx) error {
		tally, last = secret.Tally{}, after
		rows, err := tx.OutboxAfter(after, limit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			last = row.ID
			renewed, err := tally.Renew(o.sealer, row.Sealed, row.ID[:])
			if err != nil {
				return fault.ErrInternal.Because(fmt.Errorf("notify: opening message %s: %w", row.ID, err))
			}
			if renewed == nil || !renew {
				continue
			}
			if err := tx.ResealOutbox(row.ID, row.Sealed, renewed); err != nil {
				return err
			}
		}
		return nil
	})
	return tally, last, err
}
