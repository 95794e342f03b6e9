package identity

import (
	"context"
	"errors"
	"strconv"
	"time"

	"purse/internal/claim"
)

// unverifiedLifetime is how long a registration waits for its confirmation.
const unverifiedLifetime = 24 * time.Hour

// Registration is a user to be, who has not yet shown that the e-mail is
// theirs. It claims nothing.
type Registration struct {
	Email          string // in its one form, as Phone
	Phone          string
	SocialSecurity [32]byte // keyed hash
	CreatedAt      time.Time
}

// Register keeps a registration and mails its code. One for the same e-mail is
// replaced. The mail is sent first: when it is not accepted, no registration is
// kept and the error is ErrMailNotAccepted. ErrIdentifierTaken when any of the
// three belongs to a user, ErrTooManyMessages after too many codes to the e-mail.
func (s *Service) Register(ctx context.Context, identifiers Identifiers) error {
	claims := identifiers.claims()
	err := s.work.Update(ctx, func(tx Tx) error {
		if err := s.mustBeFree(tx, claims.each()); err != nil {
			return err
		}
		return s.countMessage(tx, claims.email)
	})
	if err != nil {
		return err
	}
	code := newCode()
	message := Message{Kind: RegistrationCode, To: claims.email, Code: code, Lifetime: codeLifetime}
	if err := s.mailer.Deliver(ctx, message); err != nil {
		return ErrMailNotAccepted.Because(err)
	}
	return s.work.Update(ctx, func(tx Tx) error {
		if err := s.mustBeFree(tx, claims.each()); err != nil {
			return err
		}
		registration := Registration{Email: claims.email, Phone: claims.phone, SocialSecurity: s.socialSecurity.Sum(claims.socialSecurity), CreatedAt: tx.Now()}
		if err := tx.PutRegistration(registration); err != nil {
			return err
		}
		return s.putCode(tx, registrationFlow, s.stranger(claim.Email, claims.email), code)
	})
}

// Confirmation is everything that turns a registration into a user.
type Confirmation struct {
	Identifiers
	Profile
	Password string
	Code     string
}

// ConfirmRegistration makes the user, who signs in with two factors from then
// on, and signs them in. ErrWeakPassword comes before anything is looked at;
// every other reason is ErrRegistrationRefused.
func (s *Service) ConfirmRegistration(ctx context.Context, c Confirmation, client Client) (signedIn SignedIn, err error) {
	if err := s.CheckPassword("password", c.Password); err != nil {
		return SignedIn{}, err
	}
	claims := c.Identifiers.claims()
	person := s.stranger(claim.Email, claims.email)
	right := false
	err = s.work.Update(ctx, func(tx Tx) error {
		right, err = s.tryCode(tx, registrationFlow, person, c.Code)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		return SignedIn{}, ErrRegistrationRefused
	}
	hash, err := s.hasher.hashPassword(ctx, c.Password)
	if err != nil {
		return SignedIn{}, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		if err := s.spendRegistration(tx, claims, person, c.Code); err != nil {
			return err
		}
		user, err := s.insertUser(tx, User{Profile: c.Profile, Email: claims.email, EmailVerified: true, Phone: claims.phone,
			SocialSecurity: []byte(c.SocialSecurity), TwoFactorRequired: true}, claims.each(), hash)
		if err != nil {
			return err
		}
		if err := s.onRegistered(tx, user); err != nil {
			return err
		}
		signedIn, err = s.StartSession(tx, user.ID, TwoFactors, client)
		return err
	})
	if errors.Is(err, ErrIdentifierTaken) { // by somebody who registered at the same time
		return SignedIn{}, ErrRegistrationRefused
	}
	if err != nil {
		return SignedIn{}, err
	}
	return signedIn, nil
}

// spendRegistration uses the code up and removes the registration, if both
// still stand.
func (s *Service) spendRegistration(tx Tx, claims claims, person Person, code string) error {
	spent, err := s.spendCode(tx, registrationFlow, person, code)
	if err != nil {
		return err
	}
	registration, found, err := tx.Registration(claims.email)
	if err != nil {
		return err
	}
	if !spent || !found || !s.equal(claims, registration) {
		return ErrRegistrationRefused
	}
	return tx.DeleteRegistration(claims.email)
}

// insertUser makes an active user with claims, a credential where hash is not
// empty, and the role of everyone. The social security number is given in the open.
func (s *Service) insertUser(tx Tx, user User, claims claimList, hash string) (User, error) {
	number, err := tx.NextID("user")
	if err != nil {
		return User{}, err
	}
	user.ID, user.UUID = UserID(number), s.ids.New(tx.Now())
	user.Status, user.CreatedAt, user.UpdatedAt = Active, tx.Now(), tx.Now()
	if user.SocialSecurity != nil {
		user.SocialSecurity = s.seal.Seal(user.SocialSecurity, socialSecurityPlace(user.ID))
	}
	if err := tx.InsertUser(user); err != nil {
		return User{}, err
	}
	if err := s.claim(tx, claims, user.ID); err != nil {
		return User{}, err
	}
	if hash != "" {
		if err := tx.SetCredential(user.ID, hash); err != nil {
			return User{}, err
		}
	}
	role, err := tx.RoleNamed(RoleUser)
	if err != nil {
		return User{}, err
	}
	return user, tx.SetRole(user.ID, role.ID, true)
}

// socialSecurityPlace is what a user's sealed number is bound to.
func socialSecurityPlace(user UserID) []byte {
	return []byte("user " + strconv.FormatInt(int64(user), 10))
}

// RemoveUnverified removes the registrations that were made 24 hours ago or
// earlier, nothing else, and returns how many there were.
func (s *Service) RemoveUnverified(ctx context.Context) (int, error) {
	return s.removeAll(ctx, func(tx Tx) (int, error) {
		return tx.DeleteRegistrations(tx.Now().Add(-unverifiedLifetime), cleanBatch)
	})
}
