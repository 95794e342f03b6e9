package wallet

import (
	"errors"
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
	"purse/internal/ledger"
	"purse/internal/statement"
	"purse/internal/surface"
	"purse/internal/wallet"
)

// maxNumber is the longest text that is looked up as an account's number, spaces
// and dashes included.
const maxNumber = 64

type transferAnswer struct {
	Number           string `json:"wallet_number"`
	Amount           amount `json:"amount"`
	Currency         string `json:"amount_currency"`
	Received         amount `json:"received_amount"`
	ReceivedCurrency string `json:"received_currency"`
	Rate             string `json:"rate"`
	TransactionID    string `json:"transaction_id"`
	Balance          amount `json:"balance"`
}

func (s Services) transfer(c *httpkit.Call) error {
	id, err := walletID(c)
	if err != nil {
		return err
	}
	in := drf.Parse(c.Body(), c.ContentType())
	request := wallet.TransferRequest{
		Owner: surface.Owner(c), Wallet: id, To: in.Char("wallet_number", bind.Max(maxNumber)), Amount: in.Decimal("amount"), Key: surface.Key(c),
	}
	if err := in.Err(); err != nil {
		return err
	}
	done, err := s.Wallets.Transfer(c.Context(), request)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, transferAnswer{
		Number: done.Number, Amount: amount(done.Sent), Currency: done.Sent.Currency().Code(),
		Received: amount(done.Received), ReceivedCurrency: done.Received.Currency().Code(),
		Rate: done.Rate, TransactionID: done.ID.String(), Balance: amount(done.Balance),
	})
}

type transactionAnswer struct {
	ID        string           `json:"id"`
	Amount    amount           `json:"amount"`
	Currency  string           `json:"amount_currency"`
	Operation wallet.Operation `json:"operation_type"`
	Sender    *party           `json:"sender"`
	Receiver  *party           `json:"receiver"`
	CreatedAt moment           `json:"created_at"`
}

type party struct {
	Number string `json:"wallet_number"`
}

func (s Services) transactions(c *httpkit.Call) error {
	id, err := walletID(c)
	if err != nil {
		return err
	}
	in := bind.Parse(nil, "")
	query := in.Query(c.Request().URL.Query())
	limit, _ := query.OptionalInt("limit", bind.Positive)
	text, paged := query.OptionalString("before")
	before, ok := drf.ParseUUID(text)
	if paged && !ok {
		query.Refuse("before", drf.ErrUUID)
	}
	if err := in.Err(); err != nil {
		return err
	}
	lines, err := s.Wallets.History(c.Context(), surface.Owner(c), id, before, int(min(limit, statement.MaxLimit)))
	if errors.Is(err, ledger.ErrNoCursor) {
		query.Refuse("before", ledger.ErrNoCursor)
		return in.Err()
	}
	if err != nil {
		return err
	}
	answers := make([]transactionAnswer, len(lines))
	for i, l := range lines {
		answers[i] = transactionAnswer{
			ID: l.ID.String(), Amount: amount(l.Amount), Currency: l.Amount.Currency().Code(), Operation: l.Operation,
			Sender: showParty(l.SenderNumber), Receiver: showParty(l.ReceiverNumber), CreatedAt: moment(l.At),
		}
	}
	return c.JSON(http.StatusOK, answers)
}

func showParty(number string) *party {
	if number == "" {
		return nil
	}
	return &party{number}
}
