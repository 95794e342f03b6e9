package surfaces

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"purse/internal/apptest"
	"purse/internal/httpkit"
)

func TestSecurity17AKeyIsBoundToItsCallerRouteAndBody(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "PURSE_CARD_GRANT=1000")
		mine, theirs, my, their := two(w)
		send := func(h *holder, surface, path, body string) string {
			answer := w.call("POST", path, body, h.headers[surface][0], h.headers[surface][1], "Idempotency-Key", "k")
			return told(answer)
		}
		pay := func(from, to things, amount int) string {
			return fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":%d}`, from["card"], to["card"], amount)
		}
		first := send(mine, "bank", "/card/transfer", pay(my, their, 1))
		if again := send(mine, "bank", "/card/transfer", pay(my, their, 1)); again != first || !strings.HasPrefix(first, "200 ") {
			t.Errorf("the same again: %s, was %s", again, first)
		}
		if other := send(mine, "bank", "/card/transfer", pay(my, their, 2)); !strings.HasPrefix(other, "422 ") {
			t.Errorf("another body: %s", other)
		}
		// Another route and another caller have the key to themselves.
		if other := send(mine, "bank", "/savings/topUp", fmt.Sprintf(`{"amount":1,"saving_account_id":%s,"card_id":%s}`, my["goal"], my["cardID"])); !strings.HasPrefix(other, "200 ") {
			t.Errorf("another route: %s", other)
		}
		if other := send(theirs, "bank", "/card/transfer", pay(their, my, 1)); !strings.HasPrefix(other, "200 ") || other == first {
			t.Errorf("another caller: %s", other)
		}
		deposit := "/users/wallets/" + my["wallet"] + "/deposit/"
		if other := send(mine, "wallet", deposit, `{"amount":"1.00"}`); !strings.HasPrefix(other, "201 ") {
			t.Errorf("another surface: %s", other)
		}
		if answer := w.call("GET", "/card", nil, mine.headers["bank"][0], mine.headers["bank"][1]); !strings.Contains(string(answer.Body), `"balance":999.00`) {
			t.Errorf("after one paid, one received and one saved: %s", told(answer))
		}
	})
}

// whatMoves are the tables that Purse writes by itself or for the time of a last use.
var whatMoves = []string{"jobs", "units", "sessions", "outbox", "meta", "sequences"}

func TestSecurity8NoGetChangesAnythingOnAnySurface(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL, "PURSE_CARD_GRANT=1000")
		mine, theirs, my, their := two(w)
		state := func() string {
			if strings.HasPrefix(databaseURL, "sqlite:") {
				return mine.book(my) + theirs.book(their)
			}
			rows := apptest.Rows(t, databaseURL)
			for _, table := range whatMoves {
				delete(rows, table)
			}
			return fmt.Sprint(rows)
		}
		before, seen := state(), 0
		for _, m := range mounted(t) {
			if m.Surface == "" || m.Surface == "dev" || m.Method != http.MethodGet {
				continue
			}
			path := strings.NewReplacer("/wallets/{id}", "/wallets/"+my["wallet"], "/user/{id}", "/user/"+mine.id, "/card/{id}", "/card/"+my["cardID"], "/people/{id}", "/people/"+mine.id,
				"{four_digits}", my["last"], "{message_id}", my["message"], "{search}", "search-name", "{name}", "none").Replace(m.Path)
			query := "?id=" + their["user"] + "&do=deactivate&amount=1&name=mine&required=no&logout=1"
			for _, method := range []string{"GET", "HEAD"} {
				answer := w.call(method, path+query, nil, mine.headers[m.Surface][0], mine.headers[m.Surface][1])
				if answer.Status >= 500 || answer.Status == http.StatusUnauthorized {
					t.Errorf("%s %s: %s", method, path, told(answer))
				}
				if m.Access == httpkit.SignedIn && answer.Status == http.StatusOK {
					seen++
				}
			}
		}
		if after := state(); after != before {
			t.Errorf("a GET has changed something: from\n%s\nto\n%s", before, after)
		}
		if seen < 20 {
			t.Errorf("only %d GETs for the signed-in answered", seen)
		}
	})
}
