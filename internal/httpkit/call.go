package httpkit

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"purse/internal/httpkit/limit"
)

// Call is one request and its answer. It belongs to the goroutine that handles
// it and must not be kept after the handler returns.
type Call struct {
	response response // first: what net/http and the mux write to
	handler  *Handler
	request  *http.Request
	endpoint *endpoint // nil until routed, and where no route matched
	surface  *Surface  // nil: the path belongs to none
	page     Page      // that it belongs to, or nil
	series   *series   // what the request counts as

	requestContext context.Context // ends with the request's time
	cancel         context.CancelFunc
	start          time.Time
	requestID      [1]string // as a header's value
	peer           netip.Addr
	address        netip.Addr
	caller         Caller
	subject        int64 // whom the caller speaks for, as the route's Spokesman says; 0: itself
	body           []byte
	key            string
	working        bool // holds a place under the concurrency bound
	largeBody      int  // how many of the places for large bodies it holds
}

// Request is what was asked. Its body has been read: see Body; its time is
// bounded by Context, not by its own context.
func (c *Call) Request() *http.Request { return c.request }

// Context ends when the client goes away or the request's time is up.
func (c *Call) Context() context.Context { return c.requestContext }

// Caller is who is signed in; the zero Caller on public routes.
func (c *Call) Caller() Caller { return c.caller }

// Address is the client's: the peer's, or the last hop before the trusted
// proxies. It may be invalid when the peer's is unknown.
func (c *Call) Address() netip.Addr { return c.address }

// Origin is the scheme and host at which the client reaches Purse, such as
// "https://purse.example.com", for links in answers.
func (c *Call) Origin() string { return c.handler.proxies.origin(c.peer, c.request) }

// RequestID names this request in the answer's X-Request-Id and in the log.
func (c *Call) RequestID() string { return c.requestID[0] }

// Body is the request's body, at most the route's MaxBody bytes; empty for GET.
func (c *Call) Body() []byte { return c.body }

// ContentType is the Content-Type header as sent.
func (c *Call) ContentType() string { return c.request.Header.Get("Content-Type") }

// PathValue is the segment that stands for {name} in the route's path, unescaped.
func (c *Call) PathValue(name string) string { return c.request.PathValue(name) }

// IdempotencyKey is the key without its quotes; empty when none was sent, and on
// routes that do not move money.
func (c *Call) IdempotencyKey() string { return c.key }

// Fingerprint is the SHA-256 of the path, the query and the body, which tells
// whether an idempotency key comes back with the same request. The path counts
// because it may say whose money moves; a slash at its end does not.
func (c *Call) Fingerprint() [sha256.Size]byte {
	u := c.request.URL
	text := make([]byte, 0, len(u.Path)+len(u.RawQuery)+len(c.body)+2)
	text = append(text, strings.TrimSuffix(u.Path, "/")...)
	text = append(text, 0)
	text = append(text, u.RawQuery...)
	text = append(text, 0)
	return sha256.Sum256(append(text, c.body...))
}

// Route is the route's method and canonical path ("POST /card/transfer"), which
// scopes an idempotency key.
func (c *Call) Route() string {
	if c.endpoint == nil {
		return ""
	}
	return c.endpoint.name
}

// take counts the call against a limit.
func (c *Call) take(l *Limit) error {
	key := limit.Key{Class: l.Name}
	switch {
	case l.Per == PerSubject:
		key.ID = c.subject
	case l.Per == PerCaller && c.caller.UserID != 0:
		key.ID = c.caller.UserID
	default:
		key.Address = limitAddress(c.address)
	}
	limiter := c.handler.limiter
	if l.Shared {
		limiter = c.handler.shared
	}
	decision := limiter.Take(c.requestContext, key, l.Rate)
	if l.Announce && !decision.Reset.IsZero() {
		announce(c.Header(), l.Rate, decision)
	}
	if !decision.Allowed {
		return ErrTooMany.After(decision.RetryAfter)
	}
	return nil
}
