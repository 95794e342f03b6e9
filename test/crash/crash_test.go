// Package crash kills the real program under load and looks at what is left.
package crash

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	apptest.RemoveBinary()
	os.Exit(code)
}

const (
	rounds  = 10
	people  = 8
	callers = 32
)

// TestKilledUnderTransfersNothingAcknowledgedIsLost ends the program with
// kill -9 while many callers transfer, ten times over one database: every
// transfer that was answered is in the history, and the books verify.
func TestKilledUnderTransfersNothingAcknowledgedIsLost(t *testing.T) {
	directory := t.TempDir()
	environment := []string{"PURSE_DATABASE_URL=sqlite:" + filepath.Join(directory, "purse.db"), "PURSE_CARD_GRANT=1000000", "PURSE_RATE_LIMITS=off"}
	ctx := context.Background()
	purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
	clients := make([]*apptest.Client, people)
	cards := make([]string, people)
	for i := range clients {
		clients[i] = apptest.NewClient(purse.Base, i)
		if err := clients[i].Register(ctx); err != nil {
			t.Fatal(err)
		}
		card, err := clients[i].OpenCard(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cards[i] = card.Number
	}
	acknowledged := make([]map[string]bool, people) // transfer ids by the sender
	for i := range acknowledged {
		acknowledged[i] = map[string]bool{}
	}
	for round := range rounds {
		count := transferUntilKilled(ctx, purse, clients, cards, acknowledged, 40+20*round)
		if count == 0 {
			t.Fatalf("round %d: nothing was acknowledged, so nothing was tested", round)
		}
		if output, code := apptest.RunBinary(t, environment, "verify"); code != 0 {
			t.Fatalf("round %d: purse verify exits with %d:\n%s", round, code, output)
		}
		purse = apptest.Start(t, environment, "dev", "--listen", "{listen}")
		for i, client := range clients {
			client.Base = purse.Base
			if lost := missing(ctx, t, client, cards[i], acknowledged[i]); len(lost) > 0 {
				t.Fatalf("round %d: person %d: %d acknowledged transfers are not in the history: %s", round, i, len(lost), strings.Join(lost, ", "))
			}
		}
	}
}

// transferUntilKilled has callers transfer, kills the program after that many
// acknowledgements, and returns how many there were when all had noticed.
func transferUntilKilled(ctx context.Context, purse *apptest.Process, clients []*apptest.Client, cards []string, acknowledged []map[string]bool, killAfter int) int {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var (
		wait  sync.WaitGroup
		mutex sync.Mutex
		count int
		kill  sync.Once
	)
	for caller := range callers {
		wait.Go(func() {
			i := caller % people
			client := *clients[i] // a connection pool of its own is not needed, a cookie of its own is
			for n := 0; ; n++ {
				id, err := client.Transfer(ctx, cards[i], cards[(i+1+n%(people-1))%people], "0.01")
				if err != nil {
					return // the program is gone
				}
				mutex.Lock()
				acknowledged[i][id] = true
				count++
				enough := count >= killAfter
				mutex.Unlock()
				if enough {
					kill.Do(purse.Kill)
				}
			}
		})
	}
	wait.Wait()
	kill.Do(purse.Kill)
	return count
}

// missing reads a card's whole history, page by page, and returns which of
// the acknowledged transfers are not in it.
func missing(ctx context.Context, t *testing.T, client *apptest.Client, card string, acknowledged map[string]bool) []string {
	t.Helper()
	found := map[string]bool{}
	before := ""
	for {
		answer, err := client.Call(ctx, "POST", "/card/history?limit=500"+before, fmt.Sprintf(`{"card_number":%q}`, card))
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status == 401 { // the session has outlived nothing, but its sliding may not have been written
			if err := client.SignIn(ctx); err != nil {
				t.Fatal(err)
			}
			continue
		}
		var page struct {
			History []struct {
				ID string `json:"id"`
			} `json:"history"`
		}
		if err := answer.Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, line := range page.History {
			found[line.ID] = true
		}
		if len(page.History) == 0 {
			break
		}
		before = "&before=" + page.History[len(page.History)-1].ID
	}
	var lost []string
	for id := range acknowledged {
		if !found[id] {
			lost = append(lost, id)
		}
	}
	return lost
}
