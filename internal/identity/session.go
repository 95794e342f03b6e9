package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/secret"
)

// Assurance is how a session was proven.
type Assurance int

// The assurances; more factors are a greater number.
const (
	OneFactor  Assurance = 1
	TwoFactors Assurance = 2
)

// SessionRule is how the sessions of one surface live.
type SessionRule struct {
	// Lifetime is how long a session lasts after its last use.
	Lifetime time.Duration
	// Longest is how long it lasts at the most; 0 is without a bound.
	Longest time.Duration
	// Signed says that the surface hands out signed tokens (package token) that name
	// the session by its id, instead of an opaque one.
	Signed bool
	// Refresh is how long a refresh token may wait for its use; 0 is none.
	Refresh time.Duration
	// VerifiedEmail says that only those sign in whose e-mail address is verified.
	VerifiedEmail bool
}

// expiry is when a session ends that is used now.
func (r SessionRule) expiry(created, now time.Time) time.Time {
	expiry := now.Add(r.Lifetime)
	if last := created.Add(r.Longest); r.Longest > 0 && last.Before(expiry) {
		return last
	}
	return expiry
}

// slideEvery is how often a session's use is written down.
const slideEvery = time.Minute

// longestToken bounds what is looked up at all: a token that secret.HexToken
// makes has this length.
const longestToken = 64

// Session is a sign-in that lasts until it is ended, or not used for the
// lifetime of its surface.
type Session struct {
	ID         id.UUID
	User       UserID
	Surface    Surface
	Assurance  Assurance
	UserAgent  string
	Address    string
	CreatedAt  time.Time
	LastUsedAt time.Time // exact to a minute
	ExpiresAt  time.Time

	// Slid says that this check has moved ExpiresAt: a cookie is issued again.
	Slid bool
}

// tokenHash is the SHA-256 of a session's token. The token has 256 random bits,
// so its hash needs no key.
type tokenHash = [sha256.Size]byte

// StartSession makes a session, with its token and perhaps a refresh token, in
// the unit that proves who signs in.
func (s *Service) StartSession(tx Tx, user UserID, assurance Assurance, client Client) (SignedIn, error) {
	rule, issues := s.rules[client.Surface]
	if !issues {
		return SignedIn{}, fault.ErrInternal.Because(errors.New("identity: the surface issues no sessions: " + string(client.Surface)))
	}
	now := tx.Now()
	session := Session{
		ID: s.ids.New(now), User: user, Surface: client.Surface, Assurance: assurance,
		UserAgent: client.UserAgent, Address: client.Address,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: rule.expiry(now, now),
	}
	signedIn := SignedIn{Session: session, Token: secret.HexToken()}
	if rule.Signed {
		signedIn.Token = session.ID.String()
	}
	if err := tx.InsertSession(hashToken(signedIn.Token), session); err != nil {
		return SignedIn{}, err
	}
	var err error
	signedIn.Refresh, err = s.newRefresh(tx, session)
	return signedIn, err
}

func hashToken(token string) tokenHash {
	var text [longestToken]byte // on the stack: this runs for every request
	return sha256.Sum256(text[:copy(text[:], token)])
}

// Check finds the session of a token on a surface, or returns ErrNoSession. It
// answers from memory what it has read within the last second, and writes at
// most once a minute for each session.
func (s *Service) Check(ctx context.Context, token string, surface Surface) (Session, error) {
	if token == "" || len(token) > longestToken {
		return Session{}, ErrNoSession
	}
	hash := hashToken(token)
	session, epoch, found := s.sessions.get(hash)
	if !found {
		var err error
		if session, err = s.readSession(ctx, hash); err != nil {
			return Session{}, err
		}
		session, _ = s.sessions.offer(hash, session, epoch, usedLater)
	}
	now := s.clock.Now()
	if session.Surface != surface || !now.Before(session.ExpiresAt) {
		return Session{}, ErrNoSession
	}
	if now.Sub(session.LastUsedAt) < slideEvery {
		return session, nil
	}
	session.LastUsedAt, session.ExpiresAt = now, s.rules[surface].expiry(session.CreatedAt, now)
	session, first := s.sessions.offer(hash, session, epoch, usedLater)
	if !first {
		return session, nil
	}
	return s.slide(ctx, hash, session)
}

// usedLater keeps a session in memory rather than one that another caller has
// read before its use was noted.
func usedLater(have, offered Session) bool { return !have.LastUsedAt.Before(offered.LastUsedAt) }

