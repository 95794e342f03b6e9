package httpkit

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// boundedListener lets only so many connections be served at once; one more is
// accepted and waits, the rest wait in the kernel's queue. When somebody waits,
// the connection that has been without a request for the longest gives way, so
// that many idle connections keep nobody out.
type boundedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once

	mutex  sync.Mutex
	quiet  *list.List // connections without a request, the longest first
	where  map[net.Conn]*list.Element
	wanted bool // somebody waits and no connection is quiet
}

func boundListener(l net.Listener, connections int) *boundedListener {
	return &boundedListener{
		Listener: l, places: make(chan struct{}, connections), closed: make(chan struct{}),
		quiet: list.New(), where: map[net.Conn]*list.Element{},
	}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case l.places <- struct{}{}:
		return &boundedConn{Conn: conn, listener: l}, nil
	default:
	}
	if quiet := l.want(); quiet != nil {
		_ = quiet.Close() // which frees its place, whatever it says
	}
	defer l.unwant()
	select {
	case l.places <- struct{}{}:
		return &boundedConn{Conn: conn, listener: l}, nil
	case <-l.closed:
		_ = conn.Close() // nobody has read from it
		return nil, net.ErrClosed
	}
}

// want takes the connection that is to give way, or has the next one do so that
// becomes quiet.
func (l *boundedListener) want() net.Conn {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	first := l.quiet.Front()
	if first == nil {
		l.wanted = true
		return nil
	}
	conn := l.quiet.Remove(first).(net.Conn)
	delete(l.where, conn)
	return conn
}

func (l *boundedListener) unwant() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.wanted = false
}

// note keeps track of which connections are without a request. It is the
// server's ConnState.
func (l *boundedListener) note(conn net.Conn, state http.ConnState) {
	if l.givesWay(conn, state == http.StateNew || state == http.StateIdle) {
		_ = conn.Close() // which frees its place, whatever it says
	}
}

func (l *boundedListener) givesWay(conn net.Conn, quiet bool) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if place, known := l.where[conn]; known {
		l.quiet.Remove(place)
		delete(l.where, conn)
	}
	if quiet && l.wanted {
		l.wanted = false
		return true
	}
	if quiet {
		l.where[conn] = l.quiet.PushBack(conn)
	}
	return false
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
