// Package redistest starts a Redis or Valkey server for a test: on a free port of
// this machine, keeping nothing on disk, ended with the test. It needs the server's
// program and no privileges, and touches no other server.
package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// requireVariable makes a missing server a failure instead of a reason to skip.
const requireVariable = "PURSE_REQUIRE_REDIS"

// startTimeout bounds the start of a server.
const startTimeout = 30 * time.Second

// portTries is how often another port is tried when somebody else took the free one.
const portTries = 5

// errMissing is a machine without a server.
var errMissing = errors.New("redistest: neither redis-server nor valkey-server is installed")

// Server is a server of one test.
type Server struct {
	program   string
	dir       string
	port      int
	arguments []string
	process   *exec.Cmd
	ended     chan error // the process's end
	log       bytes.Buffer
}

// Start starts a server, with more arguments of its command line. Without the
// program the test is skipped, or fails if PURSE_REQUIRE_REDIS is set.
func Start(t testing.TB, arguments ...string) *Server {
	t.Helper()
	program, err := find()
	if errors.Is(err, errMissing) && os.Getenv(requireVariable) == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{program: program, dir: t.TempDir(), arguments: arguments}
	t.Cleanup(func() { s.Kill(t) })
	for range portTries {
		if s.port, err = freePort(); err != nil {
			t.Fatal(err)
		}
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

func find() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errMissing
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// Address is the server's host and port.
func (s *Server) Address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is the server's address for PURSE_REDIS_URL.
func (s *Server) URL() string { return "redis://" + s.Address() }

// Restart starts the server again, after Kill, on the same port and empty.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

// start starts the program and waits until it takes connections.
func (s *Server) start() error {
	s.log.Reset()
	arguments := append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no",
	}, s.arguments...)
	s.process = exec.Command(s.program, arguments...)
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	s.process.SysProcAttr = attributes()
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	ended := make(chan error, 1)
	s.ended = ended
	process := s.process
	go func() { ended <- process.Wait() }()
	deadline := time.After(startTimeout)
	for {
		connection, err := net.Dial("tcp", s.Address())
		if err == nil {
			return connection.Close()
		}
		select {
		case err := <-ended:
			s.process = nil
			return fmt.Errorf("redistest: %s ended: %w\n%s", s.program, err, s.log.String())
		case <-deadline:
			return fmt.Errorf("redistest: %s takes no connections: %w", s.program, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, also a frozen one.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	s.signal(t, syscall.SIGKILL)
	<-s.ended
	s.process = nil
}

// Freeze stops the server without ending it: connections are taken and nothing
// is answered.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGSTOP)
}

// Thaw lets a frozen server go on.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	s.signal(t, syscall.SIGCONT)
}

func (s *Server) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := s.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}
