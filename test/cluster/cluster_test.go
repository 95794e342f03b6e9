// Package cluster runs several nodes of the real program on one database and
// holds them to being one Purse, also when one of them is killed.
package cluster

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purse/internal/apptest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

const (
	size = 3 // nodes
	// patience bounds how long a test waits for what must happen soon. What is
	// promised is a second; a machine under load is given more.
	patience = 20 * time.Second
)

// start starts all nodes at once on an empty database.
func start(t *testing.T, address string) (nodes []*apptest.Process) {
	t.Helper()
	for range size {
		nodes = append(nodes, apptest.Launch(t, apptest.Development(address), "dev", "--listen", "{listen}"))
	}
	for _, node := range nodes {
		node.AwaitReady(t)
	}
	return nodes
}

func TestNodesThatStartAtOnceMigrateOnce(t *testing.T) {
	address := pgtest.Database(t)
	start(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var rows, versions int
	if err := conn.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT version_id) FROM goose_db_version`).Scan(&rows, &versions); err != nil {
		t.Fatal(err)
	}
	if versions < 2 || rows != versions {
		t.Errorf("%d migrations were run for %d versions", rows, versions)
	}
}

// TestNodesAreOnePurse signs a person in on one node, spends on another, and
// signs out on the third.
func TestNodesAreOnePurse(t *testing.T) {
	nodes := start(t, pgtest.Database(t))
	ctx := t.Context()
	person := apptest.NewClient(nodes[0].Base, 1)
	must(t, person.Register(ctx))
	person.Cookie = ""
	must(t, person.SignIn(ctx))

	person.Base = nodes[1].Base
	from, err := person.OpenCard(ctx)
	must(t, err)
	to, err := person.OpenCard(ctx)
	must(t, err)
	_, err = person.Transfer(ctx, from.Number, to.Number, "12.34")
	must(t, err)

	person.Base = nodes[2].Base
	var card apptest.Card
	must(t, person.Must(ctx, http.MethodGet, "/card/"+to.Number[len(to.Number)-4:], nil, &card))
	if got, want := card.Balance.String(), "1000012.34"; got != want {
		t.Errorf("the third node shows %s after a transfer at the second, want %s", got, want)
	}

	for _, node := range nodes { // every node knows the session, and may have it in memory
		person.Base = node.Base
		must(t, person.Must(ctx, http.MethodGet, "/auth/me", nil, nil))
	}
	cookie := person.Cookie
	must(t, person.Must(ctx, http.MethodPost, "/auth/logout", nil, nil)) // at the third node
	ended := time.Now()
	for i := size - 1; i >= 0; i-- {
		person.Base = nodes[i].Base
		for {
			person.Cookie = cookie
			answer, err := person.Call(ctx, http.MethodGet, "/auth/me", nil)
			must(t, err)
			if answer.Status == http.StatusUnauthorized {
				break
			}
			if i == size-1 {
				t.Fatalf("the node that ended the session still answers with %d", answer.Status)
			}
			if time.Since(ended) > patience {
				t.Fatalf("node %d still answers with %d for a session that was ended elsewhere", i, answer.Status)
			}
			time.Sleep(10 * time.Millisecond) // between looks
		}
		t.Logf("node %d refused within %v", i, time.Since(ended))
	}
}

// TestTheOthersGoOnWhenANodeIsKilled ends one of three nodes with kill -9 while
// people pay at all of them. Whoever paid there asks another node, under the
// same key where there is one.
func TestTheOthersGoOnWhenANodeIsKilled(t *testing.T) {
	const (
		people  = 8
		callers = 24
		before  = 400 // acknowledged payments until the kill
		after   = 400 // and from then on
	)
	address := pgtest.Database(t)
	nodes := start(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	crowd, err := apptest.NewCrowd(ctx, nodes[0].Base, people)
	must(t, err)
	var (
		wait   sync.WaitGroup
		kill   sync.Once
		mutex  sync.Mutex
		failed int
	)
	for caller := range callers {
		wait.Go(func() {
			node := caller % size
			for n := 0; crowd.Acknowledged() < before+after; n++ {
				p := crowd.Draw(caller)
				if caller%2 == 0 {
					p.Key = fmt.Sprintf("%d-%d", caller, n)
				}
				err := crowd.Pay(ctx, nodes[node].Base, p)
				if crowd.Acknowledged() >= before {
					kill.Do(nodes[0].Kill)
				}
				if err == nil {
					continue
				}
				if node != 0 {
					t.Errorf("node %d was not killed, and answers: %v", node, err)
					return
				}
				mutex.Lock()
				failed++
				mutex.Unlock()
				node = 1 + caller%(size-1)
				if p.Key == "" {
					continue // nobody will ever ask what became of it
				}
				if err := crowd.Pay(ctx, nodes[node].Base, p); err != nil {
					t.Errorf("another node, asked for a payment again: %v", err)
				}
			}
		})
	}
	wait.Wait()
	if failed == 0 {
		t.Error("nobody noticed the kill, so nothing was tested")
	}
	for _, node := range nodes[1:] {
		if err := crowd.Check(ctx, node.Base); err != nil {
			t.Error(err)
		}
	}
	apptest.Verify(t, apptest.Development(address))
	t.Logf("%d payments acknowledged, %d failed at the node that was killed", crowd.Acknowledged(), failed)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
