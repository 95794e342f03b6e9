package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/identity"
	"purse/internal/store"
)

// administrator is somebody with the role ADMIN, signed in.
func (w *world) administrator() (person, *browser) {
	w.t.Helper()
	p, b := w.register(), w.browser()
	w.must(w.people.GrantRole(w.t.Context(), p.id, identity.RoleAdmin))
	b.signIn(p)
	return p, b
}

func pageOf(p person) string { return fmt.Sprintf("/console/people/%d", p.id) }

// change is one button of a user's page.
func (b *browser) change(p person, do, name string) answer {
	b.w.t.Helper()
	return b.post("/console/people/change", "user", fmt.Sprint(int64(p.id)), "do", do, "name", name)
}

func TestAnAdministratorFindsSomebodyByWhatNamesThem(t *testing.T) {
	w := newWorld(t)
	_, b := w.administrator()
	ann := w.register()
	user, err := w.people.User(t.Context(), ann.id)
	w.must(err)
	b.get("/console").wants(t, http.StatusOK, `href="/console/people"`)
	b.get("/console/people").wants(t, http.StatusOK, "<h1>People</h1>")
	for _, name := range []string{fmt.Sprint(int64(ann.id)), strings.ToUpper(ann.email), user.Phone} {
		b.post("/console/people/find", "user", name).leadsTo(t, pageOf(ann))
	}
	b.get(pageOf(ann)).wants(t, http.StatusOK, "Ann Lee", ann.email, user.Phone[1:], "USER", "EDIT_PROFILE", "USE_MONEY", ">Active<", "two steps")
	b.post("/console/people/find", "user", `nobody"><script>`).wants(t, http.StatusNotFound, "There is no such user.", "nobody&#34;&gt;&lt;script&gt;")
	for _, id := range []string{"999", "0", "x", "99999999999999999999"} {
		b.get("/console/people/"+id).wants(t, http.StatusNotFound, "Nothing is here")
	}
}

func TestWhatAnAdministratorChangesCountsAtOnce(t *testing.T) {
	w := newWorld(t)
	_, b := w.administrator()
	ann := w.register()
	ctx := t.Context()
	_, err := w.people.CreateRole(ctx, "TELLER", []string{"COUNT"})
	w.must(err)
	_, err = w.people.CreateGroup(ctx, "Friends & family")
	w.must(err)
	standing := func() string {
		account, err := w.people.Account(ctx, ann.id)
		w.must(err)
		return fmt.Sprint(account.Standing)
	}
	for _, step := range []struct{ do, name, want string }{
		{"grant-role", "TELLER", "{[{1 USER} {3 TELLER}] [] [COUNT EDIT_PROFILE USE_MONEY]}"},
		{"revoke-role", "USER", "{[{3 TELLER}] [] [COUNT]}"},
		{"grant-permission", "USE_MONEY", "{[{3 TELLER}] [] [COUNT USE_MONEY]}"},
		{"join-group", "Friends & family", "{[{3 TELLER}] [{1 Friends & family}] [COUNT USE_MONEY]}"},
		{"revoke-permission", "USE_MONEY", "{[{3 TELLER}] [{1 Friends & family}] [COUNT]}"},
		{"leave-group", "Friends & family", "{[{3 TELLER}] [] [COUNT]}"},
	} {
		b.change(ann, step.do, step.name).leadsTo(t, pageOf(ann))
		if got := standing(); got != step.want {
			t.Errorf("%s %s: %s, want %s", step.do, step.name, got, step.want)
		}
		b.get(pageOf(ann)).wants(t, http.StatusOK, "Done. It counts from their next request on.")
	}
	b.change(ann, "deactivate", "").leadsTo(t, pageOf(ann))
	b.get(pageOf(ann)).wants(t, http.StatusOK, ">Inactive<", ">Activate<")
	if _, err := w.people.Check(ctx, ann.bank, identity.Bank); err == nil {
		t.Error("the session of somebody who was deactivated lives on")
	}
	b.change(ann, "activate", "").leadsTo(t, pageOf(ann))
	b.get(pageOf(ann)).wants(t, http.StatusOK, ">Active<")
	gone := w.register()
	w.must(w.people.Erase(ctx, gone.id))
	b.change(gone, "activate", "").wants(t, http.StatusConflict, "This person has left", "Nobody can be them again.")

	before := standing()
	b.change(ann, "grant-permission", "*").wants(t, http.StatusBadRequest, "named with capitals")
	b.change(ann, "grant-role", "NOBODY").wants(t, http.StatusBadRequest, "no such role")
	b.change(ann, "join-group", "Nobody").wants(t, http.StatusBadRequest, "no such role or group")
	b.change(ann, "marry", "").wants(t, http.StatusBadRequest, "not understood")
	b.post("/console/people/change", "user", "999", "do", "deactivate").wants(t, http.StatusNotFound, "Nothing is here")
	if got := standing(); got != before {
		t.Errorf("what was refused has changed something: %s", got)
	}
}

