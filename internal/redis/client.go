// Package redis is what Purse has in a Redis or Valkey that all nodes share:
// budgets of requests, the tokens of Telegram chats for those who look there, and
// the way in which one node tells the others what it has ended. Nothing here is the
// truth about anything. A server that is down, hangs or has forgotten everything
// costs a request a fraction of a second, then for a second nothing, and changes no
// answer but which budget is counted, and for how long what was ended elsewhere is
// still remembered: a second. Money, sessions and codes must not live here.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// askTimeout bounds what one question costs a request. An answer takes a
	// hundredth of it.
	askTimeout = 50 * time.Millisecond
	// connectTimeout bounds a connection's making, which no request waits for
	// longer than for a question.
	connectTimeout = time.Second
	// bufferBytes is for each direction of a connection; a question and its answer
	// have less than 1 KB.
	bufferBytes = 4096
)

// form is how the address of a server is written, for messages.
const form = "redis://HOST:PORT or redis://USER:PASSWORD@HOST:PORT/NUMBER, or rediss://… for TLS; special characters in the password are written as %XX"

// errDown is the answer of a server that has just failed and is not asked.
var errDown = errors.New("redis: down a moment ago")

// Client asks one server, and leaves it alone for a second after it has failed.
type Client struct {
	inner   *goredis.Client
	timeout time.Duration
	circuit *circuit
	log     *slog.Logger
}

// Open makes a client for the server at the address. It does not connect: a
// server that is down is no reason not to start. The error never shows the address.
func Open(address string, log *slog.Logger) (*Client, error) {
	options, err := parse(address)
	if err != nil {
		return nil, err
	}
	return newClient(options, log), nil
}

func newClient(options *goredis.Options, log *slog.Logger) *Client {
	return &Client{inner: connect(options), timeout: options.ReadTimeout, circuit: newCircuit(), log: log}
}

func connect(options *goredis.Options) *goredis.Client {
	logging.Disable() // what goes wrong comes back as an error, and is logged by this package, once
	return goredis.NewClient(options)
}

// Check reports whether an address is one that Open takes. The error tells how to
// write one, and never shows what was written.
func Check(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (*goredis.Options, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
		return nil, errors.New("not the address of a Redis or Valkey server; write " + form)
	}
	if u.RawQuery != "" {
		return nil, errors.New("an address with options after a ?, and takes none; write " + form)
	}
	options, err := goredis.ParseURL(address)
	if err != nil {
		return nil, errors.New("an address whose database is not a number; write " + form)
	}
	options.Protocol = 2 // nothing is pushed to us
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.MaxRetries = -1 // a request does not wait for a second try
	options.DialerRetries = 1
	options.DialTimeout = connectTimeout
	options.ReadTimeout, options.WriteTimeout = askTimeout, askTimeout
	options.ContextTimeoutEnabled = true
	options.ReadBufferSize, options.WriteBufferSize = bufferBytes, bufferBytes
	options.PipelinePoolSize = -1
	return options, nil
}

// Close ends all connections.
func (c *Client) Close() error { return c.inner.Close() }

// Ping reports whether the server answers, also when it has just failed.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return c.note(c.inner.Ping(ctx).Err())
}

// ask asks the server within the time that a question may take, whatever becomes
// of the request, so that every error is the server's.
func (c *Client) ask(ctx context.Context, question func(context.Context) error) error {
	if !c.circuit.enter() {
		return errDown
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	return c.note(question(ctx))
}

// note keeps how a question went, and logs when that has changed.
func (c *Client) note(err error) error {
	if err == nil {
		if c.circuit.succeed() {
			c.log.Warn("redis answers again: limits are shared by all nodes")
		}
		return nil
	}
	if c.circuit.fail() {
		c.log.Warn("redis does not answer: limits are counted by each node for itself until it does", "error", err)
	}
	return fmt.Errorf("redis: %w", err)
}
