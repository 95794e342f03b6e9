// Package nodes runs two of the real program over one PostgreSQL database, and
// holds one of them to what the other has ended or changed. That they are one Purse
// in all else, also when one is killed, is in test/cluster.
package nodes

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestWhatAnAdministratorChangesAtOneNodeCountsAtTheNextRequestOnTheOther takes a
// right away and gives it again in the console of one node.
func TestWhatAnAdministratorChangesAtOneNodeCountsAtTheNextRequestOnTheOther(t *testing.T) {
	ctx := context.Background()
	shared := []string{"PURSE_DATABASE_URL=" + pgtest.Database(t), apptest.SecretKey, "PURSE_RATE_LIMITS=off"}
	one := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	two := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	ada, bob := apptest.NewClient(one.Base, 1), apptest.NewClient(two.Base, 2)
	ada.HTTP.CheckRedirect = apptest.Stay
	for _, c := range []*apptest.Client{ada, bob} {
		if err := c.Register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	apptest.Admin(t, shared, "role", "grant", ada.Email, "ADMIN")
	opensCard := func(want int) {
		t.Helper()
		if answer, err := bob.Call(ctx, http.MethodPost, "/card/create", nil); err != nil || answer.Status != want {
			t.Errorf("opening a card: %d %s, %v, want %d", answer.Status, answer.Body, err, want)
		}
	}
	found, err := ada.Call(ctx, http.MethodPost, "/console/people/find", url.Values{"user": {bob.Email}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	page := found.Header.Get("Location")
	if err != nil || found.Status != http.StatusSeeOther {
		t.Fatalf("finding: %d %s, %v", found.Status, found.Body, err)
	}
	change := func(do string) {
		t.Helper()
		form := url.Values{"user": {page[strings.LastIndex(page, "/")+1:]}, "do": {do}, "name": {"USER"}}
		answer, err := ada.Call(ctx, http.MethodPost, "/console/people/change", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if err != nil || answer.Status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s, %v", do, answer.Status, answer.Body, err)
		}
	}
	opensCard(http.StatusOK)
	change("revoke-role")
	opensCard(http.StatusForbidden)
	change("grant-role")
	opensCard(http.StatusOK)
}
