package identity

import (
	"context"

	"purse/internal/claim"
)

// Newcomer is a user to be, as the surfaces with a one-step sign-in have them:
// a profile, some identifiers (empty where there is none), and perhaps a password.
type Newcomer struct {
	Profile
	Email         string
	EmailVerified bool
	Phone         string
	Login         string
	TelegramID    int64  // 0 when there is none
	Hash          string // of the password, from HashPassword; "" for nobody who signs in with one
}

// claims is the one form of each identifier that the newcomer has.
func (n Newcomer) claims() claimList {
	telegram := ""
	if n.TelegramID != 0 {
		telegram = formChat(n.TelegramID)
	}
	all := claimList{
		{"email", claim.Email, claim.FormEmail(n.Email), false},
		{"phone_number", claim.Phone, claim.FormPhone(n.Phone), false},
		{"login", claim.Login, claim.FormLogin(n.Login), false},
		{"telegram_id", claim.Telegram, telegram, false},
	}
	var some claimList
	for _, one := range all {
		if one.value != "" {
			some = append(some, one)
		}
	}
	return some
}

// HashPassword holds a new password against the policy and hashes it, outside of
// any unit of work. field is the input's name in ErrWeakPassword.
func (s *Service) HashPassword(ctx context.Context, field, password string) (string, error) {
	if err := s.CheckPassword(field, password); err != nil {
		return "", err
	}
	return s.hasher.hashPassword(ctx, password)
}

// MustBeFree returns ErrIdentifierTaken, naming each identifier of the newcomer
// that belongs to a user.
func (s *Service) MustBeFree(tx Tx, n Newcomer) error { return s.mustBeFree(tx, n.claims()) }

// Join makes a user with a password, outside of a unit of work, and runs then in
// the unit that does. Errors: ErrWeakPassword (field "password"), ErrIdentifierTaken.
func (s *Service) Join(ctx context.Context, n Newcomer, password string, then func(tx Tx, user User) error) (user User, err error) {
	if err := s.CheckPassword("password", password); err != nil {
		return User{}, err
	}
	// Looked at before the costly hash, and again in the unit.
	if err := s.work.View(ctx, func(tx Tx) error { return s.MustBeFree(tx, n) }); err != nil {
		return User{}, err
	}
	if n.Hash, err = s.hasher.hashPassword(ctx, password); err != nil {
		return User{}, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		if user, err = s.Add(tx, n); err != nil {
			return err
		}
		return then(tx, user)
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// CreateAdministrator makes a user who may do everything and signs in with two
// factors alone. Errors as of Join.
func (s *Service) CreateAdministrator(ctx context.Context, email, password string) (User, error) {
	return s.Join(ctx, Newcomer{Email: email, EmailVerified: true}, password, func(tx Tx, user User) error {
		role, err := tx.RoleNamed(RoleAdmin)
		if err != nil {
			return err
		}
		if err := tx.SetRole(user.ID, role.ID, true); err != nil {
			return err
		}
		return tx.SetTwoFactorRequired(user.ID, true)
	})
}

// Add makes the user in the caller's unit of work. ErrIdentifierTaken.
func (s *Service) Add(tx Tx, n Newcomer) (User, error) {
	claims := n.claims()
	if err := s.mustBeFree(tx, claims); err != nil {
		return User{}, err
	}
	return s.insertUser(tx, User{
		Profile: n.Profile, Email: claims.of(claim.Email), EmailVerified: n.EmailVerified,
		Phone: claims.of(claim.Phone), Login: claims.of(claim.Login), TelegramID: n.TelegramID,
	}, claims, n.Hash)
}
