package console

import (
	"context"
	"net/http"
	"strconv"

	"purse/internal/card"
	"purse/internal/httpkit"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/statement"
)

// historyLines is how many lines a page of a card's history has.
const historyLines = 25

// cardView is a card and a page of its history.
type cardView struct {
	Card  card.Card
	Lines []lineView
	Later bool   // the page is not the newest one
	Older string // the cursor of the next page, empty on the last
}

type lineView struct {
	statement.Line
	Other statement.Party
	Out   bool
}

func (k *console) card(c *httpkit.Call) error {
	caller := c.Caller()
	owner := ledger.OwnerID(caller.UserID)
	found, err := k.ownCard(c.Context(), owner, c.PathValue("id"))
	if err != nil {
		return err
	}
	before, err := cursor(c)
	if err != nil {
		return err
	}
	// One line more than is shown tells whether there is another page.
	lines, err := k.Cards.History(c.Context(), owner, found.Number, before, historyLines+1)
	if err != nil {
		return err
	}
	v := cardView{Card: found, Later: !before.IsZero()}
	if len(lines) > historyLines {
		lines = lines[:historyLines]
		v.Older = lines[historyLines-1].ID.String()
	}
	for _, l := range lines {
		line := lineView{Line: l, Other: l.From, Out: l.Direction == statement.Out}
		if line.Out {
			line.Other = l.To
		}
		v.Lines = append(v.Lines, line)
	}
	user, err := k.People.User(c.Context(), identity.UserID(caller.UserID))
	if err != nil {
		return err
	}
	return k.show(c, http.StatusOK, "card", page{Title: "Card •••• " + found.LastFour, Section: "card", Name: user.FirstName, Body: v})
}

// ownCard finds one of the owner's cards. Text that is no id, an id that does
// not exist and another person's card are the same.
func (k *console) ownCard(ctx context.Context, owner ledger.OwnerID, text string) (card.Card, error) {
	wanted, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return card.Card{}, card.ErrUnknown
	}
	cards, err := k.Cards.List(ctx, owner)
	if err != nil {
		return card.Card{}, err
	}
	for _, own := range cards {
		if own.ID == ledger.AccountID(wanted) {
			return own, nil
		}
	}
	return card.Card{}, card.ErrUnknown
}

// cursor reads where a page of history begins; none is the newest line.
func cursor(c *httpkit.Call) (ledger.TransferID, error) {
	text := c.Request().URL.Query().Get("before")
	if text == "" {
		return ledger.TransferID{}, nil
	}
	before, err := id.Parse(text)
	if err != nil || before.IsZero() {
		return ledger.TransferID{}, ledger.ErrNoCursor
	}
	return before, nil
}
