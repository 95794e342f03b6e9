package profile

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
	"purse/internal/surface/surfacetest"
)

// elsewhere are the errors that no endpoint of this surface can return, with
// the reason.
var elsewhere = map[fault.Code]string{
	"bill.":      "of money",
	"botclient.": "no call is signed",
	"card.":      "of money",
	"fx.":        "of money",
	"gift.":      "of money",
	"ledger.":    "of money",
	"money.":     "of money",
	"number.":    "of money",
	"portfolio.": "nobody is merged",
	"saving.":    "of money",
	"token.":     "tokens are opaque",
	"wallet.":    "of money",

	"claim.taken":                   "identity turns it into its own",
	"http.cross_site":               "there is no cookie",
	"http.idempotency_key":          "no route moves money",
	"http.key_in_flight":            "no route moves money",
	"identity.chat_taken":           "no chat is linked",
	"identity.code_refused":         "no code is sent",
	"identity.email_link":           "the page of mailed links answers with it",
	"identity.too_many_messages":    "no code is sent",
	"identity.email_not_verified":   "only the gift surface asks for it",
	"identity.link_code":            "no chat is linked",
	"identity.mail_not_accepted":    "no mail is sent",
	"identity.name":                 "roles and groups are an operator's",
	"identity.name_taken":           "roles and groups are an operator's",
	"identity.no_chat":              "no chat is linked",
	"identity.no_group":             "roles and groups are an operator's",
	"identity.no_role":              "roles and groups are an operator's",
	"identity.refresh_spent":        "there are no refresh tokens",
	"identity.registration_refused": "there are no mailed codes",
	"identity.reset_refused":        "there is no reset",
	"identity.reset_token":          "there is no reset",
}

// worded says whether an error has words: some name their fields.
func worded(e *fault.Error) bool {
	_, inTable := answers[e.Code]
	return inTable || slices.Contains([]fault.Code{bind.ErrInput.Code, identity.ErrWeakPassword.Code, identity.ErrIdentifierTaken.Code}, e.Code)
}

func TestEveryErrorHasWords(t *testing.T) { surfacetest.EveryErrorHasWords(t, worded, elsewhere) }

func TestWhatIsWrongInItselfHasWordsOfItsOwn(t *testing.T) {
	for _, e := range fault.Defined() {
		_, unreachable := elsewhere[e.Code]
		origin, _, _ := strings.Cut(string(e.Code), ".")
		_, foreign := elsewhere[fault.Code(origin+".")]
		if e.Kind == fault.Invalid && !worded(e) && !unreachable && !foreign {
			t.Errorf("%s would be a fault of ours", e.Code)
		}
	}
}

func TestEveryAnswerOfTheTableIsTheCallersFault(t *testing.T) {
	for code, a := range answers {
		if a.status < 400 || a.status >= 500 || a.text == "" {
			t.Errorf("%s answers %d %q", code, a.status, a.text)
		}
	}
}

func TestEveryViolationHasWords(t *testing.T) {
	own := []bind.Kind{bind.TooShort, bind.TooLong, bind.Refused}
	for kind := range simple {
		own = append(own, kind)
	}
	for _, kind := range own {
		v := bind.Violation{In: bind.Body, Name: "login", Kind: kind, Limit: 3, Detail: "login"}
		if words := fieldWords(v); words == otherwise || words == "" {
			t.Errorf("%s has no words", kind)
		}
	}
	for _, kind := range []bind.Kind{bind.Malformed, bind.TooLarge, bind.NotObject, bind.Missing} {
		a := explainViolations(bind.Violations{{In: bind.Body, Name: "login", Kind: bind.Missing}, {In: bind.Body, Kind: kind}})
		if a.status != http.StatusForbidden || a.text == "" || strings.Contains(a.text, "login") {
			t.Errorf("%s answers %d %s", kind, a.status, a.text)
		}
	}
	for _, err := range []error{
		identity.ErrWeakPassword.In(fault.Field{Name: "password", Reason: "common"}),
		identity.ErrWeakPassword.In(fault.Field{Name: "password", Reason: "too_short", Params: map[string]string{"min": "8"}}),
		identity.ErrWeakPassword.In(fault.Field{Name: "password", Reason: "too_long", Params: map[string]string{"max": "128"}}),
	} {
		a, ok := explain(fault.From(new(bind.Input).Explain(err)))
		if !ok || a.status != http.StatusBadRequest || !strings.HasPrefix(a.text, "Поле password") || strings.HasSuffix(a.text, otherwise) {
			t.Errorf("%v answers %d %s", err, a.status, a.text)
		}
	}
	for field := range taken {
		if a, _ := explain(identity.ErrIdentifierTaken.In(fault.Field{Name: field, Reason: "taken"})); a.status != http.StatusBadRequest || !strings.Contains(a.text, field+": ") {
			t.Errorf("taken %s: %+v", field, a)
		}
	}
}

func TestEveryRouteDeclaresWhoMayCallIt(t *testing.T) {
	want := map[string]httpkit.Access{
		"POST /account/registration": httpkit.Public, "POST /account/login": httpkit.Public, "GET /account/login/check": httpkit.Public,
		"GET /account/me": httpkit.SignedIn, "POST /account/edit/info": httpkit.SignedIn, "POST /account/avatar": httpkit.SignedIn, "DELETE /account/avatar": httpkit.SignedIn,
		"GET /info/users/": httpkit.MaybeSignedIn, "GET /info/users/{search}": httpkit.MaybeSignedIn, "GET /info/avatars/{name}": httpkit.Public,
	}
	surface := New(Services{})
	if err := surface.Check(); err != nil {
		t.Fatal(err)
	}
	for _, r := range surface.Routes {
		name := r.Method + " " + r.Path
		access, known := want[name]
		if !known || access != r.Access || r.MovesMoney {
			t.Errorf("%s has access %d, moves money %t", name, r.Access, r.MovesMoney)
		}
		credential := name == "POST /account/registration" || name == "POST /account/login"
		if credential != (r.Limit == httpkit.LimitCredential) {
			t.Errorf("%s has the limit %s", name, r.Limit.Name)
		}
	}
	if len(surface.Routes) != len(want) {
		t.Errorf("%d routes, want %d", len(surface.Routes), len(want))
	}
}
