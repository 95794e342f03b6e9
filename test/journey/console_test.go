package journey

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/apptest"
)

const form = "application/x-www-form-urlencoded"

// TestTheBanksSessionOpensTheConsoleAndEndsThere follows a person from the
// bank's app to the console with the same cookie, and out again.
func TestTheBanksSessionOpensTheConsoleAndEndsThere(t *testing.T) {
	ctx := context.Background()
	purse := apptest.Start(t, nil, "dev", "--ephemeral", "--card-grant", "100.50", "--listen", "{listen}")
	ada := apptest.NewClient(purse.Base, 1)
	ada.HTTP.CheckRedirect = apptest.Stay
	if err := ada.Register(ctx); err != nil {
		t.Fatal(err)
	}
	card, err := ada.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	page := must(t)(ada.Call(ctx, http.MethodGet, "/console", nil))
	last4 := card.Number[len(card.Number)-4:]
	if text := string(page.Body); page.Status != http.StatusOK || !strings.Contains(text, "Ada") || !strings.Contains(text, last4) || !strings.Contains(text, "100.50") {
		t.Fatalf("the overview: %d %s", page.Status, text)
	}
	out := must(t)(ada.Call(ctx, http.MethodPost, "/console/sign-out", "", "Content-Type", form))
	if out.Status != http.StatusSeeOther {
		t.Fatalf("signing out: %d %s", out.Status, out.Body)
	}
	if cards := must(t)(ada.Call(ctx, http.MethodGet, "/card", nil)); cards.Status != http.StatusUnauthorized {
		t.Errorf("the bank's session lives on: %d", cards.Status)
	}
}

// TestAPersonSignsInAtTheConsole takes both steps with the code in the mailbox,
// and finds that the session opens nothing but the console.
func TestAPersonSignsInAtTheConsole(t *testing.T) {
	ctx := context.Background()
	purse := apptest.Start(t, nil, "dev", "--ephemeral", "--listen", "{listen}")
	ada := apptest.NewClient(purse.Base, 1)
	ada.HTTP.CheckRedirect = apptest.Stay
	if err := ada.Register(ctx); err != nil {
		t.Fatal(err)
	}
	ada.Cookie = ""
	credentials := url.Values{"email": {ada.Email}, "password": {apptest.Password}}
	first := must(t)(ada.Call(ctx, http.MethodPost, "/console/sign-in", credentials.Encode(), "Content-Type", form))
	if first.Status != http.StatusSeeOther || first.Header.Get("Location") != "/console/code" {
		t.Fatalf("the first step: %d to %q", first.Status, first.Header.Get("Location"))
	}
	code, err := ada.Code(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second := must(t)(ada.Call(ctx, http.MethodPost, "/console/code", url.Values{"code": {code}}.Encode(), "Content-Type", form, "Cookie", cookies(first)))
	if second.Status != http.StatusSeeOther || second.Header.Get("Location") != "/console" {
		t.Fatalf("the second step: %d to %q", second.Status, second.Header.Get("Location"))
	}
	page := must(t)(ada.Call(ctx, http.MethodGet, "/console/security", nil, "Cookie", cookies(second)))
	if page.Status != http.StatusOK || !strings.Contains(string(page.Body), "This one") {
		t.Errorf("the page: %d %s", page.Status, page.Body)
	}
	_, token, _ := strings.Cut(cookies(second), "purse_console=")
	token, _, _ = strings.Cut(token, ";")
	if cards := must(t)(ada.Call(ctx, http.MethodGet, "/card", nil, "Cookie", "authorization="+token)); token == "" || cards.Status != http.StatusUnauthorized {
		t.Errorf("the console's session opens the bank: %d", cards.Status)
	}
}

// must fails the test when a call had no answer.
func must(t *testing.T) func(apptest.Answer, error) apptest.Answer {
	return func(answer apptest.Answer, err error) apptest.Answer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// cookies is what a browser would send back after the answer.
func cookies(answer apptest.Answer) string {
	var sent []string
	for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
		if c.MaxAge >= 0 {
			sent = append(sent, c.Name+"="+c.Value)
		}
	}
	return strings.Join(sent, "; ")
}
