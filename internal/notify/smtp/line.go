package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// line is one connection that can be closed from outside the library that
// speaks over it, before and after it is opened.
type line struct {
	mutex  sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) open(ctx context.Context, network, address string, encrypted bool, config *tls.Config) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if !l.hold(conn) {
		return nil, net.ErrClosed
	}
	if !encrypted {
		return conn, nil
	}
	over := tls.Client(conn, config)
	if err := over.HandshakeContext(ctx); err != nil {
		return nil, err // the holder closes conn
	}
	return over, nil
}

func (l *line) hold(conn net.Conn) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.closed {
		_ = conn.Close()
		return false
	}
	l.conn = conn
	return true
}

// close ends the connection. Errors do not matter any more: what was to be
// learnt of it has been learnt.
func (l *line) close() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
