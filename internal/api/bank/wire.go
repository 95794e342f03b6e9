package bank

import (
	"purse/internal/card"
	"purse/internal/ledger"
	"purse/internal/money"
)

// amount is money as this surface writes it: a JSON number with all the
// currency's decimals.
type amount money.Amount

// MarshalJSON writes the exact decimal, never by way of a float.
func (a amount) MarshalJSON() ([]byte, error) { return money.Amount(a).Append(nil), nil }

func nothing(currency money.Currency) amount { return amount(money.New(0, currency)) }

// cardAnswer is a card as its owner sees it.
type cardAnswer struct {
	ID         ledger.AccountID `json:"card_id"`
	Number     string           `json:"number"`
	Name       string           `json:"cardholder_name"`
	Surname    string           `json:"cardholder_surname"`
	Expiration string           `json:"expiration_date"`
	CVV        string           `json:"cvv"`
	Balance    amount           `json:"balance"`
	Currency   string           `json:"currency"`
}

func showCard(c card.Card) cardAnswer {
	return cardAnswer{
		ID: c.ID, Number: c.Number, Name: c.FirstName, Surname: c.LastName,
		Expiration: c.Expiry.String(), CVV: c.CVV, Balance: amount(c.Balance), Currency: c.Balance.Currency().Code(),
	}
}
