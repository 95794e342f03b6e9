package identity

import (
	"context"
	"time"

	"purse/internal/id"
)

// reuseGrace is how long after its use a refresh token may come again without
// being taken for stolen: two tabs of one browser, or a repeated request.
const reuseGrace = 10 * time.Second

// Refresh is a refresh token: it renews its session once, and is then replaced
// by another one. All refresh tokens of a session are one family.
type Refresh struct {
	ID        id.UUID
	Session   id.UUID
	User      UserID
	ExpiresAt time.Time
	SpentAt   time.Time // zero while it was not used
}

// newRefresh makes the session's next refresh token, or none where the surface
// has none.
func (s *Service) newRefresh(tx Tx, session Session) (id.UUID, error) {
	rule := s.rules[session.Surface]
	if rule.Refresh == 0 {
		return id.UUID{}, nil
	}
	r := Refresh{ID: s.ids.New(tx.Now()), Session: session.ID, User: session.User, ExpiresAt: tx.Now().Add(rule.Refresh)}
	return r.ID, tx.InsertRefresh(r)
}

// Renew uses a refresh token up and returns its session with the next one. It
// returns ErrRefreshSpent for one that was used before, which also ends the
// session when that was longer than 10 seconds ago, for then somebody else has
// it; ErrNoSession for one that is unknown, has expired, or whose session has
// ended.
func (s *Service) Renew(ctx context.Context, refresh id.UUID, surface Surface) (renewed SignedIn, err error) {
	var refusal error
	var hash tokenHash
	ended := false
	err = s.work.Update(ctx, func(tx Tx) error {
		renewed, refusal, ended = SignedIn{}, nil, false
		row, found, err := tx.Refresh(refresh)
		if err != nil {
			return err
		}
		if !found {
			return ErrNoSession
		}
		hash = hashToken(row.Session.String())
		session, live, err := tx.SessionByToken(hash)
		if err != nil {
			return err
		}
		if first, err := tx.SpendRefresh(refresh, tx.Now()); err != nil {
			return err
		} else if !first {
			refusal = ErrRefreshSpent
			if live && tx.Now().Sub(row.SpentAt) > reuseGrace {
				ended, err = tx.EndSession(row.User, row.Session, tx.Now())
			}
			return err
		}
		if !live || session.Surface != surface || !tx.Now().Before(session.ExpiresAt) || !tx.Now().Before(row.ExpiresAt) {
			return ErrNoSession
		}
		return s.renew(tx, hash, session, &renewed)
	})
	if ended {
		s.revoke(textOfSession(hash))
	} else {
		s.sessions.forget(hash) // its end has moved
	}
	if err == nil {
		err = refusal
	}
	if err != nil {
		return SignedIn{}, err
	}
	return renewed, nil
}

// renew moves the session's end on and makes its next refresh token.
func (s *Service) renew(tx Tx, hash tokenHash, session Session, renewed *SignedIn) error {
	session.LastUsedAt, session.ExpiresAt = tx.Now(), s.rules[session.Surface].expiry(session.CreatedAt, tx.Now())
	if _, err := tx.SlideSession(hash, session.LastUsedAt, session.ExpiresAt); err != nil {
		return err
	}
	next, err := s.newRefresh(tx, session)
	*renewed = SignedIn{Session: session, Token: session.ID.String(), Refresh: next}
	return err
}
