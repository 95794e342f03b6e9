package wallet

import (
	"slices"
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
	"identity.email_not_verified":   "only the gift surface asks for it",
	"avatar.":                       "this surface shows no pictures",
	"bill.":                         "bills are the bank's",
	"botclient.":                    "this surface looks at no signatures",
	"card.":                         "cards are the bank's",
	"portfolio.":                    "this surface merges nobody",
	"saving.":                       "savings are the bank's",
	"identity.chat_taken":           "this surface links no chats",
	"identity.link_code":            "this surface links no chats",
	"identity.no_chat":              "this surface links no chats",
	"http.cross_site":               "no cookie carries the session",
	"claim.taken":                   "identity and number turn it into their own, or try again",
	"identity.mail_not_accepted":    "nothing here is mailed before it is kept",
	"identity.name_taken":           "roles and groups are an operator's",
	"identity.no_group":             "roles and groups are an operator's",
	"identity.no_role":              "roles and groups are an operator's",
	"identity.registration_refused": "joining here has errors of its own",
	"identity.reset_refused":        "this surface resets no password",
	"identity.reset_token":          "this surface resets no password",
	"ledger.account_closed":         "products look at the account first",
	"ledger.already_reversed":       "this surface reverses nothing",
	"ledger.hold_ended":             "this surface holds nothing",
	"ledger.hold_exceeded":          "this surface holds nothing",
	"ledger.no_account":             "products answer with their own",
	"ledger.no_hold":                "this surface holds nothing",
	"ledger.no_receiver":            "numbers name accounts that exist",
	"ledger.receiver_blocked":       "payments settle what a blocked receiver owes",
	"ledger.no_sender":              "wallets have accounts that exist",
	"ledger.no_transfer":            "transfers are read by keys alone, which name them",
	"ledger.not_empty":              "this surface closes nothing",
	"money.mixed_currency":          "the ledger compares currencies first",
	"wallet.none":                   "no endpoint needs a default wallet",
}

// worded says whether an error has words of its own.
func worded(e *fault.Error) bool {
	_, inAnswers := answers[e.Code]
	_, inInvalid := invalid[e.Code]
	own := []fault.Code{errHeader.Code, httpkit.ErrMethodNotAllowed.Code, "identity.identifier_taken", "identity.weak_password"}
	return inAnswers || inInvalid || slices.Contains(own, e.Code) || e.Kind == fault.TooMany
}

func TestEveryErrorHasWords(t *testing.T) { surfacetest.EveryErrorHasWords(t, worded, elsewhere) }

func TestEveryExceptionIsOfARouteAndDiffersFromTheTable(t *testing.T) {
	surfacetest.Exceptions(t, New(Services{}), answers, differently)
}

func TestEveryRouteThatMovesMoneyTakesAKeyAndEveryCredentialHasATightLimit(t *testing.T) {
	money := []string{"/users/wallets/create/", "/users/wallets/{id}/deposit/", "/users/wallets/{id}/transfer/", "/users/wallets/{id}/withdraw/"}
	public := []string{"/users/create/", "/users/token/create/", "/users/token/refresh/", "/users/verify/"}
	credential := append([]string{"/users/password/update/", "/users/password/verify/"}, public...)
	for _, r := range New(Services{}).Routes {
		if r.MovesMoney != slices.Contains(money, r.Path) {
			t.Errorf("%s: moves money %v", r.Path, r.MovesMoney)
		}
		if (r.Access == httpkit.Public) != slices.Contains(public, r.Path) {
			t.Errorf("%s has access %d", r.Path, r.Access)
		}
		if (r.Limit == httpkit.LimitCredential) != slices.Contains(credential, r.Path) {
			t.Errorf("%s has the limit %s", r.Path, r.Limit.Name)
		}
	}
}

func TestTheWaitIsSaidAsTheHeaderHasIt(t *testing.T) {
	for wait, want := range map[string]string{"0s": "1 second.", "1s": "1 second.", "1001ms": "2 seconds.", "15m": "900 seconds."} {
		if got := throttled(duration(t, wait)); got != "Request was throttled. Expected available in "+want {
			t.Errorf("%s: %s", wait, got)
		}
	}
}
