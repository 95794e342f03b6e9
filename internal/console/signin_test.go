package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/console"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
)

func TestAnAccountThatRequiresTwoStepsIsOpenedByPasswordAndCode(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()

	b.get("/console").wants(t, http.StatusOK, `action="/console/sign-in"`)
	b.post("/console/sign-in", "email", p.email, "password", goodPassword).leadsTo(t, "/console/code")
	b.get("/console/security").leadsTo(t, "/console")
	b.get("/console/code").wants(t, http.StatusOK, p.email, `autocomplete="one-time-code"`)
	b.post("/console/code", "code", w.post.code(p.email)).leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "Hello, <bdi>Ann</bdi>")
}

func TestAnAccountThatDoesNotRequireTwoStepsIsOpenedByThePassword(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, false))

	b.post("/console/sign-in", "email", p.email, "password", goodPassword).leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "Hello")
}

func TestAnUnknownAccountLooksLikeAWrongPassword(t *testing.T) {
	w := newWorld(t)
	p := w.register()
	unknown := w.browser().post("/console/sign-in", "email", "nobody@example.com", "password", goodPassword)
	wrong := w.browser().post("/console/sign-in", "email", p.email, "password", "not the password")
	unknown.wants(t, http.StatusUnauthorized, "The e-mail or the password is not right.")
	if same := strings.ReplaceAll(unknown.body, "nobody@example.com", p.email); same != wrong.body || unknown.status != wrong.status {
		t.Errorf("the answers differ:\n%s\n%s", unknown.body, wrong.body)
	}
	if len(unknown.cookies) != 0 || len(wrong.cookies) != 0 {
		t.Error("a failed sign-in sets cookies")
	}
}

func TestAWrongCodeSignsNobodyIn(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.post("/console/sign-in", "email", p.email, "password", goodPassword)
	b.post("/console/code", "code", "AAAA1111").wants(t, http.StatusUnauthorized, "This code is not right", p.email)
	b.get("/console/security").leadsTo(t, "/console")
}

func TestACodeWithoutTheFirstStepStartsAgain(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.get("/console/code").leadsTo(t, "/console")
	b.post("/console/code", "code", "AAAA1111").leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "Please start again")
}

func TestTooManyWrongPasswordsTellHowLongToWait(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	for range 10 {
		b.post("/console/sign-in", "email", p.email, "password", "not the password")
	}
	a := b.post("/console/sign-in", "email", p.email, "password", goodPassword)
	a.wants(t, http.StatusTooManyRequests, "Please try again in 60 seconds", `value="`+p.email+`"`)
	if wait := a.header.Get("Retry-After"); wait != "60" {
		t.Errorf("Retry-After is %q", wait)
	}
	w.clock.Advance(time.Minute)
	b.post("/console/sign-in", "email", p.email, "password", goodPassword).leadsTo(t, "/console/code")
}

func TestEveryPostOfACredentialCountsAgainstTheCredentialLimit(t *testing.T) {
	for _, path := range []string{"/console/sign-in", "/console/code"} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t)
			// A limiter of its own, on the world's clock.
			limited := newWorld(t, func(_ *console.Services, config *httpkit.Config) { config.Limiter = limit.NewMemory(w.clock) })
			b := limited.browser()
			for i := range httpkit.LimitCredential.Rate.Count {
				if a := b.post(path, "email", strconv.Itoa(i)); a.status == http.StatusTooManyRequests {
					t.Fatal("the limit came early")
				}
			}
			a := b.post(path)
			// Thirty a minute: the next one may come two seconds later.
			a.wants(t, http.StatusTooManyRequests, "<h1>Too many tries</h1>", "Please try again in 2 seconds")
			if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds != 2 {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
		})
	}
}

func TestSecurity7EverySignInMakesANewSessionAndEndsTheOneItReplaces(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	first := b.cookie("purse_console")
	b.signIn(p)
	if second := b.cookie("purse_console"); first == "" || second == first {
		t.Errorf("the sessions are %q and %q", first, second)
	}
	if _, err := w.people.Check(t.Context(), first, identity.Console); err == nil {
		t.Error("the replaced session lives on")
	}
	if left := b.cookie("purse_console_email"); left != "" {
		t.Errorf("the e-mail of the finished sign-in is kept: %q", left)
	}
}

func TestSecurity7TheSessionCookieIsTheConsolesOwnAndOutOfReach(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := newWorld(t, func(s *console.Services, _ *httpkit.Config) { s.Secure = secure })
		p, b := w.register(), w.browser()
		w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, false))
		a := b.post("/console/sign-in", "email", p.email, "password", goodPassword)
		found := false
		for _, c := range a.cookies {
			if c.Name != "purse_console" {
				continue
			}
			found = true
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/console" || c.Secure != secure || c.MaxAge != int(console.SessionLifetime.Seconds()) {
				t.Errorf("over https %t: %s", secure, c.Raw)
			}
		}
		if !found {
			t.Errorf("no session cookie: %d", a.status)
		}
	}
}

func TestASessionSlidesWhileItIsUsedAndEndsAfterHalfAnHour(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	for range 3 {
		w.clock.Advance(20 * time.Minute)
		a := b.get("/console/security")
		a.wants(t, http.StatusOK)
		if len(a.cookies) != 1 || a.cookies[0].MaxAge != 1800 {
			t.Errorf("the cookie does not slide: %v", a.cookies)
		}
	}
	w.clock.Advance(31 * time.Minute)
	b.get("/console/security").leadsTo(t, "/console")
}

func TestASessionOfTheBankOpensTheConsole(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.setCookie("authorization", p.bank)
	b.get("/console").wants(t, http.StatusOK, "Hello")
	b.get("/console/security").wants(t, http.StatusOK, "Bank app", "This one")
}

func TestASessionOfTheConsoleDoesNotOpenTheBank(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	if _, err := w.people.Check(t.Context(), b.cookie("purse_console"), identity.Bank); err == nil {
		t.Error("the console's session is valid at the bank")
	}
	other := w.browser()
	other.setCookie("authorization", b.cookie("purse_console"))
	other.get("/console/security").leadsTo(t, "/console")
}

func TestAOneFactorSessionDoesNotOpenAnAccountThatRequiresTwo(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, false))
	b.signIn(p)
	b.get("/console/security").wants(t, http.StatusOK)
	w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, true))

	b.get("/console/security").leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, `action="/console/sign-in"`, "two-step sign-ins only")

	// A better session beside it still counts.
	b.setCookie("authorization", p.bank)
	b.get("/console/security").wants(t, http.StatusOK)
}

func TestSigningOutEndsTheSessionsOnTheServer(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.setCookie("authorization", p.bank)
	b.signIn(p)
	token := b.cookie("purse_console")
	b.post("/console/sign-out").leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "You are signed out.", `action="/console/sign-in"`)
	if _, err := w.people.Check(t.Context(), token, identity.Console); err == nil {
		t.Error("the console's session lives on")
	}
	if _, err := w.people.Check(t.Context(), p.bank, identity.Bank); err == nil {
		t.Error("the bank's session, which opens the console too, lives on")
	}
}

func TestADeactivatedPersonIsSignedOut(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	w.must(w.people.Deactivate(t.Context(), p.id))
	b.get("/console/security").leadsTo(t, "/console")
}

func TestAMessageIsShownOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.post("/console/sign-out").leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "You are signed out.")
	if a := b.get("/console"); strings.Contains(a.body, "You are signed out.") {
		t.Error("the message is shown again")
	}
}
