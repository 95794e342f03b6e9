package app

import (
	"context"
	"errors"
	"time"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/notify"
)

// mail gives identity's messages their words and hands them to the outbox.
type mail struct {
	outbox *notify.Outbox
	clock  clock.Clock
}

// Deliver sends a message before it returns.
func (m mail) Deliver(ctx context.Context, message identity.Message) error {
	worded, err := words(message, m.clock.Now())
	if err != nil {
		return err
	}
	return m.outbox.Deliver(ctx, worded)
}

// Enqueue keeps a message in the unit of work that causes it.
func (m mail) Enqueue(tx identity.Tx, message identity.Message) error {
	worded, err := words(message, tx.Now())
	if err != nil {
		return err
	}
	err = m.outbox.Enqueue(tx.(notify.Tx), worded)
	if errors.Is(err, notify.ErrNotAccepted) {
		err = identity.ErrMailNotAccepted.Because(err)
	}
	return err
}

var errUnknownMessage = errors.New("app: a message of an unknown kind")

func words(m identity.Message, now time.Time) (notify.Message, error) {
	to := notify.Recipient{Address: m.To, Name: m.Name}
	switch m.Kind {
	case identity.RegistrationCode:
		if m.SMS {
			return notify.RegistrationSMS(m.To, m.Code, m.Lifetime), nil
		}
		return notify.RegistrationCode(to, m.Code, m.Lifetime), nil
	case identity.SignInCode:
		return notify.SignInCode(to, m.Code, m.Lifetime), nil
	case identity.ResetLink:
		return notify.ResetLink(to, m.Link, m.Lifetime), nil
	case identity.PasswordCode:
		if m.SMS {
			return notify.PasswordSMS(m.To, m.Code, m.Lifetime), nil
		}
		return notify.PasswordCode(to, m.Code, m.Lifetime), nil
	case identity.Registered:
		return notify.Registered(to), nil
	case identity.PasswordChanged:
		return notify.PasswordChanged(to, now), nil
	case identity.VerifyEmailLink:
		return notify.VerifyEmailLink(to, m.Link, m.Lifetime), nil
	}
	return notify.Message{}, fault.ErrInternal.Because(errUnknownMessage)
}
