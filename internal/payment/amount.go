package payment

import (
	"errors"
	"strconv"

	"purse/internal/fault"
	"purse/internal/ledger"
	"purse/internal/money"
)

// AmountIn reads a decimal that the caller sent in field as money of currency:
// above zero, exact, and not larger than an account can hold. Its errors name
// the field with the reason "too_precise" (parameter "places"), "decimal_range"
// or "not_positive".
func AmountIn(d money.Decimal, currency money.Currency, field string) (money.Amount, error) {
	if d.Sign() <= 0 {
		return money.Amount{}, ledger.ErrAmount.In(fault.Field{Name: field, Reason: "not_positive"})
	}
	amount, err := d.In(currency)
	switch {
	case errors.Is(err, money.ErrTooPrecise):
		places := strconv.Itoa(currency.Exponent())
		err = money.ErrTooPrecise.In(fault.Field{Name: field, Reason: "too_precise", Params: map[string]string{"places": places}})
	case errors.Is(err, money.ErrDecimalRange):
		err = money.ErrDecimalRange.In(fault.Field{Name: field, Reason: "decimal_range"})
	}
	return amount, err
}
