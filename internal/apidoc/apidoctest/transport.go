package apidoctest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// Transport is a RoundTripper for a test's http.Client: it sends requests with
// base (nil is http.DefaultTransport) and reports every exchange that does not
// fit the document as an error of the test.
func (v *Validator) Transport(t testing.TB, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return transport{v, t, base}
}

type transport struct {
	validator *Validator
	t         testing.TB
	base      http.RoundTripper
}

func (c transport) RoundTrip(request *http.Request) (*http.Response, error) {
	c.t.Helper()
	var sent []byte
	if request.Body != nil {
		var err error
		if sent, err = readAll(request.Body); err != nil {
			return nil, fmt.Errorf("apidoctest: request body: %w", err)
		}
	}
	response, err := c.base.RoundTrip(withBody(request, sent))
	if err != nil {
		return nil, err
	}
	received, err := readAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("apidoctest: response body: %w", err)
	}
	response.Body = readCloser{bytes.NewReader(received)}

	if err := c.validator.Exchange(request, sent, response, received); err != nil {
		c.t.Errorf("apidoctest: %v\nrequest: %s\nanswer: %s", err, sent, received)
	}
	return response, nil
}

func readAll(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	return io.ReadAll(body)
}

// readCloser reads bytes that need no closing.
type readCloser struct{ io.Reader }

func (readCloser) Close() error { return nil }
