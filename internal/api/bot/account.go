package bot

import (
	"net/http"

	"purse/internal/httpkit"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/surface"
)

// amount is money as this surface writes it: a JSON number with all the
// currency's decimals.
type amount money.Amount

// MarshalJSON writes the exact decimal, never by way of a float.
func (a amount) MarshalJSON() ([]byte, error) { return money.Amount(a).Append(nil), nil }

type account struct {
	ID        ledger.AccountID   `json:"id"`
	Kind      ledger.AccountKind `json:"kind"`
	Number    *string            `json:"number"` // null where there is none
	Name      string             `json:"name"`
	Currency  string             `json:"currency"`
	Balance   amount             `json:"balance"`
	Active    bool               `json:"is_active"`
	CreatedAt string             `json:"created_at"`
}

func (s Services) listAccounts(c *httpkit.Call) error {
	list, err := s.Accounts.Accounts(c.Context(), surface.Owner(c))
	if err != nil {
		return err
	}
	answer := make([]account, len(list))
	for i, a := range list {
		answer[i] = account{
			ID: a.ID, Kind: a.Kind, Number: surface.OrNull(a.Number), Name: a.Name, Currency: a.Balance.Currency().Code(), Balance: amount(a.Balance),
			Active: a.Active, CreatedAt: a.CreatedAt.UTC().Format(moment),
		}
	}
	return c.JSON(http.StatusOK, answer)
}
