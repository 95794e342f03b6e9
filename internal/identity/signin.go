package identity

import (
	"context"

	"purse/internal/claim"
)

// account is what a sign-in found under an identifier.
type account struct {
	user   User // zero for nobody
	person Person
	hash   string // of the password; empty for nobody, an inactive user, or one without a password
}

// find looks an identifier up, in its one form.
func (s *Service) find(tx Tx, kind claim.Kind, form string) (account, error) {
	userID, person, err := s.identify(tx, kind, form)
	a := account{person: person}
	if err != nil || userID == 0 {
		return a, err
	}
	if a.user, err = tx.User(userID); err != nil || a.user.Status != Active {
		return a, err
	}
	a.hash, err = tx.Credential(userID)
	return a, err
}

// RequestSignIn is the first step: it checks e-mail and password and mails a
// code. An absent password is an empty one and always wrong. Errors:
// ErrInvalidCredentials, ErrTooManyFailures.
func (s *Service) RequestSignIn(ctx context.Context, email, password string, client Client) error {
	code := newCode()
	return s.withPassword(ctx, claim.Email, claim.FormEmail(email), password, client, func(tx Tx, a account) error {
		if err := s.putCode(tx, signInFlow, a.person, code); err != nil {
			return err
		}
		return s.outbox.Enqueue(tx, Message{Kind: SignInCode, To: a.user.Email, Name: a.user.FirstName, Code: code, Lifetime: codeLifetime})
	})
}

