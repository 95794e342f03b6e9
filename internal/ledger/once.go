package ledger

import (
	"context"
	"errors"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/unit"
)

// TransferOnce is Once for a unit of work that makes one transfer and other
// changes with it. A request that comes later under the same key gets that
// transfer, as it was made.
func TransferOnce[T interface {
	Tx
	Savepointer
}](ctx context.Context, work unit.Work[T], key *Key, fn func(tx T) (Transfer, error)) (Transfer, error) {
	var made Transfer
	ref, err := Once(ctx, work, key, func(tx T) (string, error) {
		var err error
		made, err = fn(tx)
		return made.ID.String(), err
	})
	if err != nil {
		return Transfer{}, err
	}
	transferID, err := id.Parse(ref)
	if err != nil {
		return Transfer{}, fault.ErrInternal.Because(errors.New("ledger: a key does not name a transfer"))
	}
	if transferID == made.ID {
		return made, nil
	}
	err = work.View(ctx, func(tx T) error {
		made, err = tx.Transfer(transferID)
		return err
	})
	return made, err
}
