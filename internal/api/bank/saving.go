package bank

import (
	"context"
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/ledger"
	"purse/internal/saving"
	"purse/internal/surface"
)

type savingsMade struct {
	ID      ledger.AccountID `json:"id"`
	Name    string           `json:"name"`
	Goal    amount           `json:"goal"`
	Balance amount           `json:"balance"`
}

func (s Services) createSavings(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	name := in.String("name", bind.Max(maxName))
	goal := in.Decimal("goal", bind.Positive)
	if err := in.Err(); err != nil {
		return err
	}
	made, err := s.Savings.Create(c.Context(), surface.Owner(c), name, goal, surface.Key(c))
	if err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, savingsMade{made.ID, made.Name, amount(made.Goal), amount(made.Balance)})
}

type savingsAnswer struct {
	ID      ledger.AccountID `json:"id"`
	Name    string           `json:"name"`
	Balance amount           `json:"balance"`
	Goal    amount           `json:"goal"`
	Remain  amount           `json:"remain"`
}

func (s Services) listSavings(c *httpkit.Call) error {
	goals, err := s.Savings.List(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	answer := make([]savingsAnswer, len(goals))
	for i, g := range goals {
		answer[i] = savingsAnswer{g.ID, g.Name, amount(g.Balance), amount(g.Goal), amount(g.Remain())}
	}
	return c.JSON(http.StatusOK, answer)
}

type savingsMoved struct {
	Message string `json:"message"`
	Balance amount `json:"balance"`
}

func (s Services) topUp(c *httpkit.Call) error {
	return moveSavings(c, "Savings topped up by ", s.Savings.TopUp)
}

func (s Services) decrease(c *httpkit.Call) error {
	return moveSavings(c, "Savings decreased by ", s.Savings.Decrease)
}

func moveSavings(c *httpkit.Call, what string, move func(context.Context, saving.MoveRequest) (saving.Moved, error)) error {
	in := bind.Parse(c.Body(), c.ContentType())
	request := saving.MoveRequest{
		Owner:  surface.Owner(c),
		Amount: in.Decimal("amount", bind.Positive),
		Saving: ledger.AccountID(in.Int("saving_account_id")),
		Card:   ledger.AccountID(in.Int("card_id")),
		Key:    surface.Key(c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	done, err := move(c.Context(), request)
	if err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, savingsMoved{what + done.Amount.String(), amount(done.Balance)})
}

type savingsDeleted struct {
	Status string           `json:"status"`
	ID     ledger.AccountID `json:"saving_account_id"`
}

func (s Services) deleteSavings(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	id := ledger.AccountID(in.Int("saving_account_id"))
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.Savings.Delete(c.Context(), surface.Owner(c), id); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, savingsDeleted{"deleted", id})
}
