package exchangerate

import (
	"io"
	"net/http"
	"strings"
	"time"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// Answer lets a client get body, without a network.
func Answer(c *Client, body string) {
	c.http.Transport = transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
}

// Hurry makes a client give up soon.
func Hurry(c *Client) { c.http.Timeout = 50 * time.Millisecond }