func TestAnAdministratorDoesNotShutThemselvesOut(t *testing.T) {
	w := newWorld(t)
	admin, b := w.administrator()
	b.change(admin, "deactivate", "").wants(t, http.StatusForbidden, "You cannot shut yourself out here.")
	b.change(admin, "revoke-role", identity.RoleAdmin).wants(t, http.StatusForbidden, "You cannot shut yourself out here.")
	a := b.get(pageOf(admin))
	a.wants(t, http.StatusOK, "ADMIN")
	if strings.Contains(a.body, "Deactivate") {
		t.Error("the page offers it")
	}
}

func TestSecurity25ManagingPeopleTakesAnAdministratorWithTwoSteps(t *testing.T) {
	w := newWorld(t)
	_, _ = w.administrator()
	p, b := w.register(), w.browser()
	ask := func() []answer {
		return []answer{
			b.get("/console/people"), b.get(pageOf(p)), b.post("/console/people/find", "user", p.email), b.change(p, "grant-role", identity.RoleAdmin),
		}
	}
	for _, a := range ask() {
		a.leadsTo(t, "/console") // nobody is signed in
	}
	b.signIn(p)
	if strings.Contains(b.get("/console").body, "/console/people") {
		t.Error("the page is offered to those who may not see it")
	}
	for _, a := range ask() {
		a.wants(t, http.StatusForbidden, "This is for administrators")
	}
	if w.people.Require(t.Context(), p.id, identity.Everything) == nil {
		t.Fatal("they have made themselves an administrator")
	}

	w.must(w.people.GrantRole(t.Context(), p.id, identity.RoleAdmin))
	w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, false))
	b = w.browser()
	b.signIn(p) // by password alone
	for _, a := range ask() {
		a.leadsTo(t, "/console/security")
	}
	b.get("/console/security").wants(t, http.StatusOK, "Managing people takes a two-step sign-in.")

	w.must(w.people.SetTwoFactorRequired(t.Context(), p.id, true))
	b = w.browser()
	b.signIn(p)
	b.get("/console/people").wants(t, http.StatusOK, "<h1>People</h1>")
	w.must(w.people.RevokeRole(t.Context(), p.id, identity.RoleAdmin))
	b.get("/console/people").wants(t, http.StatusForbidden, "This is for administrators")
}

func TestAdministratorsFormsFromOtherOriginsAreRefused(t *testing.T) {
	w := newWorld(t, trustApp)
	_, b := w.administrator()
	ann := w.register()
	for path, form := range map[string]url.Values{
		"/console/people/find":   {"user": {ann.email}},
		"/console/people/change": {"user": {fmt.Sprint(int64(ann.id))}, "do": {"grant-role"}, "name": {identity.RoleAdmin}},
	} {
		for _, origin := range []string{"https://evil.example", trustedApp, "null"} {
			r := b.request(http.MethodPost, path, form)
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", origin)
			b.do(r).wants(t, http.StatusForbidden, "Another site sent this form. Nothing was changed.")
		}
	}
	if w.people.Require(t.Context(), ann.id, identity.Everything) == nil {
		t.Error("another site has made an administrator")
	}
}

func TestSecurity22PeoplesPagesShowNoMarkupOfPeopleAndAreSealed(t *testing.T) {
	w := newWorld(t)
	_, b := w.administrator()
	_, err := w.people.CreateGroup(t.Context(), hostile[0])
	w.must(err)
	ann := w.register(func(c *identity.Confirmation) { c.FirstName, c.LastName = hostile[0], hostile[1] })
	w.must(w.people.JoinGroup(t.Context(), ann.id, hostile[0]))
	for _, path := range []string{"/console/people", pageOf(ann)} {
		a := b.get(path)
		a.wants(t, http.StatusOK)
		for _, bad := range []string{"<script", "<img", " style=", " onclick="} {
			if strings.Contains(a.body, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
		if a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

func TestTheSessionsOfThePersonalAccountAreShownWithTheirBrowser(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	w.must(w.engine.Update(t.Context(), func(tx store.Tx) error {
		_, err := w.people.StartSession(tx, p.id, identity.OneFactor, identity.Client{Surface: identity.Personal, Address: "192.0.2.9", UserAgent: "Яндекс Браузер 24.1"})
		return err
	}))
	b.signIn(p)
	b.get("/console/security").wants(t, http.StatusOK, "Яндекс Браузер 24.1", "Personal account", "192.0.2.9", "password only")
}
