package identity

import (
	"context"
	"time"
)

// endedSessionsKept is how long an ended or expired session stays, so that its
// owner can be told about it.
const endedSessionsKept = 30 * 24 * time.Hour

// cleanBatch is how many rows one unit of work removes, so that cleaning up
// never keeps writers waiting for long.
const cleanBatch = 500

// RemoveExpired removes what has done its work: codes and wrong tries, what
// waited for a code, resets, mailed links, counted failures, refresh tokens, and
// sessions that ended long ago. It returns how many rows there were. Registrations
// at the bank have RemoveUnverified.
func (s *Service) RemoveExpired(ctx context.Context) (int, error) {
	total := 0
	for _, remove := range []func(tx Tx) (int, error){
		func(tx Tx) (int, error) {
			return tx.DeleteCodes(tx.Now(), tx.Now().Add(-wrongCodeWindow), cleanBatch)
		},
		func(tx Tx) (int, error) { return tx.DeletePendings(tx.Now(), cleanBatch) },
		func(tx Tx) (int, error) { return tx.DeleteResets(tx.Now(), cleanBatch) },
		func(tx Tx) (int, error) { return tx.DeleteEmailLinks(tx.Now(), cleanBatch) },
		func(tx Tx) (int, error) { return tx.DeleteFailures(tx.Now().Add(-accountWindow), cleanBatch) },
		func(tx Tx) (int, error) { return tx.DeleteRefreshes(tx.Now(), cleanBatch) },
		func(tx Tx) (int, error) { return tx.DeleteSessions(tx.Now().Add(-endedSessionsKept), cleanBatch) },
	} {
		removed, err := s.removeAll(ctx, remove)
		total += removed
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// removeAll runs remove in one unit of work after another until it finds less
// than a batch, and returns how many rows were removed.
func (s *Service) removeAll(ctx context.Context, remove func(tx Tx) (int, error)) (total int, err error) {
	for {
		removed := 0
		err := s.work.Update(ctx, func(tx Tx) (err error) {
			removed, err = remove(tx)
			return err
		})
		if err != nil {
			return total, err
		}
		total += removed
		if removed < cleanBatch {
			return total, nil
		}
	}
}
