package httpkit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxHeaderBytes makes net/http refuse a header over 16 KiB: it reads 4,096
// bytes more than it is told.
const maxHeaderBytes = 16<<10 - 4096

// Bounds keep one client, or many slow ones, from holding the server.
type Bounds struct {
	Connections int           // open at once; more wait in the kernel's queue
	ReadHeader  time.Duration // for a request's header to arrive
	Read        time.Duration // for the whole request to arrive
	Write       time.Duration // from the header's arrival to the answer's end
	Idle        time.Duration // between requests
	Grace       time.Duration // for accepted requests to finish at shutdown
}

// DefaultBounds suit a server that answers in milliseconds; Write leaves room
// beyond DefaultRequestTimeout for a slow client to take its answer.
var DefaultBounds = Bounds{
	Connections: 4096, ReadHeader: 5 * time.Second, Read: 15 * time.Second, Write: 30 * time.Second,
	Idle: time.Minute, Grace: 15 * time.Second,
}

// Server runs a handler on a listener until it is told to stop.
type Server struct {
	Handler http.Handler
	Bounds  Bounds
	Logger  *slog.Logger
	// Stopping is called when shutdown begins, before the listener is closed; nil
	// is nothing to do.
	Stopping func()
}

// Run serves until ctx ends. Then it stops accepting, lets accepted requests
// finish within the grace period, and closes. It owns the listener. The error is
// nil when everything accepted was finished.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	// Requests do not end with ctx: they have the grace period.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	server := &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: s.Bounds.ReadHeader,
		ReadTimeout:       s.Bounds.Read,
		WriteTimeout:      s.Bounds.Write,
		IdleTimeout:       s.Bounds.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Logger.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return work },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(boundListener(listener, s.Bounds.Connections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", errors.Join(err, server.Close()))
	case <-ctx.Done():
	}
	if s.Stopping != nil {
		s.Stopping()
	}
	grace, cancel := context.WithTimeout(work, s.Bounds.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		abandon()
		err = fmt.Errorf("requests were still running after %s: %w", s.Bounds.Grace, errors.Join(err, server.Close()))
	}
	<-ended
	return err
}

// boundedListener accepts a connection only while fewer than its bound are open.
type boundedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func boundListener(l net.Listener, connections int) net.Listener {
	return &boundedListener{Listener: l, places: make(chan struct{}, connections), closed: make(chan struct{})}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &boundedConn{Conn: conn, listener: l}, nil
}

func (l *boundedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type boundedConn struct {
	net.Conn
	listener *boundedListener
	once     sync.Once
}

func (c *boundedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.listener.places })
	return err
}
