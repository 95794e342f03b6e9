package bot

import (
	"net/http"

	"purse/internal/botclient"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/fastapi"
	"purse/internal/identity"
	"purse/internal/portfolio"
	"purse/internal/surface"
	"purse/internal/token"
)

// answer is what an error becomes.
type answer struct {
	status int
	detail string
}

var (
	unauthorized = answer{http.StatusUnauthorized, "Could not validate credentials"}
	badRefresh   = answer{http.StatusUnauthorized, "Invalid or expired refresh token"}
	tooMany      = answer{http.StatusTooManyRequests, "Too many requests, try again later"}
	chatTaken    = answer{http.StatusConflict, "This Telegram account belongs to another user"}
)

// answers is the one table of errors: what each code becomes, on every endpoint
// that has no words of its own. Input that is wrong (fault.Invalid) is 422 in
// Pydantic's words, and what is not in the table is ours: 500 or 503.
var answers = map[fault.Code]answer{
	httpkit.ErrNotFound.Code:         {http.StatusNotFound, "Not Found"},
	httpkit.ErrMethodNotAllowed.Code: {http.StatusMethodNotAllowed, "Method Not Allowed"},
	httpkit.ErrNoCaller.Code:         unauthorized,
	httpkit.ErrTooMany.Code:          tooMany,

	token.ErrInvalid.Code: unauthorized,
	token.ErrExpired.Code: unauthorized,

	identity.ErrNoSession.Code:          unauthorized,
	identity.ErrNoUser.Code:             unauthorized, // a session outlives nobody
	identity.ErrInvalidCredentials.Code: {http.StatusUnauthorized, "Invalid credentials"},
	identity.ErrTwoFactorRequired.Code:  {http.StatusUnauthorized, "Two-step sign-in is required"},
	identity.ErrTooManyFailures.Code:    {http.StatusTooManyRequests, "Too many failed attempts, try again later"},
	identity.ErrIdentifierTaken.Code:    {http.StatusBadRequest, "Email already registered"},
	identity.ErrNoChat.Code:             {http.StatusNotFound, "User not found for this Telegram ID"},
	identity.ErrLinkCode.Code:           {http.StatusBadRequest, "Invalid or expired code"},
	identity.ErrChatTaken.Code:          chatTaken,
	portfolio.ErrMoney.Code:             chatTaken,

	botclient.ErrUnsigned.Code:  {http.StatusUnauthorized, "A signature is required"},
	botclient.ErrSignature.Code: {http.StatusUnauthorized, "Invalid signature"},
	botclient.ErrInitData.Code:  {http.StatusUnauthorized, "Invalid init_data"},
}

// differently is where an endpoint differs from the table.
var differently = map[string]map[fault.Code]answer{
	"POST /api/v1/auth/refresh": {
		token.ErrInvalid.Code: badRefresh, token.ErrExpired.Code: badRefresh, identity.ErrNoSession.Code: badRefresh,
	},
}

// writeError is the only place where an error becomes an answer.
func writeError(c *httpkit.Call, err error) {
	f := fault.From(err)
	if known, ok := surface.Words(c, f.Code, answers, differently); ok {
		fastapi.Detail(c, known.status, known.detail)
		return
	}
	fastapi.Rest(c, f, nil)
}
