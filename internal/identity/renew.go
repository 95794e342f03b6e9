package identity

import (
	"context"
	"fmt"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/secret"
)

// SealedNumber is a user's social security number as it is kept.
type SealedNumber struct {
	User   UserID
	Sealed []byte
}

type renewRows interface {
	// SealedNumbers lists at most limit users above after who have a social
	// security number, by id.
	SealedNumbers(after UserID, limit int) ([]SealedNumber, error)
	// ResealNumber replaces a user's sealed number, unless it is no longer from.
	ResealNumber(user UserID, from, to []byte) error
}

// RenewKeys counts the social security numbers of at most limit users above
// after, in one unit of work, and returns the last of them. If renew says so,
// those of an older key are sealed and claimed anew under the newest one.
func (s *Service) RenewKeys(ctx context.Context, after UserID, limit int, renew bool) (tally secret.Tally, last UserID, err error) {
	work := s.work.View
	if renew {
		work = s.work.Update
	}
	err = work(ctx, func(tx Tx) error {
		tally, last = secret.Tally{}, after
		rows, err := tx.SealedNumbers(after, limit)
		if err != nil {
			return err
		}
		var held []claim.Held
		for _, row := range rows {
			last = row.User
			plain, err := s.seal.Open(row.Sealed, socialSecurityPlace(row.User))
			if err == nil {
				held = append(held, claim.Held{Text: claim.FormSocialSecurity(string(plain)), Subject: int64(row.User)})
			}
			renewed, err := tally.Renew(s.seal, row.Sealed, socialSecurityPlace(row.User))
			if err != nil {
				return fault.ErrInternal.Because(fmt.Errorf("identity: number of user %d: %w", row.User, err))
			}
			if renewed == nil || !renew {
				continue
			}
			if err := tx.ResealNumber(row.User, row.Sealed, renewed); err != nil {
				return err
			}
		}
		claims, err := s.numbers.Renew(tx, held, renew)
		tally.Beside(claims)
		return err
	})
	return tally, last, err
}
