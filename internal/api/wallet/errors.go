package wallet

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"purse/internal/fault"
	"purse/internal/fx"
	"purse/internal/httpkit"
	"purse/internal/httpkit/drf"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/notify"
	"purse/internal/number"
	"purse/internal/surface"
	"purse/internal/token"
	"purse/internal/wallet"
)

// answer is what an error becomes: its status and body.
type answer struct {
	status int
	body   any
}

// refusal is how this surface words a rule that says no.
type refusal struct {
	Error string `json:"error"`
}

func detail(status int, text string) answer { return answer{status, drf.Detail{Detail: text}} }
func refused(text string) answer            { return answer{http.StatusBadRequest, refusal{text}} }

var (
	notFound = detail(http.StatusNotFound, "Not found.")
	blocked  = refused("Your wallet is blocked")
)

// answers is the one table of errors: what each code becomes, on every endpoint
// that has no words of its own. Input that is wrong (fault.Invalid) is worded by drf,
// too many requests (fault.TooMany) as throttled, and what is in no table is ours:
// 500 or 503.
var answers = map[fault.Code]answer{
	httpkit.ErrNotFound.Code:    notFound,
	httpkit.ErrNoCaller.Code:    detail(http.StatusUnauthorized, "Authentication credentials were not provided."),
	httpkit.ErrKeyInFlight.Code: detail(http.StatusConflict, "A request with this idempotency key is still being worked on."),

	identity.ErrInvalidCredentials.Code: detail(http.StatusUnauthorized, "Incorrect authentication credentials."),
	identity.ErrTwoFactorRequired.Code:  detail(http.StatusUnauthorized, "Two-step sign-in is required for this account."),
	identity.ErrNoPermission.Code:       detail(http.StatusForbidden, "You do not have permission to perform this action."),
	identity.ErrCodeRefused.Code:        refused("The code is wrong or expired"),
	notify.ErrNotAccepted.Code:          refused("The code could not be sent"),

	wallet.ErrUnknown.Code:       notFound,
	wallet.ErrCurrencyTaken.Code: refused("User already have the wallet with this currency"),
	number.ErrUnknown.Code:       notFound,

	ledger.ErrInsufficientFunds.Code: refused("Not enough balance"),
	ledger.ErrSameAccount.Code:       refused("Sender and receiver wallets are the same"),
	ledger.ErrSenderBlocked.Code:     blocked,
	ledger.ErrSenderClosed.Code:      blocked,
	ledger.ErrReceiverClosed.Code:    refused("The receiver's account is blocked"),
	ledger.ErrCurrency.Code:          refused("The accounts are kept in different currencies"),
	ledger.ErrKeyReused.Code:         detail(http.StatusUnprocessableEntity, "The idempotency key was used before with another request."),
	fx.ErrArrivesAsZero.Code:         refused("The amount is too small to arrive in the receiver's currency"),
	money.ErrOverflow.Code:           refused("The amount is larger than a wallet can hold"),
}

// differently is where an endpoint has words of its own.
var differently = map[string]map[fault.Code]answer{
	"POST /users/token/create/": {identity.ErrInvalidCredentials.Code: detail(http.StatusUnauthorized, "No active account found with the given credentials")},
}

// unavailable is what people are told about what is missing, where that helps
// them; otherwise 503 says no more than that something is.
var unavailable = map[fault.Code]string{
	fx.ErrNoRate.Code: "There is no exchange rate for this currency at the moment.",
	fx.ErrStale.Code:  "The exchange rates are too old to be used.",
}

// invalid are SimpleJWT's words for tokens that are not valid.
var invalid = map[fault.Code]string{
	token.ErrInvalid.Code:         "Token is invalid or expired",
	token.ErrExpired.Code:         "Token is invalid or expired",
	errTokenType.Code:             "Token has wrong type",
	identity.ErrNoSession.Code:    "Token is blacklisted",
	identity.ErrRefreshSpent.Code: "Token is blacklisted",
	identity.ErrNoUser.Code:       "Token is blacklisted", // a session outlives nobody
}

