// Package postgres is the engine for more than one node: Purse's rows in a
// PostgreSQL database. Transfers that wait at a node share a transaction
// (commit.go); every other unit of work is a transaction of its own, which
// locks the rows that it decides on and is repeated when the database asks for
// it (unit.go). It holds the SQL of this engine and translates its errors;
// rules live in the domain packages.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/store"
)

// Options says how to open a database.
type Options struct {
	// URL is a postgres:// or postgresql:// address. It may name several hosts;
	// the one that takes writes is found.
	URL   string
	Clock clock.Clock
	// Unfinished says that the database is one that Import has filled, and Finish
	// has not let go yet.
	Unfinished bool
}

// Store is an open database. It is an engine in the sense of package store.
type Store struct {
	clock clock.Clock
	pool  *pgxpool.Pool
	batch *pgxpool.Pool // the committer's one connection
	node  id.UUID       // this run of this Purse
	ids   id.Source     // of transfers and holds
	units id.Source

	accounts *sequence
	entries  *sequence

	slots  chan int      // idle writers: who has one may use one connection
	views  chan struct{} // as many readers as may use a connection
	writer *writer

	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup // units of work and views under way

	closing  sync.Once
	closeErr error
}

var _ store.Engine = (*Store)(nil)

// errClosed is a database that was closed.
var errClosed = fault.ErrUnavailable.Because(errors.New("postgres: the database is closed"))

// ErrURL is an address that is none. Its text leaves the address out, which
// may hold a password.
var ErrURL = errors.New("postgres: not a database address; use postgres://user:password@host:5432/database")

// openTimeout bounds the first connection and the migrations.
const openTimeout = 2 * time.Minute

// Open connects to the database, brings its schema up to date and starts the
// node's committer. It returns ErrNewerSchema when the schema is newer than
// this program.
func Open(ctx context.Context, options Options) (*Store, error) {
	// Half for writers, half for readers, so that neither keeps the other out; one
	// for ids.
	writers := max(4, 2*runtime.GOMAXPROCS(0))
	config, err := configure(options.URL, int32(2*writers+1), unitTimeout+endTimeout) // #nosec G115 -- a few for each processor
	if err != nil {
		return nil, err
	}
	requireWritable(config.ConnConfig)
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	s := &Store{clock: options.Clock, slots: make(chan int, writers), views: make(chan struct{}, writers)}
	s.node = s.units.New(s.clock.Now())
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("postgres: connecting: %w", err)
	}
	if s.batch, err = pgxpool.NewWithConfig(ctx, forBatches(config)); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("postgres: connecting: %w", err)
	}
	if err := s.start(ctx, config.ConnConfig, options.Unfinished); err != nil {
		s.batch.Close()
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

// forBatches is one connection that finds rows by their keys, and plans each
// statement once. Everything that a batch of transfers asks goes by a key, but the
// planner believes that reading a table from end to end is cheaper where the table
// is small or was never counted, which took half of the speed of a young database.
// Other units of work have questions for which it may be right. Engines without
// these settings have no planner that needs them.
func forBatches(config *pgxpool.Config) *pgxpool.Config {
	config = config.Copy()
	config.MaxConns = 1
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := before(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, batchSettings)
		return err
	}
	return config
}

const batchSettings = `SELECT set_config(name, CASE name WHEN 'plan_cache_mode' THEN 'force_generic_plan' ELSE 'off' END, false)
	FROM pg_settings WHERE name IN ('plan_cache_mode', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin')`

// configure reads the address of a database. A timeout of 0 is none.
func configure(url string, connections int32, statementTimeout time.Duration) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, ErrURL // the parser's own error may quote the address
	}
	config.MaxConns = connections
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "purse"
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		_, err := conn.Exec(ctx, sessionSettings, strconv.FormatInt(statementTimeout.Milliseconds(), 10))
		return err
	}
	return config, nil
}

// requireWritable lets a connection go to the one of several hosts that takes
// writes, unless the address says otherwise. Who only reads may go to a standby.
func requireWritable(config *pgx.ConnConfig) {
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
}

// sessionSettings make a connection keep Purse's promises whatever the server's
// defaults are: commits wait for the disk, and neither a node that has vanished
// nor a statement that nobody waits for any longer keeps its locks. The others
// wait for unitTimeout: a node must be given up well before that, whether it
// was last heard between statements or within one.
const sessionSettings = `SELECT set_config('idle_in_transaction_session_timeout', '5s', false), set_config('statement_timeout', $1, false),
	set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false),
	CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', false) END`

func (s *Store) start(ctx context.Context, config *pgx.ConnConfig, unfinished bool) error {
	var marked bool
	if err := s.pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, unfinishedMark).Scan(&marked); err != nil {
		return fmt.Errorf("postgres: connecting: %w", err)
	}
	if marked && !unfinished {
		return ErrUnfinished
	}
	if err := migrate(ctx, config, latest); err != nil {
		return err
	}
	// What other runs have left behind is of use to nobody: they found out long ago.
	if _, err := s.pool.Exec(ctx, `DELETE FROM units WHERE at < now() - interval '1 day'`); err != nil {
		return translate(err)
	}
	s.accounts = &sequence{name: "account", size: 64, pool: s.pool}
	s.entries = &sequence{name: "entry", size: 1 << 14, pool: s.pool}
	for slot := range cap(s.slots) {
		s.slots <- slot
		s.views <- struct{}{}
	}
	s.writer = newWriter(s, cap(s.slots))
	return nil
}

// enter counts a caller in, unless the database was closed.
func (s *Store) enter() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return errClosed
	}
	s.running.Add(1)
	return nil
}

// Close finishes the units of work that were accepted and the views that are
// under way, then closes the connections. Closing again does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.writer.close()
	s.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	// Should this fail, the rows are removed by another run a day later.
	_, _ = s.pool.Exec(ctx, `DELETE FROM units WHERE node = $1`, uuid(s.node))
	s.batch.Close()
	s.pool.Close()
	return nil
}
