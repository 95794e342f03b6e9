// Package linear records what concurrent callers are told about balances, and
// asks whether one order of their calls explains all of it: an order in which
// every call takes effect at one moment between its beginning and its end.
package linear

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
	"purse/test/fault/cutproxy"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	groups  = 8
	callers = 5  // in each group
	calls   = 80 // of each caller

	checkTimeout = time.Minute // the check takes well below a second; a broken history may take for ever
)

func TestConcurrentCallsHaveOneOrder(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { checkOrder(t, enginetest.SQLite.Open(t, clock.System{})) })
	for nodes := 1; nodes <= 2; nodes++ {
		t.Run(fmt.Sprintf("postgres, nodes: %d", nodes), func(t *testing.T) {
			address := pgtest.Database(t)
			var engines []store.Engine
			for n := range nodes {
				ahead := &clock.Movable{} // clocks differ, and no order may rest on them
				ahead.AdvanceTo(time.Now().Add(time.Duration(n) * time.Hour))
				engines = append(engines, enginetest.Open(t, address, ahead))
			}
			checkOrder(t, engines...)
		})
	}
}

// TestConcurrentCallsHaveOneOrderWhileConnectionsAreCut is the same with the
// connections of the node cut at commits. The node finds out what became of
// each, so the callers still get whole answers.
func TestConcurrentCallsHaveOneOrderWhileConnectionsAreCut(t *testing.T) {
	for _, moment := range []cutproxy.Moment{cutproxy.BeforeCommit, cutproxy.LateCommit, cutproxy.AfterCommit} {
		t.Run(moment.String(), func(t *testing.T) {
			proxy, through := cutproxy.Start(t, pgtest.Database(t))
			node := enginetest.Open(t, through, clock.System{})
			proxy.Cut(10, moment)
			checkOrder(t, node)
			if proxy.Cuts(moment) == 0 {
				t.Error("no connection was cut")
			}
			t.Logf("%d connections were cut", proxy.Cuts(moment))
		})
	}
}

