package bank

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"purse/internal/card"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/ledger"
	"purse/internal/number"
	"purse/internal/statement"
	"purse/internal/surface"
)

func (s Services) createCard(c *httpkit.Call) error {
	made, err := s.Cards.Create(c.Context(), surface.Owner(c), surface.Key(c))
	if err != nil {
		return explain(nil, err)
	}
	return c.JSON(http.StatusOK, showCard(made))
}

func (s Services) listCards(c *httpkit.Call) error {
	cards, err := s.Cards.List(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	answer := make([]cardAnswer, len(cards))
	for i, one := range cards {
		answer[i] = showCard(one)
	}
	return c.JSON(http.StatusOK, answer)
}

var fourDigits = regexp.MustCompile(`^[0-9]{4}$`)

func (s Services) findCard(c *httpkit.Call) error {
	in := bind.Parse(nil, "")
	digits := in.Path(c.PathValue).String("four_digits", bind.Match(fourDigits))
	if err := in.Err(); err != nil {
		return err
	}
	found, err := s.Cards.ByLastFour(c.Context(), surface.Owner(c), digits)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, showCard(found))
}

type cardDeleted struct {
	Status string `json:"status"`
	Number string `json:"card_number"`
}

func (s Services) deleteCard(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	text := in.String("card_number", bind.Max(maxNumber), bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.Cards.Delete(c.Context(), surface.Owner(c), text); err != nil {
		return err
	}
	digits, _ := number.Parse(text)
	return c.JSON(http.StatusOK, cardDeleted{"deleted", digits})
}

func (s Services) transfer(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	request := card.TransferRequest{
		Owner:  surface.Owner(c),
		From:   in.String("from_card_number", bind.Max(maxNumber), bind.AllowEmpty),
		To:     in.String("to_card_number", bind.Max(maxNumber), bind.AllowEmpty),
		Amount: in.Decimal("amount", bind.Positive),
		Key:    surface.Key(c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	done, err := s.Cards.Transfer(c.Context(), request)
	if err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, transferred(done))
}

// transferred writes its own JSON: it is the answer that is asked for most.
type transferred card.Transferred

// AppendJSON appends the answer's JSON to b.
func (t transferred) AppendJSON(b []byte) []byte {
	b = append(b, `{"message":"Transferred `...)
	b = t.Amount.Append(b)
	b = append(b, `","amount":`...)
	b = t.Amount.Append(b)
	b = append(b, `,"transfer_id":"`...)
	b = append(b, t.ID.String()...)
	b = append(b, `","remaining_card_balance":`...)
	b = t.Remaining.Append(b)
	return append(b, '}')
}

type historyAnswer struct {
	History []historyLine `json:"history"`
}

type historyLine struct {
	ID         string              `json:"id"` // of the transfer, as its own answer has it
	Direction  statement.Direction `json:"direction"`
	From       string              `json:"from"`
	FromNumber *string             `json:"from_card_number"`
	To         string              `json:"to"`
	ToNumber   *string             `json:"to_card_number"`
	Type       statement.Type      `json:"transfer_type"`
	Amount     amount              `json:"amount"`
	Time       time.Time           `json:"time"`
}

func (s Services) history(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	query := in.Query(c.Request().URL.Query())
	limit, _ := query.OptionalInt("limit", bind.Positive)
	before, _ := query.OptionalString("before")
	cursor, err := statement.ParseCursor(before)
	if err != nil {
		query.Refuse("before", ledger.ErrNoCursor)
	}
	text := in.String("card_number", bind.Max(maxNumber), bind.AllowEmpty)
	if err := in.Err(); err != nil {
		return err
	}
	lines, err := s.Cards.History(c.Context(), surface.Owner(c), text, cursor, int(min(limit, statement.MaxLimit)))
	if errors.Is(err, ledger.ErrNoCursor) {
		query.Refuse("before", ledger.ErrNoCursor)
		return in.Err()
	}
	if err != nil {
		return err
	}
	answer := historyAnswer{make([]historyLine, len(lines))}
	for i, l := range lines {
		answer.History[i] = historyLine{
			ID: l.ID.String(), Direction: l.Direction, From: l.From.Name, FromNumber: surface.OrNull(l.From.Number),
			To: l.To.Name, ToNumber: surface.OrNull(l.To.Number), Type: l.Type, Amount: amount(l.Amount), Time: l.At,
		}
	}
	return c.JSON(http.StatusOK, answer)
}
