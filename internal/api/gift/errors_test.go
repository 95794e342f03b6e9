package gift

import (
	"slices"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/surface/surfacetest"
)

// elsewhere are the errors that no endpoint of this surface can return, with
// the reason.
var elsewhere = map[fault.Code]string{
	"avatar.":                       "there are no pictures here",
	"bill.":                         "there are no bills here",
	"botclient.":                    "no signature is looked at",
	"card.":                         "there are no cards here",
	"portfolio.":                    "nobody is merged",
	"saving.":                       "there are no savings here",
	"wallet.":                       "who has no wallet has not enough won",
	"identity.chat_taken":           "no chat is linked",
	"identity.code_refused":         "no code is typed",
	"identity.link_code":            "no chat is linked",
	"identity.no_chat":              "no chat is linked",
	"ledger.receiver_blocked":       "payments settle what a blocked receiver owes",
	"claim.taken":                   "identity and number turn it into their own, or try again",
	"fx.arrives_as_zero":            "nothing is converted",
	"http.cross_site":               "there is no cookie",
	"identity.email_link":           "the page of mailed links answers with it",
	"identity.too_many_messages":    "no code is sent",
	"identity.name_taken":           "roles and groups are an operator's",
	"identity.no_group":             "roles and groups are an operator's",
	"identity.no_role":              "roles and groups are an operator's",
	"identity.registration_refused": "one step registers",
	"identity.reset_refused":        "there are no resets here",
	"identity.reset_token":          "there are no resets here",
	"ledger.account_closed":         "products look at the account first",
	"ledger.already_reversed":       "nothing is reversed",
	"ledger.currency_mismatch":      "both ends are of one unit",
	"ledger.hold_ended":             "nothing is held",
	"ledger.hold_exceeded":          "nothing is held",
	"ledger.no_account":             "products answer with their own",
	"ledger.no_hold":                "nothing is held",
	"ledger.no_receiver":            "products name accounts that exist",
	"ledger.no_sender":              "products name accounts that exist",
	"ledger.no_transfer":            "no transfer is asked for",
	"money.mixed_currency":          "the ledger compares units first",
	"number.unknown":                "nobody writes a number",
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

// TestEveryViolationHasItsOwnWords walks what the getters of this surface find.
func TestEveryViolationHasItsOwnWords(t *testing.T) {
	for _, kind := range []bind.Kind{
		bind.Missing, bind.NotString, bind.TooShort, bind.TooLong, bind.ControlChar, bind.InvalidEmail, bind.OutOfRange, bind.NotPositive,
		bind.NotInteger, bind.IntegerText, bind.Fractional, bind.IntegerTooBig, bind.NotBoolean, bind.BooleanText,
	} {
		if text := ofField(&bind.Violation{Name: "f", Kind: kind, Limit: 1, Input: []byte("7")}); text == invalid {
			t.Errorf("%s has no words of its own", kind)
		}
	}
	for text, v := range map[string]bind.Violation{
		isNull: {Kind: bind.NotString, Input: []byte("null")}, invalid: {Kind: bind.Refused, Detail: "malformed"},
		"20자 이하로 입력해 주세요.": {Kind: bind.TooLong, Limit: 20}, "1,000,000,000 이하의 값을 입력해 주세요.": {Kind: bind.Refused, Detail: "too_large"},
	} {
		if got := ofField(&v); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

func TestEveryRouteThatMovesMoneyTakesAKey(t *testing.T) {
	public := []string{"POST /api/user/register", "POST /api/user/login", "POST /api/user/refresh", "GET /api/user/{id}"}
	for _, r := range New(Services{}).Routes {
		name := r.Method + " " + r.Path
		if r.MovesMoney != (name == "POST /api/user/{id}/messages") {
			t.Errorf("%s moves money: %v", name, r.MovesMoney)
		}
		if slices.Contains(public, name) != (r.Access == httpkit.Public) {
			t.Errorf("%s has access %d", name, r.Access)
		}
		if strings.Contains("register login refresh", r.Path[strings.LastIndexByte(r.Path, '/')+1:]) != (r.Limit == httpkit.LimitCredential) {
			t.Errorf("%s has limit %s", name, r.Limit.Name)
		}
	}
}