// checkOrder lets callers loose on the nodes of one database.
func checkOrder(t *testing.T, nodes ...store.Engine) {
	t.Helper()
	accounts := ledgertest.Fund(t, nodes[0], groups*size, initial)
	start := time.Now()
	histories := make([][]porcupine.Operation, groups*callers)
	var wait sync.WaitGroup
	for c := range histories {
		wait.Go(func() {
			group := c % groups
			p := caller{group: group, accounts: accounts[group*size : (group+1)*size], random: rand.New(rand.NewPCG(uint64(c), 1))}
			for range calls {
				node := nodes[p.random.IntN(len(nodes))]
				asked, do := p.next()
				called := time.Since(start)
				answered, err := do(node)
				returned := time.Since(start)
				if err != nil {
					t.Errorf("caller %d: %v: %v", c, asked, err)
					return
				}
				histories[c] = append(histories[c], porcupine.Operation{
					ClientId: c, Input: asked, Output: answered, Call: int64(called), Return: int64(returned),
				})
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	var history []porcupine.Operation
	refused := 0
	for _, h := range histories {
		for _, o := range h {
			if o.Output.(answer).refused {
				refused++
			}
		}
		history = append(history, h...)
	}
	if refused == 0 || refused > len(history)/2 {
		t.Errorf("%d of %d calls were refused: the callers do not try what they should", refused, len(history))
	}
	result, info := porcupine.CheckOperationsVerbose(model, history, checkTimeout)
	if result != porcupine.Ok {
		picture := filepath.Join(t.ArtifactDir(), "history.html")
		t.Errorf("no order explains what %d calls were told (%s); go test -artifacts keeps a picture: %s %v",
			len(history), result, picture, porcupine.VisualizePath(model, info, picture))
	}
	ledgertest.Verify(t, nodes[0])
	if sum := ledgertest.Sum(t, nodes[0], accounts); sum != groups*size*initial {
		t.Errorf("the accounts hold %d cents, and began with %d", sum, groups*size*initial)
	}
	for _, account := range accounts {
		checkHistory(t, ledgertest.History(t, nodes[0], account))
	}
	t.Logf("%d calls, %d of them refused, have one order", len(history), refused)
}

// checkHistory wants the ids of an account's transfers and entries to tell
// their order, whichever node gave them.
func checkHistory(t *testing.T, newestFirst []ledger.Line) {
	t.Helper()
	for i := 1; i < len(newestFirst); i++ {
		later, earlier := newestFirst[i-1], newestFirst[i]
		if later.ID <= earlier.ID || bytes.Compare(later.Transfer[:], earlier.Transfer[:]) < 0 || later.Seq != earlier.Seq+1 {
			t.Errorf("account %d: entry %d of %s comes after entry %d of %s", later.Account, later.ID, later.Transfer, earlier.ID, earlier.Transfer)
		}
	}
}

// caller asks at random, within one group.
type caller struct {
	group    int
	accounts []ledger.AccountID
	random   *rand.Rand
}

// next draws a call and how it is made: half are transfers that share a
// commit, the others are units of work of their own, with one or two postings,
// or looks.
func (c *caller) next() (call, func(store.Engine) (answer, error)) {
	asked := call{group: c.group}
	draw := c.random.IntN(8)
	if draw < 2 {
		return asked, c.look
	}
	asked.postings = append(asked.postings, c.posting())
	if draw%2 == 1 {
		asked.postings = append(asked.postings, c.posting())
	}
	request := ledger.Request{Kind: "transfer"}
	for _, p := range asked.postings {
		request.Postings = append(request.Postings, ledger.Posting{From: c.accounts[p.from], To: c.accounts[p.to], Amount: money.New(p.cents, money.USD)})
	}
	if draw < 6 {
		return asked, func(e store.Engine) (answer, error) {
			outcome, err := e.Apply(context.Background(), request)
			return c.told(outcome.Transfer, errors.Join(outcome.Err, err))
		}
	}
	return asked, func(e store.Engine) (answer, error) {
		var made ledger.Transfer
		err := e.Update(context.Background(), func(tx store.Tx) (err error) {
			made, err = ledger.Post(tx, request)
			return err
		})
		return c.told(made, err)
	}
}

func (c *caller) posting() posting {
	from := c.random.IntN(size)
	return posting{from: from, to: (from + 1 + c.random.IntN(size-1)) % size, cents: 1 + c.random.Int64N(initial)}
}

// told is what a transfer tells of balances.
func (c *caller) told(made ledger.Transfer, err error) (answer, error) {
	if errors.Is(err, ledger.ErrInsufficientFunds) {
		return answer{refused: true}, nil
	}
	var a answer
	for i, account := range c.accounts {
		if after, touched := made.BalanceAfter(account); touched {
			a.known[i], a.after[i] = true, after.Minor()
		}
	}
	return a, err
}

// look reads a group's balances in one snapshot.
func (c *caller) look(e store.Engine) (a answer, err error) {
	err = e.View(context.Background(), func(tx store.Tx) error {
		found, err := tx.Accounts(c.accounts)
		for i := range found {
			a.known[i], a.after[i] = true, found[i].Balance.Minor()
		}
		return err
	})
	return a, err
}

// TestTheCheckFindsWhatIsWrong holds the model itself to its word.
func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	look := func(from, to int64, b balances) porcupine.Operation {
		return porcupine.Operation{Input: call{}, Output: answer{known: [size]bool{true, true, true}, after: b}, Call: from, Return: to}
	}
	move := func(from, to int64, refused bool, p ...posting) porcupine.Operation {
		return porcupine.Operation{ClientId: 1, Input: call{postings: p}, Output: answer{refused: refused}, Call: from, Return: to}
	}
	all := posting{0, 1, initial}
	for _, test := range []struct {
		name    string
		history []porcupine.Operation
		want    porcupine.CheckResult
	}{
		{"a look after a transfer", []porcupine.Operation{move(0, 1, false, all), look(2, 3, balances{0, 200, 100})}, porcupine.Ok},
		{"a look beside a transfer", []porcupine.Operation{move(0, 3, false, all), look(1, 2, balances{100, 100, 100})}, porcupine.Ok},
		{"a stale look", []porcupine.Operation{move(0, 1, false, all), look(2, 3, balances{100, 100, 100})}, porcupine.Illegal},
		{"half a transfer", []porcupine.Operation{move(0, 3, false, all), look(1, 2, balances{0, 100, 100})}, porcupine.Illegal},
		{"spent twice", []porcupine.Operation{move(0, 3, false, all), move(0, 3, false, posting{0, 2, initial})}, porcupine.Illegal},
		{"refused with money there", []porcupine.Operation{move(0, 1, true, all)}, porcupine.Illegal},
		{"a refused transfer that moved", []porcupine.Operation{move(0, 1, true, posting{0, 1, 1}, posting{0, 2, initial}), look(2, 3, balances{99, 101, 100})}, porcupine.Illegal},
		{"time that goes back", []porcupine.Operation{move(0, 9, false, all), look(1, 2, balances{0, 200, 100}), look(3, 4, balances{100, 100, 100})}, porcupine.Illegal},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := porcupine.CheckOperationsTimeout(model, test.history, checkTimeout); got != test.want {
				t.Errorf("the check says %s, want %s", got, test.want)
			}
		})
	}
}
