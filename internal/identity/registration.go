package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/secret"
)

// unverifiedLifetime is how long a registration waits for its confirmation.
const unverifiedLifetime = 24 * time.Hour

// cleanBatch is how many rows one unit of work removes, so that cleaning up
// never keeps writers waiting for long.
const cleanBatch = 500

// Identifiers are the three things that name a person at the bank.
type Identifiers struct {
	Email          string
	Phone          string
	SocialSecurity string
}

// claims is the one form of each identifier, with the number only as its keyed hash.
type claims struct {
	email, phone   string
	socialSecurity [32]byte
}

func (s *Service) claims(i Identifiers) claims {
	return claims{claim.FormEmail(i.Email), claim.FormPhone(i.Phone), s.socialSecurity.Sum(claim.FormSocialSecurity(i.SocialSecurity))}
}

func (c claims) equal(r Registration) bool {
	return c.email == r.Email && c.phone == r.Phone && secret.Equal(c.socialSecurity[:], r.SocialSecurity[:])
}

// oneClaim is a claim with the name that its input has.
type oneClaim struct {
	field string
	kind  claim.Kind
	value string
}

func (c claims) each() [3]oneClaim {
	return [3]oneClaim{
		{"email", claim.Email, c.email},
		{"phone_number", claim.Phone, c.phone},
		{"social_security", claim.SocialSecurity, hex.EncodeToString(c.socialSecurity[:])},
	}
}

// mustBeFree returns ErrIdentifierTaken, naming each that belongs to a user.
func (c claims) mustBeFree(tx Tx) error {
	var taken []fault.Field
	for _, one := range c.each() {
		_, found, err := tx.FindClaim(one.kind, one.value)
		if err != nil {
			return err
		}
		if found {
			taken = append(taken, fault.Field{Name: one.field, Reason: "taken"})
		}
	}
	if taken != nil {
		return ErrIdentifierTaken.In(taken...)
	}
	return nil
}

// Registration is a user to be, who has not yet shown that the e-mail is
// theirs. It claims nothing.
type Registration struct {
	Email          string // in its one form, as Phone
	Phone          string
	SocialSecurity [32]byte // keyed hash
	CreatedAt      time.Time
}

// Register keeps a registration and mails its code. One for the same e-mail is
// replaced. The mail is sent first: when it is not accepted, nothing is kept
// and the error is ErrMailNotAccepted. ErrIdentifierTaken when any of the three
// belongs to a user.
func (s *Service) Register(ctx context.Context, identifiers Identifiers) error {
	claims := s.claims(identifiers)
	if err := s.work.View(ctx, func(tx Tx) error { return claims.mustBeFree(tx) }); err != nil {
		return err
	}
	code := newCode()
	message := Message{Kind: RegistrationCode, To: claims.email, Code: code, Lifetime: codeLifetime}
	if err := s.mailer.Deliver(ctx, message); err != nil {
		return ErrMailNotAccepted.Because(err)
	}
	return s.work.Update(ctx, func(tx Tx) error {
		if err := claims.mustBeFree(tx); err != nil {
			return err
		}
		registration := Registration{Email: claims.email, Phone: claims.phone, SocialSecurity: claims.socialSecurity, CreatedAt: tx.Now()}
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
	claims := s.claims(c.Identifiers)
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
		user, err := s.insertUser(tx, newUser{Profile: c.Profile, claims: claims, socialSecurity: c.SocialSecurity, hash: hash, twoFactor: true})
		if err != nil {
			return err
		}
		signedIn, err = s.startSession(tx, user.ID, TwoFactors, client)
		return err
	})
	if errors.Is(err, claim.ErrTaken) { // by somebody who registered at the same time
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
	if !spent || !found || !claims.equal(registration) {
		return ErrRegistrationRefused
	}
	return tx.DeleteRegistration(claims.email)
}

// newUser is what a user is made of.
type newUser struct {
	Profile
	claims         claims
	socialSecurity string
	hash           string // of the password
	twoFactor      bool
}

// insertUser makes a user with claims, credential and the role of everyone.
func (s *Service) insertUser(tx Tx, n newUser) (User, error) {
	number, err := tx.NextID("user")
	if err != nil {
		return User{}, err
	}
	user := User{
		ID: UserID(number), UUID: s.ids.New(tx.Now()), Profile: n.Profile, Email: n.claims.email, Phone: n.claims.phone,
		SocialSecurity:    s.seal.Seal([]byte(n.socialSecurity), socialSecurityPlace(UserID(number))),
		TwoFactorRequired: n.twoFactor, Status: Active, CreatedAt: tx.Now(),
	}
	if err := tx.InsertUser(user); err != nil {
		return User{}, err
	}
	for _, one := range n.claims.each() {
		if err := tx.Claim(one.kind, one.value, number); err != nil {
			return User{}, err
		}
	}
	if err := tx.SetCredential(user.ID, n.hash); err != nil {
		return User{}, err
	}
	role, err := tx.RoleNamed(RoleUser)
	if err != nil {
		return User{}, err
	}
	if err := tx.SetRole(user.ID, role.ID, true); err != nil {
		return User{}, err
	}
	return user, s.onRegistered(tx, user)
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
