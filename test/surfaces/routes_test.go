package surfaces

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"purse/internal/apidoc"
	"purse/internal/app"
	"purse/internal/httpkit"
	"purse/internal/identity"
)

var update = flag.Bool("update", false, "rewrite the table of routes")

// mounted is everything that a Purse of development, which has the most, answers with.
func mounted(t *testing.T) []httpkit.Mounted {
	t.Helper()
	settings, err := app.Parse(true, app.Text{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "purse.db"), BaseCurrency: "USD", CardGrant: "0", SavingsGrant: "0",
		PublicEmails: "off", RateLimits: "on", GiftFunding: "pledge", RequireVerifiedEmail: "off", RatesMaxAge: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	purse, err := app.Open(t.Context(), settings, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := purse.Close(); err != nil {
			t.Error(err)
		}
	}()
	all := purse.Mounted()
	if len(all) < 90 {
		t.Fatalf("only %d routes are mounted", len(all))
	}
	return all
}

// documented is an operation as the document of its surface has it.
type documented struct {
	Parameters  []parameter
	RequestBody struct {
		Ref     string `json:"$ref"`
		Content map[string]struct {
			Schema  schema
			Example json.RawMessage
		}
	}
}

type parameter struct {
	Name, In string
	Ref      string `json:"$ref"`
}

// schema is a body's; the properties of what it lists stand beside its own.
type schema struct {
	Properties map[string]struct {
		Items struct {
			Ref string `json:"$ref"`
		}
	}
	Ref string `json:"$ref"`
}

// documents are the operations of every surface, by surface and pattern.
func documents(t *testing.T) map[string]map[string]documented {
	t.Helper()
	found := map[string]map[string]documented{}
	for _, surface := range apidoc.Surfaces() {
		raw, _ := apidoc.Document(surface)
		var document struct {
			Paths      map[string]map[string]documented
			Components struct {
				Schemas    map[string]schema
				Parameters map[string]parameter
			}
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		found[surface] = map[string]documented{}
		for path, operations := range document.Paths {
			for method, operation := range operations {
				for i, p := range operation.Parameters {
					if p.Ref != "" {
						operation.Parameters[i] = document.Components.Parameters[filepath.Base(p.Ref)]
					}
				}
				for kind, content := range operation.RequestBody.Content {
					if content.Schema.Ref != "" {
						content.Schema = document.Components.Schemas[filepath.Base(content.Schema.Ref)]
						for name, property := range content.Schema.Properties {
							if list := property.Items.Ref; list != "" {
								delete(content.Schema.Properties, name)
								maps.Copy(content.Schema.Properties, document.Components.Schemas[filepath.Base(list)].Properties)
							}
						}
						operation.RequestBody.Content[kind] = content
					}
				}
				found[surface][strings.ToUpper(method)+" "+path] = operation
			}
		}
	}
	return found
}

func TestSecurity14WhatIsServedIsWhatIsDocumented(t *testing.T) {
	documents := documents(t)
	for _, m := range mounted(t) {
		operations, written := documents[m.Surface]
		if !written {
			continue // a page, the console, what is for development: no clients of others
		}
		pattern := m.Pattern
		if pattern == "GET /info/users/{search}" {
			pattern = "GET /info/users/search-{search}" // a mux has whole segments only
		}
		operation, found := operations[pattern]
		if !found {
			t.Errorf("%s of the %s is in no document", m.Pattern, m.Surface)
		}
		keyed := slices.ContainsFunc(operation.Parameters, func(p parameter) bool { return p.Name == "Idempotency-Key" })
		if keyed != m.MovesMoney {
			t.Errorf("%s of the %s moves money: %t; its document has a key: %t", m.Pattern, m.Surface, m.MovesMoney, keyed)
		}
		delete(operations, pattern)
	}
	for surface, operations := range documents {
		for pattern := range operations {
			t.Errorf("%s of the %s is documented and not there", pattern, surface)
		}
	}
}

// lacking is how the surfaces say that a permission is missing.
var lacking = map[string]string{
	"bank": `{"detail":"The user may not use money"}`, "wallet": `{"detail":"You do not have permission to perform this action."}`,
	"profile": `{"errorMessage":"Недостаточно прав"}`, "gift": `{"error":"권한이 없습니다."}`, "bot": "of which no route asks for one",
	"console": "This is for administrators",
}

// refused are the routes for the signed-in that turn the holder away for want of
// a permission.
func (h *holder) refused(routes []httpkit.Mounted) map[string]bool {
	h.Helper()
	found := map[string]bool{}
	for _, m := range routes {
		if m.Access != httpkit.SignedIn {
			continue
		}
		path := strings.NewReplacer("{id}", h.id, "{four_digits}", "1234", "{message_id}", "1").Replace(m.Path)
		kind, body := "application/json", "{}"
		if m.Surface == "console" {
			kind, body = "application/x-www-form-urlencoded", "none=none"
		}
		if strings.Contains(m.Path, "end") || strings.Contains(m.Path, "logout") {
			continue // ends what this test asks with, and whoever is signed in may do that
		}
		header := h.headers[m.Surface]
		answer := h.call(m.Method, path, body, header[0], header[1], "Content-Type", kind)
		switch {
		case answer.Status == http.StatusUnauthorized:
			h.Errorf("%s: the session is over", m.Pattern)
		case answer.Status == http.StatusForbidden && strings.Contains(string(answer.Body), lacking[m.Surface]):
			found[m.Pattern] = true
		case answer.Status == http.StatusForbidden && m.Surface != "profile": // whose every refusal is one
			h.Errorf("%s: %s", m.Pattern, told(answer))
		}
	}
	return found
}

// permissions says what each route asks for, as it shows when somebody has none
// or only one.
func permissions(t *testing.T, routes []httpkit.Mounted) map[string]string {
	t.Helper()
	w := newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "purse.db"))
	p := w.join(all[0])
	w.askForOneStep(p)
	h := w.holder(p)
	_, token := w.enter(all[0], p)
	h.headers["console"] = asCookie(token)
	w.admin("role", "revoke", p.email, identity.RoleUser)
	asked := map[string]string{}
	for pattern := range h.refused(routes) {
		asked[pattern] = identity.Everything
	}
	for _, permission := range []string{identity.EditProfile, identity.UseMoney} {
		w.admin("permission", "grant", p.email, permission)
		still := h.refused(routes)
		for pattern, known := range asked {
			if known == identity.Everything && !still[pattern] {
				asked[pattern] = permission
			}
		}
		w.admin("permission", "revoke", p.email, permission)
	}
	return asked
}

