package identity

import (
	"context"

	"purse/internal/claim"
	"purse/internal/id"
)

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
