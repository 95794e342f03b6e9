package bot

import (
	"net/http"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/surface/surfacetest"
)

// elsewhere are the errors that no endpoint of this surface can return, with
// the reason.
var elsewhere = map[fault.Code]string{
	"gift.":                         "messages are the gift surface's",
	"identity.email_link":           "the page of mailed links answers with it",
	"identity.too_many_messages":    "no code is sent",
	"identity.email_not_verified":   "only the gift surface asks for it",
	"avatar.":                       "this surface shows no pictures",
	"bill.":                         "bills are the bank's",
	"card.":                         "cards are the bank's",
	"saving.":                       "savings are the bank's",
	"wallet.":                       "wallets are only listed here",
	"http.key_in_flight":            "no endpoint here moves money",
	"identity.code_refused":         "no code here has a session of its own",
	"ledger.receiver_blocked":       "gift boxes owe nothing",
	"ledger.sender_blocked":         "gift boxes owe nothing",
	"botclient.none":                "bot clients are an operator's",
	"claim.taken":                   "identity turns it into its own, or tries again",
	"fx.arrives_as_zero":            "nothing is converted here",
	"http.cross_site":               "no cookie is looked at",
	"identity.name_taken":           "roles and groups are an operator's",
	"identity.no_group":             "roles and groups are an operator's",
	"identity.no_permission":        "nothing here needs one",
	"identity.no_role":              "roles and groups are an operator's",
	"identity.refresh_spent":        "refresh tokens are not spent here",
	"identity.registration_refused": "registration takes one step here",
	"identity.reset_refused":        "resets are the bank's",
	"identity.reset_token":          "resets are the bank's",
	"ledger.account_closed":         "only accounts that are not closed are closed in a merge",
	"ledger.already_reversed":       "nothing is reversed here",
	"ledger.currency_mismatch":      "a merge moves money between boxes of one currency",
	"ledger.hold_ended":             "nothing is held here",
	"ledger.hold_exceeded":          "nothing is held here",
	"ledger.insufficient_funds":     "a merge moves what is there",
	"ledger.no_account":             "a merge locks the accounts first",
	"ledger.no_hold":                "nothing is held here",
	"ledger.no_receiver":            "a merge locks the accounts first",
	"ledger.no_sender":              "a merge locks the accounts first",
	"ledger.no_transfer":            "no transfer is read here",
	"ledger.not_empty":              "a merge closes what it has emptied",
	"ledger.receiver_closed":        "a merge looks at both boxes first",
	"ledger.sender_closed":          "a merge looks at both boxes first",
	"money.mixed_currency":          "a merge moves money between boxes of one currency",
	"money.overflow":                "what two gift boxes hold was pledged, far below what one can hold",
	"number.unknown":                "numbers are only shown here",
}

func TestEveryErrorHasWords(t *testing.T) {
	surfacetest.EveryErrorHasWords(t, func(e *fault.Error) bool {
		_, worded := answers[e.Code]
		return worded
	}, elsewhere)
}

func TestEveryExceptionIsOfARouteAndDiffersFromTheTable(t *testing.T) {
	surfacetest.Exceptions(t, New(Services{}), answers, differently)
}

func TestEveryRouteHasTheLimitAndTheCallersThatItIsDocumentedWith(t *testing.T) {
	for _, r := range New(Services{}).Routes {
		access, limit, speaks := httpkit.Public, limitAuth, false
		switch path := strings.TrimPrefix(r.Path, "/api/v1"); path {
		case "/auth/logout", "/accounts":
			access, limit = httpkit.SignedIn, limitUser
		case "/auth/telegram/register", "/auth/telegram/confirm", "/auth/token/get", "/auth/token/refresh-telegram", "/auth/telegram/start":
			if path == "/auth/telegram/confirm" {
				access = httpkit.SignedIn
			}
			speaks = r.Spokesman != nil && r.Spokesman.Limit == limitChat
			if !speaks {
				t.Errorf("%s is not counted by chat", r.Path)
			}
		}
		if r.Access != access || r.Limit != limit || (r.Spokesman != nil) != speaks || !r.Limit.Announce || r.MovesMoney || (r.Method == http.MethodGet) != (r.Path == "/api/v1/accounts") {
			t.Errorf("%s %s: access %d, limit %s", r.Method, r.Path, r.Access, r.Limit.Name)
		}
	}
}
