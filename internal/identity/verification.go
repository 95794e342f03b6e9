package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"time"

	"purse/internal/fault"
	"purse/internal/secret"
)

// emailLinkLifetime is long enough for a weekend, and for a mail that lies in a
// spam folder; a sign-in after it mails another link.
const emailLinkLifetime = 3 * 24 * time.Hour

// Errors of verifying an e-mail address.
var (
	// ErrEmailLink is a mailed link that is wrong, used, expired, replaced by a
	// newer one, or was mailed to an address that the user no longer has.
	ErrEmailLink = fault.Define(fault.Refused, "identity.email_link", "the link is not valid")
	// ErrEmailNotVerified is a sign-in, rightly proven, on a surface that asks for
	// a verified e-mail address, by a user who has none.
	ErrEmailNotVerified = fault.Define(fault.Refused, "identity.email_not_verified", "the e-mail address is not verified")
)

// EmailLink is the permission to mark a user's e-mail address as verified, once.
// A user has one at most.
type EmailLink struct {
	User      UserID
	Hash      [32]byte // SHA-256 of a random token and the address that it was mailed to
	ExpiresAt time.Time
}

// emailLinkHash binds a token, which has 256 random bits, to an address.
func emailLinkHash(token, email string) [32]byte { return sha256.Sum256([]byte(token + " " + email)) }

// MailEmailLink mails a user a link that verifies their address, in place of an
// older one, in the unit of work that gives a reason for it.
func (s *Service) MailEmailLink(tx Tx, user User) error {
	token := secret.Token()
	link := EmailLink{User: user.ID, Hash: emailLinkHash(token, user.Email), ExpiresAt: tx.Now().Add(emailLinkLifetime)}
	if err := tx.PutEmailLink(link); err != nil {
		return err
	}
	return s.outbox.Enqueue(tx, Message{
		Kind: VerifyEmailLink, To: user.Email, Lifetime: emailLinkLifetime,
		Link: s.verifyURL + "/" + strconv.FormatInt(int64(user.ID), 10) + "/" + token,
	})
}

// remindEmail mails another link when the user has none that works.
func (s *Service) remindEmail(tx Tx, user User) error {
	link, found, err := tx.EmailLink(user.ID)
	if err != nil || found && tx.Now().Before(link.ExpiresAt) {
		return err
	}
	return s.MailEmailLink(tx, user)
}

// VerifyEmail uses a mailed link up and marks the user's address as verified.
// ErrEmailLink for everything wrong.
func (s *Service) VerifyEmail(ctx context.Context, user UserID, token string) error {
	return s.work.Update(ctx, func(tx Tx) error {
		u, err := ActiveUser(tx, user)
		if errors.Is(err, ErrNoUser) {
			return ErrEmailLink
		}
		if err != nil {
			return err
		}
		link, found, err := tx.EmailLink(user)
		if err != nil {
			return err
		}
		if hash := emailLinkHash(token, u.Email); !secret.Equal(hash[:], link.Hash[:]) || !found || !tx.Now().Before(link.ExpiresAt) {
			return ErrEmailLink
		}
		if err := tx.DeleteEmailLink(user); err != nil {
			return err
		}
		u.EmailVerified = true
		return tx.UpdateUser(u)
	})
}
