package httpkit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// maxHeaderBytes makes net/http refuse a header over 16 KiB: it reads 4,096
// bytes more than it is told.
const maxHeaderBytes = 16<<10 - 4096

// Bounds keep one client, or many slow ones, from holding the server.
type Bounds struct {
	Connections int           // served at once; more wait, see boundedListener
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
	bounded := boundListener(listener, s.Bounds.Connections)
	server := &http.Server{
		ConnState:         bounded.note,
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
	go func() { ended <- server.Serve(bounded) }()
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
