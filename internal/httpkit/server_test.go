package httpkit

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

type testServer struct {
	url, address string
	stop         context.CancelFunc
	ended        chan error // Run's result
	stopping     chan struct{}
}

func startServer(t *testing.T, h http.Handler, bounds Bounds) *testServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &testServer{
		url: "http://" + listener.Addr().String(), address: listener.Addr().String(), stop: stop,
		ended: make(chan error, 1), stopping: make(chan struct{}),
	}
	server := &Server{Handler: h, Bounds: bounds, Logger: slog.New(slog.DiscardHandler), Stopping: func() { close(s.stopping) }}
	go func() { s.ended <- server.Run(ctx, listener); close(s.ended) }()
	t.Cleanup(func() { stop(); <-s.ended })
	return s
}

func (s *testServer) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil { // a hung test ends
		t.Fatal(err)
	}
	return conn
}

func TestShutdownFinishesAcceptedRequestsAndTakesNoNewOnes(t *testing.T) {
	entered, freed := make(chan struct{}), make(chan struct{})
	server := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-freed
		if r.Context().Err() != nil {
			t.Error("the request's context ended with the server's")
		}
		io.WriteString(w, "finished")
	}), DefaultBounds)
	answer := make(chan string, 1)
	go func() {
		r, err := http.Get(server.url)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		answer <- string(text)
	}()
	<-entered
	server.stop()
	<-server.stopping
	for { // the listener closes right after Stopping
		conn, err := net.Dial("tcp", server.address)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(freed)
	if got := <-answer; got != "finished" {
		t.Errorf("the accepted request got %q", got)
	}
	if err := <-server.ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestShutdownEndsRequestsThatOutliveTheGrace(t *testing.T) {
	entered := make(chan struct{})
	bounds := DefaultBounds
	bounds.Grace = time.Millisecond
	server := startServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}), bounds)
	go http.Get(server.url)
	<-entered
	server.stop()
	if err := <-server.ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run: %v", err)
	}
}

func TestSecurity18SlowLorisConnectionsAreClosed(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a"}))
	slowHeader, slowBody := DefaultBounds, DefaultBounds
	slowHeader.ReadHeader = 20 * time.Millisecond
	slowBody.Read = 20 * time.Millisecond
	for _, test := range []struct {
		name, sent, answered string
		bounds               Bounds
	}{
		{"header", "POST /a HTTP/1.1\r\nHost: x\r\nX-Slow: ", "", slowHeader},
		{"body", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", "http.body_unreadable", slowBody},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn := startServer(t, k.Handler, test.bounds).dial(t)
			if _, err := io.WriteString(conn, test.sent); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn) // ends when the server closes
			if err != nil || !strings.Contains(string(answer), test.answered) {
				t.Errorf("got %q, %v", answer, err)
			}
		})
	}
}

func TestSecurity15HeaderIsAtMost16KiB(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a"}))
	server := startServer(t, k.Handler, DefaultBounds)
	for size, status := range map[int]int{15 << 10: 200, 17 << 10: 431} {
		conn := server.dial(t)
		// The server may close before it has read everything; its answer counts.
		_, _ = io.WriteString(conn, "GET /a HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("x", size)+"\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != status {
			t.Errorf("a header of %d bytes is answered %d, want %d", size, answer.StatusCode, status)
		}
	}
}

// askOn sends a request on a connection and tells its answer's status, 0 when
// the connection ends without one.
func askOn(conn net.Conn, path string) <-chan int {
	status := make(chan int, 1)
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n") // a closed connection shows in the answer
	go func() {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			status <- 0
			return
		}
		status <- answer.StatusCode
	}()
	return status
}

func TestSecurity18ConnectionsAreBounded(t *testing.T) {
	entered, freed := make(chan struct{}), make(chan struct{})
	k := newKit(t, Config{}, testSurface(
		Route{Method: "GET", Path: "/a"},
		Route{Method: "GET", Path: "/slow", Handle: func(c *Call) error {
			close(entered)
			<-freed
			return c.JSON(http.StatusOK, "slow")
		}},
	))
	bounds := DefaultBounds
	bounds.Connections = 1
	server := startServer(t, k.Handler, bounds)
	first := askOn(server.dial(t), "/slow")
	<-entered
	second := askOn(server.dial(t), "/a")
	select {
	case status := <-second:
		t.Fatalf("the second was served (%d) beside the first", status)
	case status := <-first:
		t.Fatalf("the first gave way (%d) in the middle of its request", status)
	default:
	}
	close(freed)
	if status := <-first; status != 200 {
		t.Errorf("first: %d", status)
	}
	if status := <-second; status != 200 { // the first is idle now
		t.Errorf("second: %d", status)
	}
}

func TestSecurity18IdleConnectionsKeepNobodyOut(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "GET", Path: "/a"}))
	bounds := DefaultBounds
	bounds.Connections = 2
	server := startServer(t, k.Handler, bounds)
	for i := range 10 { // each stays open, idle
		if status := <-askOn(server.dial(t), "/a"); status != 200 {
			t.Fatalf("connection %d: %d", i, status)
		}
		server.dial(t) // and one that never asks
	}
}
