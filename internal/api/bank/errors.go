package bank

import (
	"errors"
	"net/http"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/fastapi"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/saving"
	"purse/internal/surface"
	"purse/internal/wallet"
)

// answer is what an error becomes.
type answer struct {
	status int
	detail string
}

var (
	unauthorized = answer{http.StatusUnauthorized, "Could not validate credentials"}
	tooMany      = answer{http.StatusTooManyRequests, "Too many attempts, try again later"}
	noFunds      = answer{http.StatusForbidden, "Not enough funds"}
	blocked      = answer{http.StatusForbidden, "The account is blocked"}
	noCard       = "Card not found"
	noSender     = "The sender's card was not found"
	noSavings    = "Saving account not found"
)

// answers is the one table of errors: what each code becomes, on every endpoint
// that has no words of its own. Input that is wrong (fault.Invalid) is 422 in
// Pydantic's words, and what is not in the table is ours: 500 or 503.
var answers = map[fault.Code]answer{
	httpkit.ErrNotFound.Code:         {http.StatusNotFound, "Not Found"},
	httpkit.ErrMethodNotAllowed.Code: {http.StatusMethodNotAllowed, "Method Not Allowed"},
	httpkit.ErrNoCaller.Code:         unauthorized,
	httpkit.ErrCrossSite.Code:        {http.StatusForbidden, "A page of another site may not do this"},
	httpkit.ErrTooMany.Code:          tooMany,
	httpkit.ErrKeyInFlight.Code:      {http.StatusConflict, "A request with this Idempotency-Key is still being worked on"},

	identity.ErrNoSession.Code:           unauthorized,
	identity.ErrNoUser.Code:              unauthorized, // a session outlives nobody
	identity.ErrInvalidCredentials.Code:  unauthorized,
	identity.ErrTwoFactorRequired.Code:   {http.StatusUnauthorized, "Two-step sign-in is required"},
	identity.ErrResetRefused.Code:        unauthorized,
	identity.ErrResetToken.Code:          unauthorized,
	identity.ErrTooManyFailures.Code:     tooMany,
	identity.ErrTooManyMessages.Code:     tooMany,
	identity.ErrNoPermission.Code:        {http.StatusForbidden, "The user may not use money"},
	identity.ErrIdentifierTaken.Code:     {http.StatusConflict, "A user with these details already exists"},
	identity.ErrMailNotAccepted.Code:     {http.StatusBadRequest, "The verification mail could not be sent"},
	identity.ErrRegistrationRefused.Code: {http.StatusNotAcceptable, "Invalid verification code"},

	wallet.ErrNone.Code:    {http.StatusNotAcceptable, "The user has no wallet"},
	card.ErrUnknown.Code:   {http.StatusNotAcceptable, noCard},
	card.ErrTooMany.Code:   {http.StatusBadRequest, "The user has as many cards as one may have"},
	number.ErrUnknown.Code: {http.StatusNotAcceptable, "The receiver's account was not found"},
	saving.ErrNone.Code:    {http.StatusNotAcceptable, "The user has no saving account"},
	saving.ErrUnknown.Code: {http.StatusNotAcceptable, noSavings},
	saving.ErrTooMany.Code: {http.StatusBadRequest, "The user has as many saving accounts as one may have"},
	bill.ErrTooMany.Code:   {http.StatusBadRequest, "The user has as many unpaid bills as one may have"},
	bill.ErrNone.Code:      {http.StatusNotAcceptable, "The user has no bills"},
	bill.ErrUnknown.Code:   {http.StatusNotAcceptable, "Bill not found"},
	bill.ErrPaid.Code:      {http.StatusForbidden, "The bill is already paid"},

	ledger.ErrInsufficientFunds.Code: noFunds,
	ledger.ErrNotEmpty.Code:          {http.StatusForbidden, "The card still has funds"},
	ledger.ErrSenderBlocked.Code:     blocked,
	ledger.ErrSenderClosed.Code:      blocked,
	ledger.ErrReceiverClosed.Code:    blocked,
	ledger.ErrCurrency.Code:          {http.StatusForbidden, "The accounts are kept in different currencies"},
	fx.ErrArrivesAsZero.Code:         {http.StatusForbidden, "The amount is too small to arrive in the receiver's currency"},
	money.ErrOverflow.Code:           {http.StatusForbidden, "The amount is larger than an account can hold"},
}

// differently is where an endpoint's document differs from the table.
var differently = map[string]map[fault.Code]answer{
	"POST /auth/2fa/request":  {identity.ErrInvalidCredentials.Code: {http.StatusUnauthorized, "Incorrect email or password"}},
	"POST /auth/2fa/confirm":  {identity.ErrInvalidCredentials.Code: {http.StatusUnauthorized, "Incorrect email or verification code"}},
	"GET /card/{four_digits}": {card.ErrUnknown.Code: {http.StatusBadRequest, "No card ends with these digits"}},
	"POST /card/transfer":     {card.ErrUnknown.Code: {http.StatusNotAcceptable, noSender}},
	"POST /transfers/batch":   {card.ErrUnknown.Code: {http.StatusNotAcceptable, noSender}},
	"POST /savings/topUp":     {saving.ErrUnknown.Code: {http.StatusForbidden, noSavings}},
	"POST /savings/decrease": {
		card.ErrUnknown.Code: {http.StatusForbidden, noCard},
		saving.ErrNone.Code:  {http.StatusNotAcceptable, noSavings},
	},
	"DELETE /savings/delete": {
		saving.ErrUnknown.Code:  {http.StatusForbidden, noSavings},
		saving.ErrNone.Code:     {http.StatusForbidden, noSavings},
		ledger.ErrNotEmpty.Code: {http.StatusForbidden, "The saving account still has funds"},
	},
}

// unavailable is what people are told about what is missing, where that helps
// them; otherwise 503 says no more than that something is.
var unavailable = map[fault.Code]string{
	fx.ErrNoRate.Code: "There is no exchange rate for this currency at the moment",
	fx.ErrStale.Code:  "The exchange rates are too old to be used",
}

// writeError is the only place where an error becomes an answer.
func writeError(c *httpkit.Call, err error) {
	if writeRefusal(c, err) {
		return
	}
	f := fault.From(err)
	if known, ok := surface.Words(c, f.Code, answers, differently); ok {
		fastapi.Detail(c, known.status, known.detail)
		return
	}
	fastapi.Rest(c, f, unavailable)
}

// explain makes an error about the input one about its place in the input.
func explain(in *bind.Input, err error) error {
	if errors.Is(err, ledger.ErrKeyReused) {
		return ledger.ErrKeyReused.In(fault.Field{Name: "Idempotency-Key", Reason: "reused"})
	}
	return in.Explain(err)
}
