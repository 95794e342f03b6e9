// Package pgtest starts a PostgreSQL server for the tests of one test binary:
// a cluster in a temporary directory, reached through a Unix socket there. What
// a test gets as its database is an empty schema of its own, which is made in
// a hundredth of the time. It needs the server's programs and no
// privileges; started as root, which PostgreSQL refuses, it runs the server as
// another user.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// requireVariable makes a missing PostgreSQL a failure instead of a reason to skip.
const requireVariable = "PURSE_REQUIRE_POSTGRES"

// startTimeout bounds the making and the start of the cluster.
const startTimeout = time.Minute

// errMissing is a machine without PostgreSQL.
var errMissing = errors.New("pgtest: no PostgreSQL server is installed (looked for initdb in PATH and /usr/lib/postgresql/*/bin)")

// Cluster is a PostgreSQL server of this process.
type Cluster struct {
	programs  string // the directory of initdb and postgres
	dir       string
	owner     *syscall.Credential // nil: this user
	server    *exec.Cmd
	log       bytes.Buffer
	databases int
}

var (
	mutex   sync.Mutex
	cluster *Cluster
	failure error
)

// Run runs the tests of a package, stops the server that they started, and
// returns the exit code. A package that uses pgtest calls it in its TestMain.
func Run(m *testing.M) int {
	code := m.Run()
	if cluster != nil {
		if err := cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// Database makes an empty database and returns its address. Without PostgreSQL
// the test is skipped, or fails if PURSE_REQUIRE_POSTGRES is set.
func Database(t testing.TB) string {
	t.Helper()
	c, err := shared()
	if errors.Is(err, errMissing) && os.Getenv(requireVariable) == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	address, err := c.newDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Server is the cluster that Database uses, for tests that stop and start it.
func Server(t testing.TB) *Cluster {
	t.Helper()
	Database(t)
	return cluster
}

// shared is the one cluster of this process, started when it is first needed.
func shared() (*Cluster, error) {
	mutex.Lock()
	defer mutex.Unlock()
	if cluster == nil && failure == nil {
		cluster, failure = start()
	}
	return cluster, failure
}

func start() (*Cluster, error) {
	programs, err := find()
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs}
	if c.owner, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "purse-postgres-"); err != nil {
		return nil, err
	}
	if c.owner != nil {
		if err := os.Chown(c.dir, int(c.owner.Uid), int(c.owner.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(c.dir))
		}
	}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// find looks for the newest server that is installed.
func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errMissing
	}
	newest, version := "", -1
	for _, path := range found {
		dir := filepath.Dir(path)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && n > version {
			newest, version = dir, n
		}
	}
	return newest, nil
}

// unprivileged is who the server runs as when this is root, or nil.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("pgtest: PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (c *Cluster) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(c.programs, program), args...)
	command.Dir = c.dir
	command.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	command.SysProcAttr = attributes(c.owner)
	return command
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) start() error {
	initdb := c.command("initdb", "--pgdata", c.data(), "--username", "purse", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}
	return c.Start()
}

// Start starts the server, after Kill or Shutdown or for the first time, and waits until
// it answers. It keeps its promises of durability, as a real one does.
func (c *Cluster) Start() error {
	c.server = c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=",
		"-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=200", "-c", "deadlock_timeout=200ms")
	c.server.Stdout, c.server.Stderr = &c.log, &c.log
	if err := c.server.Start(); err != nil {
		return fmt.Errorf("pgtest: postgres: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.address("public"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pgtest: the server does not answer: %w\n%s", err, c.log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *Cluster) address(schema string) string {
	query := url.Values{"host": {c.dir}, "user": {"purse"}, "sslmode": {"disable"}, "search_path": {schema}}
	return (&url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: query.Encode()}).String()
}

func (c *Cluster) newDatabase() (string, error) {
	mutex.Lock()
	c.databases++
	name := fmt.Sprintf("purse_%d", c.databases)
	mutex.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.address("public"))
	if err != nil {
		return "", fmt.Errorf("pgtest: %w", err)
	}
	_, err = conn.Exec(ctx, "CREATE SCHEMA "+name)
	return c.address(name), errors.Join(err, conn.Close(ctx))
}

// Kill ends the server at once, as a crash does.
func (c *Cluster) Kill() error { return c.end(syscall.SIGQUIT) }

// Shutdown ends the server in an orderly way: sessions are ended, and their
// transactions undone, and what is committed is written out.
func (c *Cluster) Shutdown() error { return c.end(syscall.SIGINT) }

// end signals the server and waits for its end.
func (c *Cluster) end(signal syscall.Signal) error {
	if c.server == nil || c.server.Process == nil {
		return nil
	}
	if err := c.server.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var exit *exec.ExitError
	if err := c.server.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	c.server = nil
	return nil
}

// Stop ends the server and removes everything that it made.
func (c *Cluster) Stop() error {
	return errors.Join(c.Shutdown(), os.RemoveAll(c.dir))
}