func TestSecurity14EveryRouteIsInTheTableWithItsScopeLimitAndMoney(t *testing.T) {
	routes := mounted(t)
	asked := permissions(t, routes)
	access := map[httpkit.Access]string{httpkit.Public: "anybody", httpkit.MaybeSignedIn: "anybody, knowing who", httpkit.SignedIn: "signed in"}
	per := map[httpkit.Subject]string{httpkit.PerAddress: "address", httpkit.PerCaller: "user", httpkit.PerSubject: "chat"}
	limit := func(l httpkit.Limit) string {
		if l.Name == "" {
			return "none"
		}
		if l.Rate.Period != time.Minute {
			t.Errorf("%s is not by the minute, as the table says", l.Name)
		}
		return fmt.Sprintf("%s, %d a minute per %s", l.Name, l.Rate.Count, per[l.Per])
	}
	var table strings.Builder
	row := func(cells ...string) {
		for i, width := range []int{8, 44, 21, 13, 40, 6} {
			cells[i] = fmt.Sprintf("%-*s", width, cells[i])
		}
		table.WriteString(strings.TrimRight(strings.Join(cells, " "), " ") + "\n")
	}
	row("surface", "route", "who", "permission", "limit", "money")
	slices.SortStableFunc(routes, func(a, b httpkit.Mounted) int { // pages come in no order
		if a.Surface != "" || b.Surface != "" {
			return 0
		}
		return strings.Compare(a.Pattern, b.Pattern)
	})
	for _, m := range routes {
		if strings.HasPrefix(m.Pattern, "GET /docs/assets/") {
			continue // many files, the same for all
		}
		surface, who, bound, moves := m.Surface, access[m.Access], limit(m.Limit), ""
		if m.Spokesman != nil {
			bound += "; " + limit(m.Spokesman.Limit)
		}
		if m.MovesMoney {
			moves = "moves"
		}
		if surface == "" {
			surface, who = "page", "anybody"
		}
		row(surface, m.Pattern, who, asked[m.Pattern], bound, moves)
	}
	const file = "testdata/routes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if table.String() != string(want) {
		t.Errorf("the routes are not those of %s; look at the difference, then run this test with -update:\n%s", file, table.String())
	}
}

// provesNothing are the writes for anybody that test no credential and send nothing.
var provesNothing = []string{"POST /auth/logout", "DELETE /cleanup-unverified", "POST /console/sign-out"}

func TestSecurity14WhatTestsACredentialIsLimitedByAddress(t *testing.T) {
	for _, m := range mounted(t) {
		if m.Surface == "" || m.Surface == "dev" || m.Access == httpkit.SignedIn || m.Method == http.MethodGet {
			continue
		}
		tight := m.Limit.Per == httpkit.PerAddress && m.Limit.Rate.Count <= 30 && m.Limit.Rate.Period == time.Minute && m.Limit.Shared
		if tight == slices.Contains(provesNothing, m.Pattern) {
			t.Errorf("%s is for anybody: limited by address %t", m.Pattern, tight)
		}
	}
}
