// Package cutproxy stands between a client and a PostgreSQL server and cuts
// connections at the worst moments there are: around a COMMIT. It is imported
// by tests alone. Of the protocol (PostgreSQL's manual, "Message Formats") it
// knows how messages are framed and what a COMMIT and its answer look like.
package cutproxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Moment is when a connection is cut.
type Moment int

// The moments. A client cannot tell them apart: it has sent a COMMIT and hears
// no answer.
const (
	// BeforeCommit: everything but the COMMIT reaches the server.
	BeforeCommit Moment = iota
	// LateCommit: the COMMIT reaches the server a while after the client has
	// seen its connection end, so that the client's next try meets a transaction
	// that is still open, and is then committed.
	LateCommit
	// AfterCommit: the server has committed, and its answer is lost.
	AfterCommit
	// HeldCommit: nothing more reaches the server, which does not see the
	// connection end either, as when the client's machine has vanished.
	HeldCommit
	moments
)

func (m Moment) String() string {
	return [moments]string{"before the COMMIT", "with the COMMIT on its way", "after the COMMIT", "never to be heard of again"}[m]
}

// lateness is how long a late COMMIT is held back: long enough for a client to
// try again. Nothing depends on who comes first.
const lateness = 20 * time.Millisecond

// Proxy is a listener on this machine in front of one server.
type Proxy struct {
	listener        net.Listener
	network, target string

	mutex  sync.Mutex
	every  int // cut one in so many, 0 for none
	moment Moment
	seen   int
	cuts   [moments]int
	open   map[net.Conn]bool // both sides of every connection; nil when closed
	wait   sync.WaitGroup
}

// Start puts a proxy before the server of a database address until the test
// ends, and returns the address of the database through it.
func Start(t testing.TB, address string) (p *Proxy, through string) {
	t.Helper()
	config, err := pgconn.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	p = &Proxy{open: map[net.Conn]bool{}}
	p.network, p.target = pgconn.NetworkAddress(config.Host, config.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.wait.Go(p.accept)
	t.Cleanup(p.close)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query() // which says more than where the server is
	query.Set("host", host)
	query.Set("port", port)
	u.Host, u.RawQuery = "", query.Encode()
	return p, u.String()
}

// Cut cuts, from now on, one in every so many commits at a moment; 0 cuts none.
func (p *Proxy) Cut(every int, at Moment) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.every, p.moment, p.seen = every, at, 0
}

// Cuts is how many connections were cut at a moment so far.
func (p *Proxy) Cuts(at Moment) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.cuts[at]
}

// due counts a commit that has come to a moment and decides whether to cut there.
func (p *Proxy) due(at Moment) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.every == 0 || p.moment != at {
		return false
	}
	p.seen++
	if p.seen%p.every != 0 {
		return false
	}
	p.cuts[at]++
	return true
}

// keep remembers a connection, so that close can end it.
func (p *Proxy) keep(c net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.open == nil {
		c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	c.Close()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.open, c)
}

func (p *Proxy) close() {
	p.listener.Close()
	p.mutex.Lock()
	for c := range p.open {
		c.Close()
	}
	p.open = nil
	p.mutex.Unlock()
	p.wait.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.keep(client) {
			p.wait.Go(func() { p.serve(client) })
		}
	}
}

// serve carries one connection until either side ends, or it is cut.
func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	server, err := net.Dial(p.network, p.target)
	if err != nil || !p.keep(server) {
		return // as a server that is down
	}
	defer p.forget(server)
	l := &link{
		proxy: p, client: client, server: server, commits: map[string]bool{},
		fromClient: bufio.NewReader(client), toServer: bufio.NewWriterSize(server, maxTogether),
		fromServer: bufio.NewReader(server), toClient: bufio.NewWriter(client),
	}
	var back sync.WaitGroup
	back.Go(func() {
		// Ends, at the latest, when the server's side closes.
		if err := l.answers(); err != nil {
			client.Close()
			server.Close()
		}
	})
	if err := l.requests(); !errors.Is(err, errLate) {
		client.Close()
		server.Close()
	}
	back.Wait()
}

// link is one connection through the proxy.
type link struct {
	proxy              *Proxy
	client, server     net.Conn
	fromClient         *bufio.Reader
	fromServer         *bufio.Reader
	toServer, toClient *bufio.Writer
	commits            map[string]bool // prepared statements that are COMMIT
	mutex              sync.Mutex
	late               bool // the client is gone; the server's answers are dropped
}

