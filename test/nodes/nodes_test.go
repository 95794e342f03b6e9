// Package nodes runs several of the real program over one PostgreSQL database.
package nodes

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// environment is what the nodes of one database share.
func environment(t *testing.T) []string {
	t.Helper()
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(7 * i)
	}
	return []string{
		"PURSE_DATABASE_URL=" + pgtest.Database(t), "PURSE_SECRET_KEY=" + base64.StdEncoding.EncodeToString(key),
		"PURSE_CARD_GRANT=1000", "PURSE_RATE_LIMITS=off",
	}
}

// at is the same person at another node.
func at(c *apptest.Client, node *apptest.Process) *apptest.Client {
	other := *c
	other.Base = node.Base
	return &other
}

// TestWhatOneNodeDoesTheOtherKnows follows two people over two nodes.
func TestWhatOneNodeDoesTheOtherKnows(t *testing.T) {
	ctx := context.Background()
	shared := environment(t)
	one := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	two := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	ada, bob := apptest.NewClient(one.Base, 1), apptest.NewClient(two.Base, 2)
	for _, c := range []*apptest.Client{ada, bob} {
		if err := c.Register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	from, err := at(ada, two).OpenCard(ctx)
	if err != nil {
		t.Fatalf("the other node does not know the session: %v", err)
	}
	to, err := at(bob, one).OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ada.Transfer(ctx, from.Number, to.Number, "12.5"); err != nil {
		t.Fatal(err)
	}
	if _, err := at(bob, one).Transfer(ctx, to.Number, from.Number, "2.5"); err != nil {
		t.Fatal(err)
	}
	for _, node := range []*apptest.Process{one, two} {
		var cards []apptest.Card
		if err := at(ada, node).Must(ctx, http.MethodGet, "/card", nil, &cards); err != nil {
			t.Fatal(err)
		}
		if len(cards) != 1 || fmt.Sprint(cards[0].Balance) != "990.00" {
			t.Errorf("the cards at %s: %+v", node.Base, cards)
		}
	}
	verify(t, shared)
}

// TestWhatAnAdministratorChangesAtOneNodeCountsAtTheNextRequestOnTheOther takes a
// right away and gives it again in the console of one node.
func TestWhatAnAdministratorChangesAtOneNodeCountsAtTheNextRequestOnTheOther(t *testing.T) {
	ctx := context.Background()
	shared := environment(t)
	one := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	two := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	ada, bob := apptest.NewClient(one.Base, 1), apptest.NewClient(two.Base, 2)
	ada.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, c := range []*apptest.Client{ada, bob} {
		if err := c.Register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if output, code := apptest.RunBinary(t, shared, "admin", "role", "grant", ada.Email, "ADMIN"); code != 0 {
		t.Fatal(output)
	}
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

// TestTheOtherNodeGoesOnWhenOneIsKilled ends one node with kill -9 under load:
// every transfer that either acknowledged is in the history, and the books verify.
func TestTheOtherNodeGoesOnWhenOneIsKilled(t *testing.T) {
	ctx := context.Background()
	shared := environment(t)
	one := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	two := apptest.Start(t, shared, "dev", "--listen", "{listen}")
	const people, each = 4, 25
	clients, cards := make([]*apptest.Client, people), make([]string, people)
	for i := range clients {
		clients[i] = apptest.NewClient(one.Base, i)
		if err := clients[i].Register(ctx); err != nil {
			t.Fatal(err)
		}
		card, err := clients[i].OpenCard(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cards[i] = card.Number
	}
	var mutex sync.Mutex
	acknowledged := map[string]int{} // transfer's id to its sender
	half := make(chan struct{}, 2*people*each)
	var wait sync.WaitGroup
	for i := range 2 * people {
		node := []*apptest.Process{one, two}[i/people]
		client := at(clients[i%people], node)
		wait.Go(func() {
			for range each {
				id, err := client.Transfer(ctx, cards[i%people], cards[(i+1)%people], "0.01")
				half <- struct{}{}
				if err != nil && node == two {
					t.Errorf("the node that lives: %v", err)
				}
				if err == nil {
					mutex.Lock()
					acknowledged[id] = i % people
					mutex.Unlock()
				}
			}
		})
	}
	for range people * each / 2 {
		<-half
	}
	one.Kill()
	wait.Wait()
	found := map[string]bool{}
	for i := range clients {
		answer, err := at(clients[i], two).Call(ctx, http.MethodPost, "/card/history?limit=500", map[string]string{"card_number": cards[i]})
		if err != nil || answer.Status != http.StatusOK {
			t.Fatal(errors.Join(err, fmt.Errorf("the history: %d %s", answer.Status, answer.Body)))
		}
		for id, sender := range acknowledged {
			if sender == i && strings.Contains(string(answer.Body), id) {
				found[id] = true
			}
		}
	}
	if len(found) != len(acknowledged) || len(found) < people*each {
		t.Errorf("%d transfers were acknowledged, %d of them are in the histories", len(acknowledged), len(found))
	}
	verify(t, shared)
}

// verify runs purse verify.
func verify(t *testing.T, environment []string) {
	t.Helper()
	if output, code := apptest.RunBinary(t, environment, "verify"); code != 0 {
		t.Errorf("purse verify exits with %d:\n%s", code, output)
	}
}
