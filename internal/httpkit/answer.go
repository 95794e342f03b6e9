package httpkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"purse/internal/httpkit/limit"
)

// Appender is a value that writes its own JSON, for answers on hot paths.
type Appender interface {
	AppendJSON(dst []byte) []byte
}

// maxPooledBytes keeps one huge answer from staying in memory for ever.
const maxPooledBytes = 64 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Shared header values. They are never written to: http.Header replaces a
// value's slice or appends past its capacity, which copies it.
var (
	jsonType       = []string{"application/json"}
	nosniff        = []string{"nosniff"}
	noContent      = []string{"default-src 'none'; frame-ancestors 'none'"}
	noReferrer     = []string{"no-referrer"}
	noStore        = []string{"no-store"}
	varyOrigin     = []string{"Origin"}
	strictSecurity = []string{"max-age=31536000"}
)

// Header is the answer's header, until it is written.
func (c *Call) Header() http.Header { return c.response.Header() }

// Response is for the rare answer that is not JSON, such as a redirect.
func (c *Call) Response() http.ResponseWriter { return &c.response }

// SetCookie adds a cookie to the answer.
func (c *Call) SetCookie(cookie *http.Cookie) { http.SetCookie(&c.response, cookie) }

// JSON answers with v: by its AppendJSON where it has one, else by encoding/json
// without HTML escapes. It fails only when v cannot be encoded, and then nothing
// has been written.
func (c *Call) JSON(status int, v any) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer func() {
		if buffer.Cap() <= maxPooledBytes {
			buffers.Put(buffer)
		}
	}()
	if a, ok := v.(Appender); ok {
		buffer.Write(a.AppendJSON(buffer.AvailableBuffer()))
		c.JSONText(status, buffer.Bytes())
		return nil
	}
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.JSONText(status, bytes.TrimSuffix(buffer.Bytes(), []byte("\n")))
	return nil
}

// JSONText answers with a JSON text that is already made.
func (c *Call) JSONText(status int, text []byte) {
	c.response.Header()["Content-Type"] = jsonType
	c.response.WriteHeader(status)
	// A client that has gone away misses its answer; nobody else is concerned.
	_, _ = c.response.Write(text)
}

// NoContent answers 204.
func (c *Call) NoContent() { c.response.WriteHeader(http.StatusNoContent) }

// announce tells a client its budget: how large it is, how many more requests
// would pass now, and when it is full again, in Unix seconds, rounded up. A client
// that has used it up and waits until then is never refused; Retry-After is when
// the next request would pass.
//
// The names go out as they are documented: http.Header.Set would write
// "X-Ratelimit-Limit", which is the same to HTTP and not to everyone who reads it.
func announce(h http.Header, rate limit.Rate, d limit.Decision) {
	h["X-RateLimit-Limit"] = []string{strconv.Itoa(rate.Count)}
	h["X-RateLimit-Remaining"] = []string{strconv.Itoa(d.Remaining)}
	h["X-RateLimit-Reset"] = []string{strconv.FormatInt(ceilSeconds(d.Reset), 10)}
}

func ceilSeconds(t time.Time) int64 {
	return t.Add(time.Second - 1).Unix()
}

// WholeSeconds is a wait as clients are told of it, in headers and in words: whole
// seconds, rounded up, at least one.
func WholeSeconds(wait time.Duration) int64 {
	return max(1, int64((wait+time.Second-1)/time.Second))
}

// SetRetryAfter tells how long to wait (RFC 9110, section 10.2.3). For the errors
// that a surface's WriteError gets, it is told already.
func SetRetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(WholeSeconds(wait), 10))
}

// response notes what is answered. It is what handlers see as the
// http.ResponseWriter, and how an endpoint finds its Call again behind the mux.
type response struct {
	inner  http.ResponseWriter
	call   *Call
	status int // 0 until the header is written
	bytes  int64
}

func (w *response) Header() http.Header { return w.inner.Header() }

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.inner.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	// The work is done: a client that takes its answer slowly must not hold a
	// place that others could use. Only large answers of the surfaces keep theirs,
	// which bounds the memory that they hold.
	if w.call.endpoint == nil || len(p) <= maxPooledBytes {
		w.call.end()
	}
	n, err := w.inner.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.inner }