// What ends a link, besides its two sides.
var (
	errCut  = errors.New("cutproxy: cut")
	errLate = errors.New("cutproxy: the COMMIT arrives late")
)

// maxTogether is as much as the proxy keeps back until a client waits: more
// than a whole batch.
const maxTogether = 4 << 20

// maxMessage bounds what the proxy holds of one message.
const maxMessage = 64 << 20

// requests carries what the client sends.
func (l *link) requests() error {
	startup, err := readBody(l.fromClient, nil)
	if err != nil {
		return err
	}
	if _, err := l.toServer.Write(startup); err != nil {
		return err
	}
	if err := l.toServer.Flush(); err != nil {
		return err
	}
	for {
		message, err := readMessage(l.fromClient)
		if err != nil {
			return err
		}
		if l.isCommit(message) {
			if l.proxy.due(BeforeCommit) {
				l.toServer.Flush()
				return errCut
			}
			if l.proxy.due(LateCommit) {
				return l.deliverLate(message)
			}
			if l.proxy.due(HeldCommit) {
				_, err := io.Copy(io.Discard, l.fromClient)
				return err
			}
		}
		if _, err := l.toServer.Write(message); err != nil {
			return err
		}
		if bytes.IndexByte(asking, message[0]) >= 0 {
			if err := l.toServer.Flush(); err != nil {
				return err
			}
		}
	}
}

// asking are the messages after which a client waits for answers: query, sync,
// flush, a password, and its farewell. What comes before one goes with it.
var asking = []byte("QSHpX")

// isCommit reports whether a message makes the server commit, and remembers
// under which names COMMIT was prepared.
func (l *link) isCommit(message []byte) bool {
	body := message[5:]
	switch message[0] {
	case 'Q':
		return string(body) == "COMMIT\x00"
	case 'P':
		name, rest, _ := bytes.Cut(body, []byte{0})
		text, _, _ := bytes.Cut(rest, []byte{0})
		l.commits[string(name)] = string(text) == "COMMIT"
	case 'B':
		_, rest, _ := bytes.Cut(body, []byte{0})
		name, _, _ := bytes.Cut(rest, []byte{0})
		return l.commits[string(name)]
	}
	return false
}

// deliverLate ends the client's side, and lets the COMMIT reach the server
// later, with all that belongs to it.
func (l *link) deliverLate(message []byte) error {
	held := message
	for message[0] != 'Q' && message[0] != 'S' {
		var err error
		if message, err = readMessage(l.fromClient); err != nil {
			return err
		}
		held = append(held, message...)
	}
	l.mutex.Lock()
	l.late = true
	l.mutex.Unlock()
	l.client.Close()
	time.Sleep(lateness)
	if _, err := l.toServer.Write(held); err != nil {
		return err
	}
	if err := l.toServer.Flush(); err != nil {
		return err
	}
	return errLate
}

// answers carries what the server sends.
func (l *link) answers() error {
	for {
		message, err := readMessage(l.fromServer)
		if err != nil {
			return err
		}
		if string(message[5:]) == "COMMIT\x00" && message[0] == 'C' && l.proxy.due(AfterCommit) {
			l.toClient.Flush()
			return errCut
		}
		l.mutex.Lock()
		late := l.late
		l.mutex.Unlock()
		if late {
			if message[0] == 'Z' { // ready for the next query: the COMMIT is done
				return errCut
			}
			continue
		}
		if err := write(l.toClient, l.fromServer, message); err != nil {
			l.mutex.Lock()
			late = l.late
			l.mutex.Unlock()
			if !late {
				return err
			}
		}
	}
}

// write passes an answer on, at once when no other is at hand.
func write(to *bufio.Writer, from *bufio.Reader, message []byte) error {
	if _, err := to.Write(message); err != nil {
		return err
	}
	if from.Buffered() > 0 {
		return nil
	}
	return to.Flush()
}

// readMessage reads a message: its type, its length, its body.
func readMessage(from *bufio.Reader) ([]byte, error) {
	kind, err := from.ReadByte()
	if err != nil {
		return nil, err
	}
	return readBody(from, []byte{kind})
}

// readBody reads a length, which counts itself, and as many bytes.
func readBody(from *bufio.Reader, message []byte) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 4 || n > maxMessage {
		return nil, fmt.Errorf("cutproxy: a message of %d bytes", n)
	}
	message = append(message, length[:]...)
	body := make([]byte, n-4)
	if _, err := io.ReadFull(from, body); err != nil {
		return nil, err
	}
	return append(message, body...), nil
}
