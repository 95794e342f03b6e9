package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/id"
	"purse/internal/identity"
)

// writes is every form of the console, with what a person would send.
var writes = map[string][]string{
	"/console/sign-in":           {"email", "ann1@example.com", "password", goodPassword},
	"/console/code":              {"code", "AAAA1111"},
	"/console/sign-out":          nil,
	"/console/security/two-step": {"required", "no", "password", goodPassword},
	"/console/security/end":      {"session", ""},
	"/console/security/end-all":  nil,
}

func TestWritesFromOtherOriginsAreRefusedAndChangeNothing(t *testing.T) {
	foreign := map[string]func(b *browser, h http.Header){
		"another site": func(_ *browser, h http.Header) {
			h.Set("Sec-Fetch-Site", "cross-site")
			h.Set("Origin", "https://evil.example")
		},
		"another host of the site":    func(_ *browser, h http.Header) { h.Set("Sec-Fetch-Site", "same-site") },
		"an origin alone":             func(_ *browser, h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "https://evil.example") },
		"an origin that is hidden":    func(_ *browser, h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") },
		"an app that the API trusts":  func(_ *browser, h http.Header) { h.Set("Sec-Fetch-Site", "same-site"); h.Set("Origin", trustedApp) },
		"that app, without its label": func(_ *browser, h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", trustedApp) },
	}
	w := newWorld(t, trustApp)
	p, b := w.register(), w.browser()
	b.signIn(p)
	here, err := w.people.Check(t.Context(), b.cookie("purse_console"), identity.Console)
	w.must(err)
	for path, fields := range writes {
		for name, change := range foreign {
			t.Run(path+" from "+name, func(t *testing.T) {
				form := url.Values{}
				for i := 0; i < len(fields); i += 2 {
					form.Set(fields[i], fields[i+1])
				}
				if form.Has("session") {
					form.Set("session", here.ID.String())
				}
				r := b.request(http.MethodPost, path, form)
				change(b, r.Header)
				a := b.do(r)
				a.wants(t, http.StatusForbidden, "Another site sent this form. Nothing was changed.")
				if len(a.cookies) != 0 {
					t.Errorf("cookies were set: %v", a.cookies)
				}
			})
		}
	}
	b.get("/console/security").wants(t, http.StatusOK, ">Required<")
}

func TestTheConsolesOwnFormWorksWhereBrowsersOnlySendTheOrigin(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	r := b.request(http.MethodPost, "/console/sign-in", url.Values{"email": {p.email}, "password": {goodPassword}})
	r.Header.Del("Sec-Fetch-Site")
	b.do(r).leadsTo(t, "/console/code")
}

func TestWritesNeedASession(t *testing.T) {
	w := newWorld(t)
	p := w.register()
	for path, fields := range writes {
		if strings.HasPrefix(path, "/console/security") {
			w.browser().post(path, fields...).leadsTo(t, "/console")
		}
	}
	user, err := w.people.User(t.Context(), p.id)
	w.must(err)
	if !user.TwoFactorRequired {
		t.Error("the requirement was turned off")
	}
}

func TestWritesByGetAreRefused(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	for path := range writes {
		if path == "/console/code" {
			continue // a page too
		}
		a := b.get(path)
		a.wants(t, http.StatusMethodNotAllowed, "Nothing was changed.")
		if a.header.Get("Allow") != http.MethodPost {
			t.Errorf("%s allows %q", path, a.header.Get("Allow"))
		}
	}
	b.get("/console/security").wants(t, http.StatusOK, ">Required<")
}

func TestAFormThatIsNotOursIsRefused(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	b.post("/console/security/two-step", "required", "perhaps").wants(t, http.StatusBadRequest, "not understood")
	b.post("/console/security/end", "session", "1").wants(t, http.StatusBadRequest, "not understood")
	r := b.request(http.MethodPost, "/console/security/two-step", url.Values{"required": {"no"}, "password": {goodPassword}})
	r.Header.Set("Content-Type", "text/plain")
	b.do(r).wants(t, http.StatusBadRequest, "not understood")
	b.get("/console/security").wants(t, http.StatusOK, ">Required<")
}

func TestTwoStepSignInIsTurnedOffOnlyWithThePassword(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	required := func() bool {
		user, err := w.people.User(t.Context(), p.id)
		w.must(err)
		return user.TwoFactorRequired
	}
	b.get("/console/security").wants(t, http.StatusOK, "15 characters or more") // a password that is alone
	for _, wrong := range []string{"", "not the password"} {
		b.post("/console/security/two-step", "required", "no", "password", wrong).
			wants(t, http.StatusUnauthorized, "The password is not right.", "<details open>")
	}
	if !required() {
		t.Fatal("it was turned off without the password")
	}
	b.post("/console/security/two-step", "required", "no", "password", goodPassword).leadsTo(t, "/console/security")
	b.get("/console/security").wants(t, http.StatusOK, "no longer required", ">Not required<")
	if required() {
		t.Fatal("it is still on")
	}
	b.post("/console/security/two-step", "required", "yes").leadsTo(t, "/console/security")
	b.get("/console/security").wants(t, http.StatusOK, "required from now on", ">Required<")
	if !required() {
		t.Fatal("it is still off")
	}
}

func TestTheListOfSessionsSaysWhichIsThisOne(t *testing.T) {
	w := newWorld(t)
	p, b, other := w.register(), w.browser(), w.browser()
	other.agent = "curl/8.0"
	other.signIn(p)
	b.signIn(p)
	a := b.get("/console/security")
	a.wants(t, http.StatusOK, "Firefox on Linux", "curl", "Console", "Bank app", "127.0.0.1", "192.0.2.1", "1 Mar 2026, 12:00")
	if n := strings.Count(a.body, ">This one<"); n != 1 {
		t.Errorf("%d sessions are this one", n)
	}
}

func TestOneSessionEndsAndTheOthersDoNot(t *testing.T) {
	w := newWorld(t)
	p, b, other := w.register(), w.browser(), w.browser()
	other.signIn(p)
	b.signIn(p)
	session, err := w.people.Check(t.Context(), other.cookie("purse_console"), identity.Console)
	w.must(err)
	b.post("/console/security/end", "session", session.ID.String()).leadsTo(t, "/console/security")
	b.get("/console/security").wants(t, http.StatusOK, "The session has ended.")
	other.get("/console/security").leadsTo(t, "/console")
	b.post("/console/security/end", "session", session.ID.String()).leadsTo(t, "/console/security")
	b.get("/console/security").wants(t, http.StatusOK, "had ended already")
}

func TestEndingThisSessionLeadsToTheSignInPage(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	session, err := w.people.Check(t.Context(), b.cookie("purse_console"), identity.Console)
	w.must(err)
	b.post("/console/security/end", "session", session.ID.String()).leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "The session has ended.", `action="/console/sign-in"`)
}

func TestAnothersSessionCannotBeEndedAndLooksLikeNone(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	stranger := w.register()
	session, err := w.people.Check(t.Context(), stranger.bank, identity.Bank)
	w.must(err)
	for _, target := range []string{session.ID.String(), id.UUID{}.String()} {
		b.post("/console/security/end", "session", target).leadsTo(t, "/console/security")
		b.get("/console/security").wants(t, http.StatusOK, "had ended already")
	}
	if _, err := w.people.Check(t.Context(), stranger.bank, identity.Bank); err != nil {
		t.Errorf("the stranger's session: %v", err)
	}
}

func TestEndingAllSessionsSignsOutEverywhere(t *testing.T) {
	w := newWorld(t)
	p, b, other := w.register(), w.browser(), w.browser()
	other.signIn(p)
	b.signIn(p)
	b.post("/console/security/end-all").leadsTo(t, "/console")
	b.get("/console").wants(t, http.StatusOK, "signed out everywhere", `action="/console/sign-in"`)
	other.get("/console/security").leadsTo(t, "/console")
	if _, err := w.people.Check(t.Context(), p.bank, identity.Bank); err == nil {
		t.Error("the bank's session lives on")
	}
}
