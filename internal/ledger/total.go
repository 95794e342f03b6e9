package ledger

import (
	"maps"
	"slices"
	"strings"

	"purse/internal/fault"
	"purse/internal/money"
)

// Total is what the accounts of one currency have together.
type Total struct {
	Currency money.Currency
	Owed     money.Amount // to customers: what all their accounts have
	CashIn   money.Amount // the balance of the account that money comes in from: below zero by what has come
	CashOut  money.Amount // of the account that it goes out to
}

// totalPage is how many accounts are read at once.
const totalPage = 10_000

// Totals adds up the accounts of each currency, in the order of their codes. It
// returns money.ErrOverflow when they have more together than one account can.
func Totals(tx AuditTx) ([]Total, error) {
	totals := map[money.Currency]*Total{}
	for last := AccountID(0); ; {
		accounts, err := tx.AuditAccounts(last, totalPage)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			last = a.ID
			if err := add(totals, a); err != nil {
				return nil, err
			}
		}
		if len(accounts) < totalPage {
			break
		}
	}
	list := make([]Total, 0, len(totals))
	for _, total := range slices.SortedFunc(maps.Values(totals), func(a, b *Total) int { return strings.Compare(a.Currency.Code(), b.Currency.Code()) }) {
		list = append(list, *total)
	}
	return list, nil
}

func add(totals map[money.Currency]*Total, a AuditAccount) (err error) {
	currency, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return fault.ErrInternal.Because(err)
	}
	total, known := totals[currency]
	if !known {
		zero := money.New(0, currency)
		total = &Total{currency, zero, zero, zero}
		totals[currency] = total
	}
	balance := money.New(a.Balance, currency)
	switch {
	case a.Owner != 0:
		total.Owed, err = total.Owed.Add(balance)
	case a.Kind == CashIn:
		total.CashIn = balance
	case a.Kind == CashOut:
		total.CashOut = balance
	}
	return err
}
