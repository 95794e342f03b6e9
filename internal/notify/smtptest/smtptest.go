// Package smtptest is a small SMTP server inside a test: it listens on
// loopback, keeps what it accepts, and can refuse, delay, hang or hang up. It
// is for tests only and sends nothing on.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say how the server behaves. The zero value accepts everything.
type Options struct {
	// Recipient decides on a recipient: 0 accepts, else the code to answer with
	// (550 refuses, 450 puts off).
	Recipient func(address string) int
	// HangAt is a command, such as "RCPT", or "CONNECT", after which the server says
	// nothing more until it is closed.
	HangAt string
	// DropAfterMessage closes the connection once a message was accepted.
	DropAfterMessage bool
	// STARTTLS offers TLS; TLS speaks it from the first byte. Both use a
	// certificate that nobody signed.
	STARTTLS, TLS bool
	// User and Password, when set, must be given with AUTH PLAIN before mail.
	User, Password string
}

// Mail is a message that the server accepted.
type Mail struct {
	From string
	To   []string
	Data string // header and body, lines end with "\n"
	TLS  bool   // it came over TLS
	User string // who was signed in
}

// Server is a running server.
type Server struct {
	options     Options
	listener    net.Listener
	certificate *tls.Config
	wait        sync.WaitGroup
	hung        chan struct{}

	mutex sync.Mutex
	conns map[net.Conn]bool
	mails []Mail
}

// New starts a server that ends with the test.
func New(tb testing.TB, options Options) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{options: options, listener: listener, hung: make(chan struct{}, 64), conns: map[net.Conn]bool{}}
	if options.TLS || options.STARTTLS {
		s.certificate = selfSigned(tb)
	}
	s.wait.Go(s.accept)
	tb.Cleanup(s.close)
	return s
}

// Addr is the server's host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is the server as PURSE_SMTP_URL names it, with its credentials if any.
func (s *Server) URL() string {
	scheme, user := "smtp", ""
	if s.options.TLS {
		scheme = "smtps"
	}
	if s.options.User != "" {
		user = s.options.User + ":" + s.options.Password + "@"
	}
	return scheme + "://" + user + s.Addr()
}

// Mails are the messages accepted so far, in that order.
func (s *Server) Mails() []Mail {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.mails)
}

// Hung receives once for each conversation that has begun to hang.
func (s *Server) Hung() <-chan struct{} { return s.hung }

func (s *Server) close() {
	s.listener.Close()
	s.mutex.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mutex.Unlock()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.conns[conn] = true
		s.mutex.Unlock()
		s.wait.Go(func() {
			defer conn.Close()
			(&session{server: s, conn: conn}).serve()
		})
	}
}

// session is one conversation.
type session struct {
	server *Server
	conn   net.Conn
	text   *textproto.Reader
	mail   Mail
	tls    bool
	user   string
}

func (c *session) serve() {
	if c.server.options.TLS {
		c.encrypt()
	}
	c.text = textproto.NewReader(bufio.NewReader(c.conn))
	if c.server.options.HangAt == "CONNECT" {
		c.hang()
		return
	}
	c.say("220 test ESMTP")
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		if verb == c.server.options.HangAt {
			c.hang()
			return
		}
		if verb == "QUIT" {
			c.say("221 bye")
			return
		}
		if !c.command(verb, rest) {
			return
		}
	}
}

// command carries out one command and reports whether the conversation goes on.
func (c *session) command(verb, rest string) bool {
	options := c.server.options
	switch verb {
	case "EHLO":
		c.say("250-test")
		if options.STARTTLS && !c.tls {
			c.say("250-STARTTLS")
		}
		if options.User != "" {
			c.say("250-AUTH PLAIN")
		}
		c.say("250-ENHANCEDSTATUSCODES")
		c.say("250 8BITMIME")
	case "HELO", "NOOP", "RSET":
		c.say("250 2.0.0 ok")
	case "STARTTLS":
		c.say("220 2.0.0 go ahead")
		c.encrypt()
		c.text = textproto.NewReader(bufio.NewReader(c.conn))
	case "AUTH":
		c.auth(rest)
	case "MAIL":
		if options.User != "" && c.user == "" {
			c.say("530 5.7.0 sign in first")
			break
		}
		c.mail = Mail{From: path(rest), TLS: c.tls, User: c.user}
		c.say("250 2.1.0 ok")
	case "RCPT":
		c.recipient(path(rest))
	case "DATA":
		return c.data()
	default:
		c.say("502 5.5.1 unknown command")
	}
	return true
}

func (c *session) auth(rest string) {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
	if want := "\x00" + c.server.options.User + "\x00" + c.server.options.Password; err != nil || string(plain) != want {
		c.say("535 5.7.8 wrong")
		return
	}
	c.user = c.server.options.User
	c.say("235 2.7.0 welcome")
}

func (c *session) recipient(address string) {
	if decide := c.server.options.Recipient; decide != nil {
		if code := decide(address); code != 0 {
			c.say(fmt.Sprintf("%d %d.1.1 <%s> refused", code, code/100, address))
			return
		}
	}
	c.mail.To = append(c.mail.To, address)
	c.say("250 2.1.5 ok")
}

func (c *session) data() bool {
	c.say("354 go ahead")
	data, err := c.text.ReadDotBytes()
	if err != nil {
		return false
	}
	c.mail.Data = string(data)
	c.server.mutex.Lock()
	c.server.mails = append(c.server.mails, c.mail)
	c.server.mutex.Unlock()
	c.say("250 2.0.0 accepted")
	return !c.server.options.DropAfterMessage
}

func (c *session) encrypt() {
	c.conn = tls.Server(c.conn, c.server.certificate)
	c.tls = true
}

// hang keeps the conversation open and silent. What the client sends is read,
// so that its end is noticed.
func (c *session) hang() {
	c.server.hung <- struct{}{}
	for {
		if _, err := c.text.ReadLine(); err != nil {
			return
		}
	}
}

// say answers; a client that has left is noticed when it is next read from.
func (c *session) say(line string) { fmt.Fprintf(c.conn, "%s\r\n", line) }

// path is the address in "FROM:<a@b> SIZE=1".
func path(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

func selfSigned(tb testing.TB) *tls.Config {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
