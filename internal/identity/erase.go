package identity

import (
	"context"

	"purse/internal/claim"
	"purse/internal/fault"
	"purse/internal/id"
)

// ActiveUser reads a user who may act, or returns ErrNoUser. What makes things
// for a user inside a unit of work asks here first: a session that was checked
// before may be of somebody who has gone meanwhile.
func ActiveUser(tx interface{ User(UserID) (User, error) }, user UserID) (User, error) {
	u, err := tx.User(user)
	if err == nil && u.Status != Active {
		return User{}, ErrNoUser
	}
	return u, err
}

// Erase removes a person: everything that names or describes them here and,
// through the hooks of Options.OnErase, in the products, in one unit of work.
// What is left is an inactive user without a name, under whose id the ledger
// keeps its history. The identifiers are free for anyone again. A hook's error,
// such as that the person still has money, undoes all of it. ErrNoUser.
func (s *Service) Erase(ctx context.Context, user UserID) error {
	err := s.work.Update(ctx, func(tx Tx) error {
		u, err := ActiveUser(tx, user)
		if err != nil {
			return err
		}
		for _, forget := range s.onErase {
			if err := forget(tx, u); err != nil {
				return err
			}
		}
		claims, err := s.claimsOf(u)
		if err != nil {
			return err
		}
		for _, one := range claims {
			if err := s.release(tx, one); err != nil {
				return err
			}
		}
		if err := s.forgetUnfinished(tx, u); err != nil {
			return err
		}
		if err := s.EndSessions(tx, user, id.UUID{}); err != nil {
			return err
		}
		tx.Scrub()
		return tx.EraseUser(user)
	})
	if !undone(err) {
		s.revoke(everything)
		s.chats.forget()
	}
	return err
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

// forgetUnfinished removes what a person has begun and not finished.
func (s *Service) forgetUnfinished(tx Tx, u User) error {
	if err := tx.DeleteCode(signInFlow, s.person(u.ID)); err != nil {
		return err
	}
	if err := tx.DeletePendingOf(u.ID); err != nil {
		return err
	}
	if u.TelegramID != 0 {
		if err := tx.DeleteCode(linkFlow, s.stranger(claim.Telegram, formChat(u.TelegramID))); err != nil {
			return err
		}
	}
	if u.Email != "" {
		if err := tx.DeleteCode(registrationFlow, s.stranger(claim.Email, u.Email)); err != nil {
			return err
		}
	}
	return tx.DeleteNewcomers(u.Email, u.Phone) // begun elsewhere, before the user was made
}

// SetUsername changes the name by which others see a user. ErrNoUser.
func (s *Service) SetUsername(ctx context.Context, user UserID, username string) error {
	return s.work.Update(ctx, func(tx Tx) error {
		u, err := ActiveUser(tx, user)
		if err != nil {
			return err
		}
		u.Username = username
		return tx.UpdateUser(u)
	})
}

// DisplayName is how others see a person, who may have chosen no such name on
// another surface: then it is the first name, and may be empty.
func (p Profile) DisplayName() string {
	if p.Username != "" {
		return p.Username
	}
	return p.FirstName
}
