package identity

import (
	"errors"

	"purse/internal/claim"
	"purse/internal/fault"
)

// Identifiers are the three things that name a person at the bank.
type Identifiers struct {
	Email          string
	Phone          string
	SocialSecurity string
}

// claims is the one form of each identifier. It prints as its name only.
type claims struct{ email, phone, socialSecurity string }

func (claims) String() string   { return "identity.claims" }
func (claims) GoString() string { return "identity.claims" }

func (i Identifiers) claims() claims {
	return claims{claim.FormEmail(i.Email), claim.FormPhone(i.Phone), claim.FormSocialSecurity(i.SocialSecurity)}
}

func (s *Service) equal(c claims, r Registration) bool {
	return c.email == r.Email && c.phone == r.Phone && s.socialSecurity.Made(r.SocialSecurity, c.socialSecurity)
}

// oneClaim is a claim with the name that its input has.
type oneClaim struct {
	field  string
	kind   claim.Kind
	value  string
	hashed bool // claimed by its keyed hash: Service.numbers
}

func (s *Service) holder(tx Tx, c oneClaim) (subject int64, found bool, err error) {
	if c.hashed {
		return s.numbers.Find(tx, c.value)
	}
	return tx.FindClaim(c.kind, c.value)
}

func (s *Service) take(tx Tx, c oneClaim, user UserID) error {
	if c.hashed {
		return s.numbers.Claim(tx, c.value, int64(user))
	}
	return tx.Claim(c.kind, c.value, int64(user))
}

func (s *Service) release(tx Tx, c oneClaim) error {
	if c.hashed {
		return s.numbers.Release(tx, c.value)
	}
	return tx.ReleaseClaim(c.kind, c.value)
}

// claimList is what names one person, each in its one form.
type claimList []oneClaim

func (c claims) each() claimList {
	return claimList{
		{"email", claim.Email, c.email, false},
		{"phone_number", claim.Phone, c.phone, false},
		{"social_security", claim.SocialSecurity, c.socialSecurity, true},
	}
}

// of is the value of a kind, or "".
func (l claimList) of(kind claim.Kind) string {
	for _, one := range l {
		if one.kind == kind {
			return one.value
		}
	}
	return ""
}

// mustBeFree returns ErrIdentifierTaken, naming each that belongs to a user.
func (s *Service) mustBeFree(tx Tx, l claimList) error {
	var taken []fault.Field
	for _, one := range l {
		_, found, err := s.holder(tx, one)
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

// claim gives each value to a user. Somebody who takes one at the same time
// makes it ErrIdentifierTaken.
func (s *Service) claim(tx Tx, l claimList, user UserID) error {
	for _, one := range l {
		err := s.take(tx, one, user)
		if errors.Is(err, claim.ErrTaken) {
			return ErrIdentifierTaken.In(fault.Field{Name: one.field, Reason: "taken"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// claimsOf is everything that a user claims.
func (s *Service) claimsOf(u User) (claimList, error) {
	claims := Newcomer{Email: u.Email, Phone: u.Phone, Login: u.Login, TelegramID: u.TelegramID}.claims()
	if u.SocialSecurity == nil {
		return claims, nil
	}
	number, err := s.seal.Open(u.SocialSecurity, socialSecurityPlace(u.ID))
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	return append(claims, oneClaim{"social_security", claim.SocialSecurity, claim.FormSocialSecurity(string(number)), true}), nil
}
