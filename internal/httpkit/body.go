package httpkit

import (
	"errors"
	"io"
	"net/http"
)

// MaxBody is the most bytes a request's body may have.
const MaxBody = 1 << 20

// trustedBodyBytes is how much memory a declared Content-Length gets before its
// bytes have come; a longer body grows as it arrives.
const trustedBodyBytes = 32 << 10

// hasBody reports whether there is a body to read. GET and HEAD have none that
// means anything.
func hasBody(r *http.Request) bool {
	return r.ContentLength != 0 && r.Method != http.MethodGet && r.Method != http.MethodHead
}

// readBody reads all of the body, up to MaxBody.
func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, ErrBodyTooLarge
	}
	if r.ContentLength > 0 && r.ContentLength <= trustedBodyBytes {
		body := make([]byte, r.ContentLength)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, ErrBodyUnreadable.Because(err)
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if len(body) > MaxBody {
		return nil, ErrBodyTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, ErrBodyUnreadable.Because(err)
	}
	return body, nil
}