// ConfirmSignIn is the last step: it uses the mailed code up and starts a
// session proven with two factors. ErrInvalidCredentials for everything wrong.
func (s *Service) ConfirmSignIn(ctx context.Context, email, code string, client Client) (signedIn SignedIn, err error) {
	right := false
	err = s.work.Update(ctx, func(tx Tx) error {
		a, err := s.find(tx, claim.Email, claim.FormEmail(email))
		if err != nil {
			return err
		}
		right, err = s.tryCode(tx, signInFlow, a.person, code)
		right = right && a.hash != ""
		if err != nil || !right {
			return err
		}
		if right, err = s.spendCode(tx, signInFlow, a.person, code); err != nil || !right {
			return err
		}
		signedIn, err = s.StartSession(tx, a.user.ID, TwoFactors, client)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		return SignedIn{}, ErrInvalidCredentials
	}
	return signedIn, nil
}

// SignIn is the one-step sign-in of surfaces that have no second step: by an
// e-mail, phone or login in any spelling, and the password. The session is
// proven with one factor. Errors: ErrInvalidCredentials, ErrTooManyFailures,
// ErrTwoFactorRequired when only the two-step sign-in will do, and
// ErrEmailNotVerified where the surface asks for it; then another link is mailed
// if the last one no longer works.
func (s *Service) SignIn(ctx context.Context, kind claim.Kind, identifier, password string, client Client) (signedIn SignedIn, err error) {
	var refusal error
	err = s.withPassword(ctx, kind, formOf(kind, identifier), password, client, func(tx Tx, a account) error {
		refusal = nil
		switch {
		case a.user.TwoFactorRequired:
			refusal = ErrTwoFactorRequired
			return nil
		case s.rules[client.Surface].VerifiedEmail && !a.user.EmailVerified:
			refusal = ErrEmailNotVerified
			return s.remindEmail(tx, a.user)
		}
		signedIn, err = s.StartSession(tx, a.user.ID, OneFactor, client)
		return err
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return SignedIn{}, err
	}
	return signedIn, nil
}

// TurnOffTwoFactor lets one-step sign-ins open the account again. It asks for
// the password, so that a session alone, which may be in other hands, is not
// enough; a wrong one counts as a failed sign-in. Errors: ErrNoUser,
// ErrInvalidCredentials, ErrTooManyFailures.
func (s *Service) TurnOffTwoFactor(ctx context.Context, user UserID, password string, client Client) error {
	return s.ProvePassword(ctx, user, password, client, func(tx Tx, _ User) error { return tx.SetTwoFactorRequired(user, false) })
}

// ProvePassword checks the password of somebody who is signed in and runs then
// in the unit that records the success. A wrong one counts as a failed sign-in.
// Errors: ErrNoUser, ErrInvalidCredentials (also when the user has no password),
// ErrTooManyFailures.
func (s *Service) ProvePassword(ctx context.Context, user UserID, password string, client Client, then func(tx Tx, user User) error) error {
	u, err := s.User(ctx, user)
	if err != nil {
		return err
	}
	kind, form := claim.Email, u.Email
	switch {
	case u.Email != "":
	case u.Phone != "":
		kind, form = claim.Phone, u.Phone
	default:
		kind, form = claim.Login, u.Login
	}
	return s.withPassword(ctx, kind, form, password, client, func(tx Tx, a account) error {
		if a.user.ID != user { // the identifier has gone to somebody else meanwhile
			return ErrInvalidCredentials
		}
		return then(tx, a.user)
	})
}

func formOf(kind claim.Kind, identifier string) string {
	switch kind {
	case claim.Email:
		return claim.FormEmail(identifier)
	case claim.Phone:
		return claim.FormPhone(identifier)
	default:
		return claim.FormLogin(identifier)
	}
}

// withPassword lets one attempt in, checks the password outside of any unit of
// work, and runs then in the unit that records the success. A wrong password
// and an unknown account take the same way.
func (s *Service) withPassword(ctx context.Context, kind claim.Kind, form, password string, client Client, then func(Tx, account) error) error {
	if err := s.refuseBlocked(ctx, kind, form, client); err != nil {
		return err
	}
	// The slot comes before the count, so that those who wait for one are not
	// counted: many right sign-ins at once would block each other.
	slot, err := s.hasher.acquire(ctx)
	if err != nil {
		return err
	}
	defer slot.release()
	a, try, err := s.beginAttempt(ctx, kind, form, client)
	if err != nil {
		return err
	}
	find := func(tx Tx) (account, error) { return s.find(tx, kind, form) }
	for range 3 { // again when the password was stored anew while it was being checked
		current, err := s.prove(ctx, slot, a, password, find, func(tx Tx, current account) error {
			if err := try.succeed(tx); err != nil {
				return err
			}
			return then(tx, current)
		})
		if err != nil || current.is(a) {
			return err
		}
		a = current
	}
	return ErrInvalidCredentials
}

// is says whether an account is still the user that was found before, with the
// same password.
func (a account) is(before account) bool {
	return a.user.ID == before.user.ID && a.hash == before.hash
}

// prove checks the password of an account and, if the account still has it
// afterwards, runs then in the unit that renews an outdated hash, with the account
// as that unit finds it: what else is true of the user may have changed while the
// password was hashed. It returns the account as it is now; then did not run unless
// that is the one given.
func (s *Service) prove(ctx context.Context, slot slot, a account, password string, find func(Tx) (account, error), then func(Tx, account) error) (current account, err error) {
	right, outdated, err := slot.verify(password, a.hash)
	if err != nil {
		return a, err
	}
	if !right {
		return a, ErrInvalidCredentials
	}
	renewed := a.hash
	if outdated {
		renewed = slot.hash(password)
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		if current, err = find(tx); err != nil || !current.is(a) {
			return err
		}
		if outdated {
			if err := tx.SetCredential(a.user.ID, renewed); err != nil {
				return err
			}
		}
		return then(tx, current)
	})
	return current, err
}

// refuseBlocked turns away at little cost who would be turned away anyway.
func (s *Service) refuseBlocked(ctx context.Context, kind claim.Kind, form string, client Client) error {
	return s.work.View(ctx, func(tx Tx) error {
		_, person, err := s.identify(tx, kind, form)
		if err != nil {
			return err
		}
		wait, err := s.newAttempt("sign in", person, client.Address).blocked(tx)
		if err == nil && wait > 0 {
			return ErrTooManyFailures.After(wait)
		}
		return err
	})
}

// beginAttempt looks the account up and counts the attempt, in one unit.
func (s *Service) beginAttempt(ctx context.Context, kind claim.Kind, form string, client Client) (a account, try attempt, err error) {
	err = s.work.Update(ctx, func(tx Tx) error {
		if a, err = s.find(tx, kind, form); err != nil {
			return err
		}
		try = s.newAttempt("sign in", a.person, client.Address)
		return s.let(tx, &try)
	})
	return a, try, err
}
