package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
	"purse/internal/store/storetest"
)

// nodes are two engines over one database, used in turn.
type nodes struct {
	engines [2]*postgres.Store
	turn    atomic.Int64
}

func (n *nodes) next() *postgres.Store { return n.engines[n.turn.Add(1)%2] }

func (n *nodes) Update(ctx context.Context, fn func(store.Tx) error) error {
	return n.next().Update(ctx, fn)
}

func (n *nodes) View(ctx context.Context, fn func(store.Tx) error) error {
	return n.next().View(ctx, fn)
}

func (n *nodes) Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error) {
	return n.next().Apply(ctx, request)
}

func (n *nodes) Close() error { return errors.Join(n.engines[0].Close(), n.engines[1].Close()) }

func TestTwoNodesTogetherKeepTheContract(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as the contract itself")
	}
	var databases sync.Map
	storetest.Run(t, func(t testing.TB, c clock.Clock) store.Engine {
		t.Helper()
		address, known := databases.Load(t)
		if !known {
			address = pgtest.Database(t)
			databases.Store(t, address)
		}
		return &nodes{engines: [2]*postgres.Store{open(t, address.(string), c), open(t, address.(string), c)}}
	})
}

func TestNodesThatStartAtOnceMigrateOnce(t *testing.T) {
	address := pgtest.Database(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			s, err := postgres.Open(context.Background(), postgres.Options{URL: address, Clock: clock.System{}})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestASchemaOfANewerPurseIsRefused(t *testing.T) {
	address := pgtest.Database(t)
	if err := open(t, address, clock.System{}).Close(); err != nil {
		t.Fatal(err)
	}
	execute(t, address, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	if _, err := postgres.Open(t.Context(), postgres.Options{URL: address, Clock: clock.System{}}); !errors.Is(err, postgres.ErrNewerSchema) {
		t.Errorf("Open: %v", err)
	}
	if _, err := postgres.OpenForReading(t.Context(), postgres.Options{URL: address, Clock: clock.System{}}); !errors.Is(err, postgres.ErrNewerSchema) {
		t.Errorf("OpenForReading: %v", err)
	}
}

func TestADatabaseWithoutPurseIsNotReadAsOne(t *testing.T) {
	if _, err := postgres.OpenForReading(t.Context(), postgres.Options{URL: pgtest.Database(t), Clock: clock.System{}}); !errors.Is(err, postgres.ErrOtherSchema) {
		t.Errorf("OpenForReading: %v", err)
	}
}

// execute runs a statement beside Purse.
func execute(t *testing.T, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestTwoNodesWithMoreCallersThanConnectionsKeepTheBooks(t *testing.T) {
	address := pgtest.Database(t)
	engines := [2]*postgres.Store{open(t, address, clock.System{}), open(t, address, clock.System{})}
	ids := ledgertest.Fund(t, engines[0], 5, 1_000_000)
	const callers, each = 80, 10
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			s := engines[caller%2]
			for n := range each {
				// Everybody pays the first account, and some of them from it.
				request := ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: ids[1+n%4], To: ids[0], Amount: money.New(1, money.USD)}}}
				if n%3 == 0 {
					p := &request.Postings[0]
					p.From, p.To = p.To, p.From
				}
				var err error
				if caller%4 < 2 {
					var outcome ledger.Outcome
					outcome, err = s.Apply(context.Background(), request)
					err = errors.Join(err, outcome.Err)
				} else {
					err = s.Update(context.Background(), func(tx store.Tx) error {
						_, err := ledger.Post(tx, request)
						return err
					})
				}
				if err != nil {
					t.Errorf("caller %d: %v", caller, err)
				}
			}
		})
	}
	wait.Wait()
	verify(t, engines[1], 5+callers*each)
}

// verify checks the books and how many transfers there are.
func verify(t *testing.T, s *postgres.Store, transfers int64) {
	t.Helper()
	err := s.View(context.Background(), func(tx store.Tx) error {
		_, _, found, err := tx.AuditSize()
		if err == nil && found != transfers {
			err = fmt.Errorf("%d transfers, want %d", found, transfers)
		}
		return errors.Join(err, ledger.Verify(tx, func(b ledger.Breach) { t.Errorf("verify: %v", b) }, func(int64, int64) {}))
	})
	if err != nil {
		t.Error(err)
	}
}
