package bank

import (
	"slices"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/surface/surfacetest"
)

// elsewhere are the errors that no endpoint of this surface can return, with
// the reason.
var elsewhere = map[fault.Code]string{
	"avatar.":                     "the bank shows no pictures",
	"botclient.":                  "the bank looks at no signatures",
	"gift.":                       "messages are the gift surface's",
	"portfolio.":                  "the bank merges nobody",
	"token.":                      "the bank's tokens are opaque",
	"identity.chat_taken":         "the bank links no chats",
	"identity.link_code":          "the bank links no chats",
	"identity.no_chat":            "the bank links no chats",
	"claim.taken":                 "identity and number turn it into their own, or try again",
	"identity.code_refused":       "the bank's codes have their own errors",
	"identity.name_taken":         "roles and groups are an operator's",
	"identity.no_group":           "roles and groups are an operator's",
	"identity.no_role":            "roles and groups are an operator's",
	"identity.refresh_spent":      "the bank has no refresh tokens",
	"ledger.account_closed":       "products look at the account first",
	"ledger.already_reversed":     "the bank reverses nothing",
	"ledger.hold_ended":           "the bank holds nothing",
	"ledger.hold_exceeded":        "the bank holds nothing",
	"ledger.no_account":           "products answer with their own",
	"ledger.no_hold":              "the bank holds nothing",
	"ledger.no_receiver":          "numbers name accounts that exist",
	"ledger.no_sender":            "numbers name accounts that exist",
	"ledger.receiver_blocked":     "payments settle what a blocked receiver owes",
	"ledger.no_transfer":          "transfers are read by keys alone, which name them",
	"money.mixed_currency":        "the ledger compares currencies first",
	"wallet.currency_taken":       "whoever registers has no wallet yet",
	"wallet.unknown":              "the bank finds wallets by their owner and number",
	"identity.email_link":         "the page of mailed links answers with it",
	"identity.email_not_verified": "who registers at the bank has a verified address",
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

func TestEveryRouteThatMovesMoneyTakesAKey(t *testing.T) {
	want := []string{"/bills/pay", "/card/create", "/card/transfer", "/savings/create", "/savings/decrease", "/savings/topUp", "/transfers/batch"}
	var got []string
	for _, r := range New(Services{}).Routes {
		if r.MovesMoney {
			got = append(got, r.Path)
		}
		public := strings.HasPrefix(r.Path, "/auth/") && r.Path != "/auth/me" || r.Path == "/" || r.Path == "/cleanup-unverified"
		if public != (r.Access == httpkit.Public) {
			t.Errorf("%s %s has access %d", r.Method, r.Path, r.Access)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