// coded is SimpleJWT's answer to credentials that are not valid.
type coded struct {
	Detail   string         `json:"detail"`
	Code     string         `json:"code"`
	Messages []tokenMessage `json:"messages,omitempty"`
}

type tokenMessage struct {
	Class   string `json:"token_class"`
	Type    string `json:"token_type"`
	Message string `json:"message"`
}

// notValid answers to a token: of the header, which any type might have been good
// for, or of the body, which must be a refresh token.
func notValid(c *httpkit.Call, text string) answer {
	if c.Route() == "POST /users/token/refresh/" {
		return answer{http.StatusUnauthorized, coded{Detail: text, Code: "token_not_valid"}}
	}
	return answer{http.StatusUnauthorized, coded{
		"Given token not valid for any token type", "token_not_valid", []tokenMessage{{"AccessToken", access, text}},
	}}
}

// taken are the framework's words for a unique field that is not.
var taken = map[string]string{
	"email":        "user with this email already exists.",
	"phone_number": "user with this phone number already exists.",
}

// weak are Django's words for a password that its policy refuses; {} stands for
// the limit.
var weak = map[string]string{
	"too_short": "This password is too short. It must contain at least {} characters.",
	"too_long":  "This password is too long. It must contain at most {} characters.",
	"common":    "This password is too common.",
}

// fields words an error that names fields by their reasons.
func fields(f *fault.Error, words func(fault.Field) string) answer {
	var errors drf.Errors
	for _, field := range f.Fields {
		errors.Add(field.Name, words(field))
	}
	return answer{http.StatusBadRequest, errors}
}

type serverError struct {
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

// writeError is the only place where an error becomes an answer.
func writeError(c *httpkit.Call, err error) {
	a := answerTo(c, err)
	if a.status == http.StatusUnauthorized {
		c.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
	}
	_ = c.JSON(a.status, a.body) // texts only: cannot fail
}

func answerTo(c *httpkit.Call, err error) answer {
	f := fault.From(err)
	if known, ok := surface.Words(c, f.Code, answers, differently); ok {
		return known
	}
	if text, ok := invalid[f.Code]; ok {
		return notValid(c, text)
	}
	switch {
	case f.Code == errHeader.Code:
		return answer{http.StatusUnauthorized, coded{Detail: "Authorization header must contain two space-delimited values", Code: "bad_authorization_header"}}
	case f.Code == httpkit.ErrMethodNotAllowed.Code:
		return detail(http.StatusMethodNotAllowed, `Method "`+c.Request().Method+`" not allowed.`)
	case f.Code == identity.ErrIdentifierTaken.Code:
		return fields(f, func(field fault.Field) string { return taken[field.Name] })
	case f.Code == identity.ErrWeakPassword.Code:
		return fields(f, func(field fault.Field) string {
			return strings.Replace(weak[field.Reason], "{}", field.Params["min"]+field.Params["max"], 1)
		})
	case f.Kind == fault.Invalid:
		status, body := drf.Answer(err, c.ContentType(), c.Body())
		return answer{status, body}
	case f.Kind == fault.TooMany:
		return detail(http.StatusTooManyRequests, throttled(f.RetryAfter))
	case f.Kind == fault.Unavailable:
		text := "Service temporarily unavailable, try again later."
		if reason, told := unavailable[f.Code]; told {
			text = reason
		}
		return answer{http.StatusServiceUnavailable, serverError{text, c.RequestID()}}
	}
	return answer{http.StatusInternalServerError, serverError{"A server error occurred.", c.RequestID()}}
}

// throttled says the same wait as the header Retry-After.
func throttled(wait time.Duration) string {
	seconds := httpkit.WholeSeconds(wait)
	noun := " seconds."
	if seconds == 1 {
		noun = " second."
	}
	return "Request was throttled. Expected available in " + strconv.FormatInt(seconds, 10) + noun
}
