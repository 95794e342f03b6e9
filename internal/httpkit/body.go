package httpkit

import (
	"io"
	"net/http"

	"purse/internal/fault"
)

const (
	// MaxBody is the most bytes a request's body may have, unless its route says otherwise.
	MaxBody = 1 << 20
	// LargestBody is the most that a route may say.
	LargestBody = 8 << 20
)

const (
	// smallBody is more than any documented request needs. Such bodies are bounded
	// in number by the connections: 64 MiB for 4,096.
	smallBody = 16 << 10
	// maxLargeBodies bounds the memory of all others to 32 MiB, so that a client
	// with many connections cannot fill the memory with bodies that come slowly. A
	// body takes a place for each MaxBody that its route lets it have.
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

// maxBody is the most bytes that the body may have.
func (c *Call) maxBody() int {
	if c.endpoint == nil || c.endpoint.MaxBody == 0 {
		return MaxBody
	}
	return c.endpoint.MaxBody
}

// readBody reads all of the body, up to maxBody.
func (c *Call) readBody() error {
	r, most := c.request, c.maxBody()
	if r.ContentLength > int64(most) {
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
		if err := c.beginLargeBody((most + MaxBody - 1) / MaxBody); err != nil {
			return err
		}
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r.Body, int64(most+1-len(body))))
		body = append(body, rest...)
	}
	if err != nil {
		return ErrBodyUnreadable.Because(err)
	}
	if len(body) > most {
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

// beginLargeBody takes some of the places for large bodies, which finish gives
// back.
func (c *Call) beginLargeBody(places int) error {
	if c.handler.largeBodies.Add(int64(places)) > maxLargeBodies {
		c.handler.largeBodies.Add(-int64(places))
		return fault.ErrOverloaded.After(overloadWait)
	}
	c.largeBody = places
	return nil
}
