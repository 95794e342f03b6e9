package portfolio

import (
	"errors"
	"slices"

	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/statement"
	"purse/internal/wallet"
)

// ErrMoney is a person who has real money, or money on hold, and is therefore
// not merged into another.
var ErrMoney = fault.Define(fault.Conflict, "portfolio.money", "the user has money of their own")

// Merge gives everything that one user has to another, with its history, inside
// the unit of work in which the users become one and have been locked; what gifts
// keep besides is theirs to hand over (gift.Reassign). Only play money may be among
// it, which is what gift boxes hold. Of two gift boxes of one currency, the first
// user's is emptied into the other's and closed. It returns ErrMoney.
func Merge(tx Tx, from, into ledger.OwnerID) error {
	theirs, err := tx.AccountsOf(from)
	if err != nil {
		return err
	}
	mine, err := tx.AccountsOf(into)
	if err != nil {
		return err
	}
	if theirs, mine, err = lock(tx, theirs, mine); err != nil {
		return err
	}
	for _, a := range theirs {
		if !a.Held.IsZero() || a.Kind != ledger.Gift && !a.Balance.IsZero() {
			return ErrMoney
		}
	}
	if err := joinBoxes(tx, theirs, mine, into); err != nil {
		return err
	}
	if err := endTwins(tx, from, into); err != nil {
		return err
	}
	if err := ledger.Reassign(tx, from, into); err != nil {
		return err
	}
	return errors.Join(wallet.Reassign(tx, from, into), tx.ReassignCards(from, into), tx.ReassignSavings(from, into), tx.ReassignBills(from, into))
}

// lock reads the accounts of both again, locked in the order of their ids.
func lock(tx Tx, theirs, mine []ledger.Account) (lockedTheirs, lockedMine []ledger.Account, err error) {
	own := map[ledger.AccountID]bool{}
	var ids []ledger.AccountID
	for _, a := range mine {
		if a.Kind == ledger.Gift { // no others are touched
			own[a.ID] = true
			ids = append(ids, a.ID)
		}
	}
	for _, a := range theirs {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	all, err := tx.Accounts(ids)
	for _, a := range all {
		if own[a.ID] {
			lockedMine = append(lockedMine, a)
		} else {
			lockedTheirs = append(lockedTheirs, a)
		}
	}
	return lockedTheirs, lockedMine, err
}

// joinBoxes moves the play money of each gift box into the other user's box of
// the same currency, if there is one.
func joinBoxes(tx Tx, theirs, mine []ledger.Account, into ledger.OwnerID) error {
	for _, box := range theirs {
		if box.Kind != ledger.Gift || box.Status == ledger.Closed {
			continue
		}
		other := slices.IndexFunc(mine, func(a ledger.Account) bool { return a.Currency == box.Currency && a.Status != ledger.Closed })
		if other < 0 {
			continue
		}
		if box.Status != ledger.Open || mine[other].Status != ledger.Open {
			return ErrMoney // an operator has frozen one: neither is to be opened this way
		}
		if !box.Balance.IsZero() {
			postings := []ledger.Posting{{From: box.ID, To: mine[other].ID, Amount: box.Balance}}
			if _, err := ledger.Post(tx, ledger.Request{Kind: statement.KindMerge, Actor: into, Postings: postings}); err != nil {
				return err
			}
		}
		if err := ledger.Close(tx, box.ID); err != nil {
			return err
		}
	}
	return nil
}

// endTwins deletes those cards of one user, empty as they are, that end in the
// same four digits as a card of the other: an owner tells their cards by these.
func endTwins(tx Tx, from, into ledger.OwnerID) error {
	mine, err := tx.CardsOf(into)
	if err != nil {
		return err
	}
	theirs, err := tx.CardsOf(from)
	if err != nil {
		return err
	}
	for _, c := range theirs {
		if !slices.ContainsFunc(mine, func(other card.Row) bool { return other.LastFour == c.LastFour }) {
			continue
		}
		if err := ledger.Close(tx, c.ID); err != nil {
			return err
		}
		if err := tx.DeleteCard(c.ID, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}
