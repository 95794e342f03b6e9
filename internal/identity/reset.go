package identity

import (
	"context"
	"crypto/sha256"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/secret"
)

const resetLifetime = time.Hour

// Reset is the permission to set a new password once. A user has one at most:
// asking again ends the older one.
type Reset struct {
	User      UserID
	Token     [32]byte // SHA-256 of a random token
	ExpiresAt time.Time
}

// RequestReset mails a link to the user whom all three identifiers name.
// ErrResetRefused when they do not name one active user; such attempts are
// counted like failed sign-ins (ErrTooManyFailures), for who may try e-mail and
// phone as often as they like learns the number.
func (s *Service) RequestReset(ctx context.Context, identifiers Identifiers, client Client) error {
	token := secret.Token()
	claims := identifiers.claims()
	named := false
	err := s.work.Update(ctx, func(tx Tx) error {
		userID, person, err := s.identify(tx, claim.Email, claims.email)
		if err != nil {
			return err
		}
		try := s.newAttempt("reset", person, client.Address)
		if err := s.let(tx, &try); err != nil {
			return err
		}
		if named, err = s.name(tx, claims, userID); err != nil || !named {
			return err
		}
		user, err := tx.User(userID)
		if err != nil {
			return err
		}
		if named = user.Status == Active; !named {
			return nil
		}
		if err := try.succeed(tx); err != nil {
			return err
		}
		if err := tx.PutReset(Reset{User: userID, Token: sha256.Sum256([]byte(token)), ExpiresAt: tx.Now().Add(resetLifetime)}); err != nil {
			return err
		}
		return s.outbox.Enqueue(tx, Message{Kind: ResetLink, To: user.Email, Name: user.FirstName, Link: s.resetLink(token), Lifetime: resetLifetime})
	})
	if err == nil && !named {
		return ErrResetRefused
	}
	return err
}

// name says whether all three identifiers name user, asking for each in any case.
func (s *Service) name(tx Tx, c claims, user UserID) (bool, error) {
	all := user != 0
	for _, one := range c.each() {
		subject, found, err := s.holder(tx, one)
		if err != nil {
			return false, err
		}
		all = all && found && UserID(subject) == user
	}
	return all, nil
}

// resetLink adds the token to the configured address, which may have a query already.
func (s *Service) resetLink(token string) string {
	link := *s.resetURL
	if link.RawQuery != "" {
		link.RawQuery += "&"
	}
	link.RawQuery += "token=" + token
	return link.String()
}

// PeekReset says whether a token would be accepted now; it uses nothing up.
func (s *Service) PeekReset(ctx context.Context, token string) (valid bool, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		_, valid, err = liveReset(tx, token)
		return err
	})
	return valid, err
}

func liveReset(tx Tx, token string) (Reset, bool, error) {
	reset, found, err := tx.Reset(sha256.Sum256([]byte(token)))
	return reset, found && tx.Now().Before(reset.ExpiresAt), err
}

// ConfirmReset sets a new password, uses the token up and ends all the user's
// sessions and unfinished sign-ins. It signs nobody in: the second factor is
// asked for as ever. Errors: ErrWeakPassword (field "new_password"), ErrResetToken.
func (s *Service) ConfirmReset(ctx context.Context, token, newPassword string) error {
	if err := s.CheckPassword("new_password", newPassword); err != nil {
		return err
	}
	if valid, err := s.PeekReset(ctx, token); err != nil {
		return err
	} else if !valid {
		return ErrResetToken
	}
	hash, err := s.hasher.hashPassword(ctx, newPassword)
	if err != nil {
		return err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		reset, valid, err := liveReset(tx, token)
		if err != nil {
			return err
		}
		if !valid {
			return ErrResetToken
		}
		user, err := tx.User(reset.User)
		if err != nil {
			return err
		}
		if spent, err := tx.DeleteReset(user.ID); err != nil {
			return err
		} else if !spent || user.Status != Active {
			return ErrResetToken
		}
		return s.ReplacePassword(tx, user, hash, id.UUID{})
	})
	s.ForgetSessions()
	return err
}

// ReplacePassword sets a credential (from HashPassword), ends what the old one
// had opened but for the session to spare, and tells the user where they have an
// e-mail. The caller forgets the sessions of this process: see ForgetSessions.
func (s *Service) ReplacePassword(tx Tx, user User, hash string, spare id.UUID) error {
	if err := tx.SetCredential(user.ID, hash); err != nil {
		return err
	}
	if err := tx.DeleteCode(signInFlow, s.person(user.ID)); err != nil {
		return err
	}
	if err := tx.DeletePendingOf(user.ID); err != nil {
		return err
	}
	if err := s.EndSessions(tx, user.ID, spare); err != nil || user.Email == "" {
		return err
	}
	return s.outbox.Enqueue(tx, Message{Kind: PasswordChanged, To: user.Email, Name: user.FirstName})
}
