package gift

import (
	"context"

	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
)

// Account is what a person's gift page shows of them.
type Account struct {
	User  identity.User
	Total money.Amount // received: see Service.total
}

// Account reads it, or returns identity.ErrNoUser, also for a user who may not act.
func (s *Service) Account(ctx context.Context, person ledger.OwnerID) (a Account, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		a, _, err = s.account(tx, person)
		return err
	})
	return a, err
}

func (s *Service) account(tx Tx, person ledger.OwnerID) (a Account, box Box, err error) {
	if a.User, err = identity.ActiveUser(tx, identity.UserID(person)); err != nil {
		return a, box, err
	}
	if box, err = tx.GiftBox(person); err != nil {
		return a, box, err
	}
	a.Total, err = s.total(tx, box)
	return a, box, err
}

// total is what a person has been given. Play money is not spent, so that it is
// the balance of the box. Won is, so that it is the sum that was kept with the
// messages. Messages that came while the operator had the other funding are of
// the other unit, and do not count.
func (s *Service) total(tx Tx, box Box) (money.Amount, error) {
	switch {
	case s.funding == Wallet:
		return box.Received, nil
	case box.Account == 0:
		return money.New(0, money.Play), nil
	}
	account, err := ledger.One(tx, box.Account)
	return account.Balance, err
}

// Page is a part of a person's messages, the newest first.
type Page struct {
	Account
	Messages []Message
	Count    int64 // of all messages
}

// Last is the number of the last page that has messages, at least 1.
func (p Page) Last() int64 { return max(1, (p.Count+PageSize-1)/PageSize) }

// Messages reads a page of the messages to a person; pages count from 1. One
// past the end is empty.
func (s *Service) Messages(ctx context.Context, person ledger.OwnerID, page int64) (p Page, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		var box Box
		if p.Account, box, err = s.account(tx, person); err != nil {
			return err
		}
		if p.Count, p.Messages = box.Messages, nil; page > p.Last() {
			return nil
		}
		p.Messages, err = tx.GiftMessages(person, (page-1)*PageSize, PageSize)
		return err
	})
	return p, err
}

// Message reads a message to a person, or returns ErrNoMessage.
func (s *Service) Message(ctx context.Context, person ledger.OwnerID, id MessageID) (m Message, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		var found bool
		m, found, err = tx.GiftMessage(person, id)
		if err == nil && !found {
			err = ErrNoMessage
		}
		return err
	})
	return m, err
}
