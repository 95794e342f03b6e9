package bank

import (
	"net/http"
	"time"

	"purse/internal/bill"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/surface"
)

type billAnswer struct {
	ID      bill.ID   `json:"id"`
	Name    string    `json:"name"`
	Amount  amount    `json:"amount"`
	DueDate time.Time `json:"due_date"`
	Paid    bool      `json:"paid"`
}

func showBill(b bill.Bill) billAnswer {
	return billAnswer{b.ID, b.Name, amount(b.Amount), b.DueAt, b.Paid()}
}

func (s Services) createBill(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	name := in.String("name", bind.Max(maxName))
	owed := in.Decimal("amount", bind.Positive)
	due := in.DateTime("due_date")
	if err := in.Err(); err != nil {
		return err
	}
	made, err := s.Bills.Create(c.Context(), surface.Owner(c), name, owed, due)
	if err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, showBill(made))
}

func (s Services) listBills(c *httpkit.Call) error {
	bills, err := s.Bills.List(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	answer := make([]billAnswer, len(bills))
	for i, b := range bills {
		answer[i] = showBill(b)
	}
	return c.JSON(http.StatusOK, answer)
}

type billPaid struct {
	Status    string  `json:"status"`
	ID        bill.ID `json:"bill_id"`
	Remaining amount  `json:"remaining_card_balance"`
}

func (s Services) payBill(c *httpkit.Call) error {
	in := bind.Parse(c.Body(), c.ContentType())
	request := bill.PayRequest{
		Owner: surface.Owner(c),
		Bill:  bill.ID(in.Int("bill_id")),
		Card:  in.String("card_number", bind.Max(maxNumber), bind.AllowEmpty),
		Key:   surface.Key(c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	paid, err := s.Bills.Pay(c.Context(), request)
	if err != nil {
		return explain(in, err)
	}
	return c.JSON(http.StatusOK, billPaid{"paid", request.Bill, amount(paid.Remaining)})
}
