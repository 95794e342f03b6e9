package console

import (
	"context"
	"net/http"

	"purse/internal/card"
	"purse/internal/httpkit"
	"purse/internal/ledger"
	"purse/internal/statement"
	"purse/internal/surface"
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
	owner := surface.Owner(c)
	found, err := k.ownCard(c.Context(), owner, c.PathValue("id"))
	if err != nil {
		return err
	}
	before, err := statement.ParseCursor(c.Request().URL.Query().Get("before"))
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
	return k.show(c, http.StatusOK, "card", page{Title: "Card •••• " + found.LastFour, Section: "card", Body: v})
}

// ownCard finds one of the owner's cards. Text that is no id, an id that does
// not exist and another person's card are the same.
func (k *console) ownCard(ctx context.Context, owner ledger.OwnerID, text string) (card.Card, error) {
	wanted, ok := surface.ParseID(text)
	if !ok {
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