func (s *Service) readSession(ctx context.Context, hash tokenHash) (session Session, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		var found bool
		session, found, err = tx.SessionByToken(hash)
		if err == nil && !found {
			return ErrNoSession
		}
		return err
	})
	return session, err
}

// slide writes down a session's last use and expiry. Others that come meanwhile
// are answered from memory, where the use was noted before.
func (s *Service) slide(ctx context.Context, hash tokenHash, session Session) (Session, error) {
	err := s.work.Update(ctx, func(tx Tx) error {
		slid, err := tx.SlideSession(hash, session.LastUsedAt, session.ExpiresAt)
		if err == nil && !slid {
			return ErrNoSession
		}
		return err
	})
	if err != nil {
		s.sessions.forget(hash)
		return Session{}, err
	}
	session.Slid = true
	return session, nil
}

// End ends the session of a token on a surface. It is no error when there is none.
func (s *Service) End(ctx context.Context, token string, surface Surface) error {
	if token == "" || len(token) > longestToken {
		return nil
	}
	hash := hashToken(token)
	session, err := s.readSession(ctx, hash)
	if errors.Is(err, ErrNoSession) || err == nil && session.Surface != surface {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.chats.forget()
	defer s.revoke(textOfSession(hash))
	return s.work.Update(ctx, func(tx Tx) error {
		_, err := s.endSession(tx, session.User, session.ID)
		return err
	})
}

// EndSession ends one session of a user and says whether there was one to end.
func (s *Service) EndSession(ctx context.Context, user UserID, session id.UUID) (ended bool, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		ended, err = s.endSession(tx, user, session)
		return err
	})
	if ended || err != nil {
		s.ForgetSessions()
	}
	return ended, err
}

// EndAll ends all of a user's sessions.
func (s *Service) EndAll(ctx context.Context, user UserID) error {
	defer s.ForgetSessions()
	return s.work.Update(ctx, func(tx Tx) error { return s.EndSessions(tx, user, id.UUID{}) })
}

// Sessions lists a user's live sessions, the last used first.
func (s *Service) Sessions(ctx context.Context, user UserID) (list []Session, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		list, err = tx.Sessions(user, tx.Now())
		return err
	})
	return list, err
}

// ForgetSessions makes what was ended inside a unit of work take effect at once,
// also at the peers. Whoever ends sessions there calls it after the commit.
func (s *Service) ForgetSessions() {
	s.revoke(everySession)
	s.chats.forget()
}

// Activate lets a user act again. ErrNoUser, also for one who was erased or
// merged into another: nobody can be them any more.
func (s *Service) Activate(ctx context.Context, user UserID) error {
	return s.setStatus(ctx, user, Active)
}

// Deactivate keeps a user from acting, and ends their sessions.
func (s *Service) Deactivate(ctx context.Context, user UserID) error {
	return s.setStatus(ctx, user, Inactive)
}

func (s *Service) setStatus(ctx context.Context, user UserID, status Status) error {
	defer s.ForgetSessions()
	return s.work.Update(ctx, func(tx Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		if status == Active && !u.identified() {
			return ErrNoUser
		}
		if status == Inactive {
			if err := s.EndSessions(tx, user, id.UUID{}); err != nil {
				return err
			}
		}
		return tx.SetUserStatus(user, status)
	})
}

// SetTwoFactorRequired says whether only two-step sign-ins open the account. Once
// they do, sessions that were proven with less are over, on every surface; the
// console, which says so to people, refuses its own.
func (s *Service) SetTwoFactorRequired(ctx context.Context, user UserID, required bool) error {
	ended := false
	err := s.work.Update(ctx, func(tx Tx) (err error) {
		if _, err = tx.User(user); err != nil {
			return err
		}
		if required {
			if ended, err = s.endWeakSessions(tx, user); err != nil {
				return err
			}
		}
		return tx.SetTwoFactorRequired(user, required)
	})
	if ended {
		s.ForgetSessions()
	}
	return err
}

// endWeakSessions ends the sessions of a user that were proven with one factor,
// but those of the console, and says whether there were any.
func (s *Service) endWeakSessions(tx Tx, user UserID) (ended bool, err error) {
	sessions, err := tx.Sessions(user, tx.Now())
	if err != nil {
		return false, err
	}
	for _, session := range sessions {
		if session.Assurance >= TwoFactors || session.Surface == Console {
			continue
		}
		ended = true
		if _, err := s.endSession(tx, user, session.ID); err != nil {
			return ended, err
		}
	}
	return ended, nil
}
