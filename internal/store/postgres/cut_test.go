package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/clock"
	"purse/internal/ledger"
	"purse/internal/ledger/ledgertest"
	"purse/internal/money"
	"purse/internal/store"
	"purse/internal/store/postgres"
	"purse/internal/store/postgres/pgtest"
)

// proxy stands between Purse and its database, and cuts connections: when cut
// says so, at the answer to a commit that the database has carried out, or
// before a message of Purse's arrives.
type proxy struct {
	t        *testing.T
	listener net.Listener
	socket   string
	cut      func(committed bool) bool
	cuts     [2]atomic.Int64 // before a message, after a commit
}

// through starts a proxy before a database, and returns the address to use.
func through(t *testing.T, address string, cut func(committed bool) bool) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, socket: filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"), cut: cut}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.listener.Close() })
	go p.run()
	return p, "postgres://purse@" + p.listener.Addr().String() + u.Path + "?sslmode=disable&search_path=" + u.Query().Get("search_path")
}

func (p *proxy) run() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", p.socket)
		if err != nil {
			p.t.Errorf("proxy: %v", err)
			client.Close()
			return
		}
		go p.pass(client, server, func([]byte) bool { return p.cut(false) }, &p.cuts[0])
		go p.pass(server, client, func(chunk []byte) bool {
			return bytes.Contains(chunk, []byte("COMMIT\x00")) && p.cut(true)
		}, &p.cuts[1])
	}
}

// pass copies what one side says to the other until either ends or stop cuts in.
func (p *proxy) pass(from, to net.Conn, stop func(chunk []byte) bool, cuts *atomic.Int64) {
	defer from.Close()
	defer to.Close()
	chunk := make([]byte, 1<<16)
	for {
		n, err := from.Read(chunk)
		if err != nil {
			return
		}
		if stop(chunk[:n]) {
			cuts.Add(1)
			return
		}
		if _, err := to.Write(chunk[:n]); err != nil {
			return
		}
	}
}

func TestATransactionCutOffAtItsCommitHappensOnce(t *testing.T) {
	address := pgtest.Database(t)
	direct := open(t, address, clock.System{})
	ids := ledgertest.Fund(t, direct, 8, 1_000_000)
	var armed atomic.Bool
	var commits, messages atomic.Int64
	p, cutting := through(t, address, func(committed bool) bool {
		switch {
		case !armed.Load():
			return false
		case committed:
			return commits.Add(1)%3 == 0
		}
		return messages.Add(1)%29 == 0
	})
	s := open(t, cutting, clock.System{})
	armed.Store(true)
	defer armed.Store(false)
	const callers, each = 16, 12
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			for n := range each {
				i := (caller + n) % len(ids)
				request := ledger.Request{Kind: "transfer", Postings: []ledger.Posting{{From: ids[i], To: ids[(i+1)%len(ids)], Amount: money.New(1, money.USD)}}}
				var err error
				if caller%2 == 0 {
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
	armed.Store(false)
	if p.cuts[0].Load() == 0 || p.cuts[1].Load() == 0 {
		t.Errorf("%d connections were cut before a message, %d after a commit: nothing was tested", p.cuts[0].Load(), p.cuts[1].Load())
	}
	t.Logf("cut %d connections before a message, %d after a commit", p.cuts[0].Load(), p.cuts[1].Load())
	verify(t, direct, int64(len(ids))+callers*each)
}

func TestADatabaseThatCrashesLosesNothingAcknowledged(t *testing.T) {
	server := pgtest.Server(t)
	s := open(t, pgtest.Database(t), clock.System{})
	ids := ledgertest.Fund(t, s, 8, 1_000_000)
	var acknowledged, failed atomic.Int64
	transfer := func(i int) {
		outcome, err := s.Apply(context.Background(), ledger.Request{Kind: "transfer", Postings: []ledger.Posting{
			{From: ids[i%8], To: ids[(i+1)%8], Amount: money.New(1, money.USD)},
		}})
		if errors.Join(err, outcome.Err) != nil {
			failed.Add(1)
			return
		}
		acknowledged.Add(1)
	}
	ended := make(chan struct{})
	var wait sync.WaitGroup
	for caller := range 16 {
		wait.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					transfer(caller)
				}
			}
		})
	}
	for i := range 20 {
		transfer(i)
	}
	if err := errors.Join(server.Kill(), server.Start()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		transfer(i)
	}
	close(ended)
	wait.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d were told that the database is away, although it was for a moment", failed.Load())
	}
	verify(t, s, 8+acknowledged.Load())
}

func TestOfSeveralHostsOneThatAnswersIsFound(t *testing.T) {
	_, address := through(t, pgtest.Database(t), func(bool) bool { return false })
	s := open(t, strings.Replace(address, "@", "@127.0.0.1:1,", 1)+"&target_session_attrs=read-write", clock.System{}) // nobody listens on port 1
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.SetMeta("a", "1") }); err != nil {
		t.Error(err)
	}
}

func TestAnAddressThatIsNoneIsNotRepeatedInTheError(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://purse:hunter2@host:port/purse", Clock: clock.System{}})
	if !errors.Is(err, postgres.ErrURL) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open: %v", err)
	}
}
