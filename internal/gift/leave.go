package gift

import (
	"errors"

	"purse/internal/fault"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/statement"
)

// Forget removes what a person has of gifts, in the unit of work that erases
// them: the messages to them, and their name from those that they wrote, whose
// words stay their receivers'. The play money in their box goes back to the
// pledges, so that the box can be closed. It returns ledger.ErrSenderClosed
// when the box is frozen.
func Forget(tx Tx, person ledger.OwnerID) error {
	box, err := tx.GiftBox(person)
	if err != nil {
		return err
	}
	if err := empty(tx, person, box); err != nil {
		return err
	}
	return tx.ForgetGifts(person)
}

// empty gives the play money of a box back. It locks all that the person has at
// once, in the order of ids, for more of it is closed in the same unit.
func empty(tx Tx, person ledger.OwnerID, box Box) error {
	if box.Account == 0 {
		return nil
	}
	pledges, err := ledger.System(tx, ledger.Pledges, money.Play)
	if err != nil {
		return err
	}
	accounts, err := ledger.Lock(tx, person, pledges)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.ID != box.Account || a.Balance.IsZero() {
			continue
		}
		_, err := ledger.Post(tx, ledger.Request{
			Kind: statement.KindGiftReturn, Actor: person, Postings: []ledger.Posting{{From: a.ID, To: pledges, Amount: a.Balance}},
		})
		return err
	}
	return nil
}

// Reassign gives what one person has of gifts to another, in the unit of work
// that makes them one: messages received and sent, and what was counted with them.
// The money itself is in accounts, which are handed over with all others (package
// portfolio): of two boxes the second person's stays and takes what is in the
// first one's; a box alone goes over as it is.
func Reassign(tx Tx, from, to ledger.OwnerID) error {
	if from == to {
		return fault.ErrInternal.Because(errors.New("gift: a person cannot be merged with themselves"))
	}
	for _, one := range []ledger.OwnerID{min(from, to), max(from, to)} { // locked in the order of ids
		if _, err := tx.User(identity.UserID(one)); err != nil {
			return err
		}
	}
	mine, err := tx.GiftBox(from)
	if err != nil {
		return err
	}
	if mine.Messages == 0 {
		return tx.MoveGifts(from, to)
	}
	box, err := tx.GiftBox(to)
	if err != nil {
		return err
	}
	if box.Account == 0 {
		box.Account = mine.Account
	}
	if box.Received, err = box.Received.Add(mine.Received); err != nil {
		return err
	}
	box.Messages += mine.Messages
	if err := tx.PutGiftBox(to, box); err != nil {
		return err
	}
	return tx.MoveGifts(from, to)
}
