package identity

import (
	"context"
	"time"

	"purse/internal/claim"
	"purse/internal/id"
	"purse/internal/secret"
)

// The flows that wait for a code under an id of their own, in two steps. Their
// codes are shorter, for they may be read off a phone, and so work for less long.
const (
	joinFlow     Flow = "join"
	passwordFlow Flow = "password"

	digitCodeLength = 6
	pendingLifetime = 5 * time.Minute
)

// Pending is what waits for its code: a user to be, or a new password. It claims
// nothing, and holds of a password no more than its hash.
type Pending struct {
	ID        id.UUID
	Flow      Flow
	User      UserID   // whose password is to change; 0 for a user to be
	Email     string   // of a user to be, in its one form, as Phone
	Phone     string   //
	Mailed    bool     // the code went to the e-mail address, not to the phone
	Hash      string   // of the password to be
	Code      [32]byte // keyed hash, of the flow, the id and the code
	ExpiresAt time.Time
}

type pendingRows interface {
	// InsertPending adds a row.
	InsertPending(Pending) error
	// Pending finds one by its id, expired or not; in an Update it stays locked.
	Pending(id.UUID) (pending Pending, found bool, err error)
	// DeletePending removes one; it is no error when there is none.
	DeletePending(id.UUID) error
	// DeletePendingOf removes all that wait to change something of a user.
	DeletePendingOf(UserID) error
	// DeletePendings removes at most limit that expired at or before the given time.
	DeletePendings(before time.Time, limit int) (int, error)
}

// StartJoin keeps a user to be, with an e-mail, a phone and the hash of a password,
// and sends a code, which FinishJoin takes with the id returned. Errors:
// ErrWeakPassword (field "password"), ErrIdentifierTaken, ErrTooManyMessages.
func (s *Service) StartJoin(ctx context.Context, email, phone, password string) (id.UUID, error) {
	if err := s.CheckPassword("password", password); err != nil {
		return id.UUID{}, err
	}
	p := Pending{Flow: joinFlow, Email: claim.FormEmail(email), Phone: claim.FormPhone(phone)}
	// Looked at before the costly hash, and again in the unit.
	if err := s.work.View(ctx, func(tx Tx) error { return s.MustBeFree(tx, p.newcomer()) }); err != nil {
		return id.UUID{}, err
	}
	var err error
	if p.Hash, err = s.hasher.hashPassword(ctx, password); err != nil {
		return id.UUID{}, err
	}
	err = s.work.Update(ctx, func(tx Tx) error {
		if err := s.MustBeFree(tx, p.newcomer()); err != nil {
			return err
		}
		return s.putPending(tx, &p, RegistrationCode, User{Email: p.Email, Phone: p.Phone})
	})
	return p.ID, err
}

// newcomer is the user to be. The code shows that one of the two is theirs.
func (p Pending) newcomer() Newcomer {
	return Newcomer{Email: p.Email, EmailVerified: p.Mailed, Phone: p.Phone, Hash: p.Hash}
}

// FinishJoin makes the user and mails a confirmation. Errors: ErrCodeRefused,
// ErrIdentifierTaken when somebody else has taken an identifier meanwhile.
func (s *Service) FinishJoin(ctx context.Context, pending id.UUID, code string) (user User, err error) {
	right := false
	err = s.work.Update(ctx, func(tx Tx) error {
		var p Pending
		if p, right, err = s.spendPending(tx, joinFlow, pending, 0, code); err != nil || !right {
			return err
		}
		if user, err = s.Add(tx, p.newcomer()); err != nil {
			return err
		}
		return s.outbox.Enqueue(tx, Message{Kind: Registered, To: user.Email})
	})
	if err == nil && !right {
		err = ErrCodeRefused
	}
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// StartPasswordChange checks the password of somebody who is signed in, keeps the
// hash of the new one and sends a code, which FinishPasswordChange takes with the id
// returned. Errors: ErrWeakPassword (field "new_password"), those of ProvePassword,
// ErrTooManyMessages.
func (s *Service) StartPasswordChange(ctx context.Context, user UserID, password, newPassword string, client Client) (id.UUID, error) {
	p := Pending{Flow: passwordFlow, User: user}
	var err error
	if p.Hash, err = s.HashPassword(ctx, "new_password", newPassword); err != nil {
		return id.UUID{}, err
	}
	err = s.ProvePassword(ctx, user, password, client, func(tx Tx, u User) error { return s.putPending(tx, &p, PasswordCode, u) })
	return p.ID, err
}

// FinishPasswordChange sets the new password and ends the user's other sessions,
// all but spare. ErrCodeRefused.
func (s *Service) FinishPasswordChange(ctx context.Context, user UserID, spare, pending id.UUID, code string) error {
	right := false
	err := s.work.Update(ctx, func(tx Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		var p Pending
		if p, right, err = s.spendPending(tx, passwordFlow, pending, user, code); err != nil || !right {
			return err
		}
		return s.ReplacePassword(tx, u, p.Hash, spare)
	})
	if right {
		s.ForgetSessions()
	}
	if err == nil && !right {
		err = ErrCodeRefused
	}
	return err
}

// putPending gives a row its id, code and end, keeps it, and sends the code to the
// phone or e-mail of to.
func (s *Service) putPending(tx Tx, p *Pending, kind MessageKind, to User) error {
	code := secret.Code(secret.Digits, digitCodeLength)
	p.ID, p.ExpiresAt = s.ids.New(tx.Now()), tx.Now().Add(pendingLifetime)
	p.Code = s.codes.Sum(boundCode(p.Flow, p.ID[:], code))
	message := Message{Kind: kind, To: to.Phone, SMS: true, Code: code, Lifetime: pendingLifetime}
	if p.Mailed = !s.codesBySMS || !claim.E164(to.Phone); p.Mailed {
		message.To, message.SMS, message.Name = to.Email, false, to.FirstName
	}
	if err := s.countMessage(tx, message.To); err != nil {
		return err
	}
	if err := tx.InsertPending(*p); err != nil {
		return err
	}
	return s.outbox.Enqueue(tx, message)
}

// spendPending finds what waits for a user (0 for one to be) and uses it up when
// code is its own and still works; a wrong one is counted, for which the unit must
// commit. Tries are counted for whom the code was sent to, not for the row, which
// anybody can have more of.
func (s *Service) spendPending(tx Tx, flow Flow, pending id.UUID, user UserID, code string) (p Pending, right bool, err error) {
	p, found, err := tx.Pending(pending)
	if err != nil || !found || p.Flow != flow || p.User != user {
		return Pending{}, false, err
	}
	person := s.waiting(p)
	if closed, err := flowClosed(tx, flow, person); err != nil || closed {
		return Pending{}, false, err
	}
	if !s.codes.Made(p.Code, boundCode(flow, pending[:], code)) || !tx.Now().Before(p.ExpiresAt) {
		return Pending{}, false, tx.AddWrongCode(flow, person)
	}
	return p, true, tx.DeletePending(pending)
}

// waiting is whom a code was sent to.
func (s *Service) waiting(p Pending) Person {
	switch {
	case p.User != 0:
		return s.person(p.User)
	case p.Mailed:
		return s.stranger(claim.Email, p.Email)
	}
	return s.stranger(claim.Phone, p.Phone)
}
