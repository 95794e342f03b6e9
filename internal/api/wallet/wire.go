package wallet

import (
	"time"

	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/wallet"
)

// amount is money as this surface writes it: a string with all the currency's
// decimals.
type amount money.Amount

// MarshalJSON writes the exact decimal, never by way of a float.
func (a amount) MarshalJSON() ([]byte, error) {
	return append(money.Amount(a).Append([]byte{'"'}), '"'), nil
}

// moment is a time as Django writes it: microseconds, or none at all.
type moment time.Time

// MarshalJSON writes UTC.
func (m moment) MarshalJSON() ([]byte, error) {
	t := time.Time(m).UTC().Truncate(time.Microsecond)
	layout := `"2006-01-02T15:04:05.000000Z"`
	if t.Nanosecond() == 0 {
		layout = `"2006-01-02T15:04:05Z"`
	}
	return t.AppendFormat(nil, layout), nil
}

// walletAnswer is a wallet as its owner sees it.
type walletAnswer struct {
	ID        ledger.AccountID `json:"id"`
	Number    string           `json:"wallet_number"`
	Name      string           `json:"name"`
	Amount    amount           `json:"amount"`
	Currency  string           `json:"amount_currency"`
	Active    bool             `json:"is_active"`
	CreatedAt moment           `json:"created_at"`
	UpdatedAt moment           `json:"updated_at"`
	User      string           `json:"user"`
}

func showWallet(v wallet.View, owner identity.User) walletAnswer {
	return walletAnswer{
		ID: v.ID, Number: v.Number, Name: v.Name, Amount: amount(v.Balance), Currency: v.Currency.Code(), Active: v.Active,
		CreatedAt: moment(v.CreatedAt), UpdatedAt: moment(v.UpdatedAt), User: owner.UUID.String(),
	}
}

func showWallets(views []wallet.View, owner identity.User) []walletAnswer {
	answers := make([]walletAnswer, len(views))
	for i, v := range views {
		answers[i] = showWallet(v, owner)
	}
	return answers
}
