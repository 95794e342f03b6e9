package httpkit

import (
	"io"
	"net/http"

	"purse/internal/fault"
)

// MaxBody is the most bytes a request's body may have.
const MaxBody = 1 << 20

const (
	// smallBody is more than any documented request needs. Such bodies are bounded
	// in number by the connections: 64 MiB for 4,096.
	smallBody = 16 << 10
	// maxLargeBodies bounds the memory of all others to 32 MiB, so that a client
	// with many connections cannot fill the memory with bodies that come slowly.
	maxLargeBodies = 32
	// maxRefused is how much of a body that is too large is read and forgotten: the
	// connection of a client that is still sending is reset, and the answer lost.
	maxRefused = 16 << 20
)

// hasBody reports whether there is a body to read. GET and HEAD have none that
// means anything.
func hasBody(r *http.Request) bool {
	return r.ContentLength != 0 && r.Method != http.MethodGet && r.Method != http.MethodHead
}

// readBody reads all of the body, up to MaxBody.
func (c *Call) readBody() error {
	r := c.request
	if r.ContentLength > MaxBody {
		return refuseBody(r)
	}
	if r.ContentLength > 0 && r.ContentLength <= smallBody {
		c.body = make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, c.body); err != nil {
			return ErrBodyUnreadable.Because(err)
		}
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, smallBody+1))
	if err == nil && len(body) > smallBody {
		if err := c.beginLargeBody(); err != nil {
			return err
		}
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r.Body, MaxBody+1-int64(len(body))))
		body = append(body, rest...)
	}
	if err != nil {
		return ErrBodyUnreadable.Because(err)
	}
	if len(body) > MaxBody {
		return refuseBody(r)
	}
	c.body = body
	return nil
}

// refuseBody lets the client finish, unless it waits to hear that it may begin.
func refuseBody(r *http.Request) error {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxRefused) // whatever becomes of it, it is refused
	}
	return ErrBodyTooLarge
}

// beginLargeBody takes one of the places for large bodies, which finish gives
// back.
func (c *Call) beginLargeBody() error {
	if c.handler.largeBodies.Add(1) > maxLargeBodies {
		c.handler.largeBodies.Add(-1)
		return fault.ErrOverloaded.After(overloadWait)
	}
	c.largeBody = true
	return nil
}
