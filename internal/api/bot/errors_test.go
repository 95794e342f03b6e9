package bot

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	_ "purse/internal/store/sqlite" // an engine's errors reach a surface too
)

// elsewhere are the errors that no endpoint of this surface can return, with
// the reason.
var elsewhere = map[fault.Code]string{
	"avatar.none":                   "the bot shows no pictures",
	"bill.none":                     "bills are the bank's",
	"bill.paid":                     "bills are the bank's",
	"bill.too_many":                 "bills are the bank's",
	"bill.unknown":                  "bills are the bank's",
	"botclient.none":                "bot clients are an operator's",
	"card.too_many":                 "cards are the bank's",
	"card.unknown":                  "cards are the bank's",
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
	"saving.none":                   "savings are the bank's",
	"saving.too_many":               "savings are the bank's",
	"saving.unknown":                "savings are the bank's",
	"wallet.none":                   "a person without a wallet has no wallet listed",
}

func TestEveryErrorHasWords(t *testing.T) {
	for _, e := range fault.Defined() {
		_, worded := answers[e.Code]
		_, unreachable := elsewhere[e.Code]
		switch {
		case worded && unreachable:
			t.Errorf("%s has words, and is listed as unreachable", e.Code)
		case worded || unreachable:
		case e.Kind == fault.Invalid: // 422, in Pydantic's words
		case e.Kind == fault.Internal || e.Kind == fault.Unavailable: // ours
		default:
			t.Errorf("%s (%s) has no words", e.Code, e.Kind)
		}
	}
	for code := range elsewhere {
		if _, defined := fault.ByCode(code); !defined {
			t.Errorf("%s is listed and does not exist", code)
		}
	}
}

func TestEveryExceptionIsOfARouteAndDiffersFromTheTable(t *testing.T) {
	routes := map[string]bool{}
	surface := New(Services{})
	if err := surface.Check(); err != nil {
		t.Fatal(err)
	}
	for _, r := range surface.Routes {
		routes[r.Method+" "+r.Path] = true
	}
	for _, route := range slices.Sorted(maps.Keys(differently)) {
		if !routes[route] {
			t.Errorf("%s is no route", route)
		}
		for code, a := range differently[route] {
			if answers[code] == a {
				t.Errorf("%s: %s is as in the table", route, code)
			}
		}
	}
}

func TestEveryRouteHasTheLimitAndTheCallersThatItIsDocumentedWith(t *testing.T) {
	for _, r := range New(Services{}).Routes {
		access, limit := httpkit.Public, limitAuth
		switch path := strings.TrimPrefix(r.Path, "/api/v1"); path {
		case "/auth/logout", "/accounts":
			access, limit = httpkit.SignedIn, limitUser
		case "/auth/telegram/confirm":
			access = httpkit.SignedIn
		case "/auth/telegram/register", "/auth/token/get", "/auth/token/refresh-telegram", "/auth/telegram/start":
			limit = limitChat
		}
		if r.Access != access || r.Limit != limit || !r.Limit.Announce || r.MovesMoney || (r.Method == http.MethodGet) != (r.Path == "/api/v1/accounts") {
			t.Errorf("%s %s: access %d, limit %s", r.Method, r.Path, r.Access, r.Limit.Name)
		}
	}
}
