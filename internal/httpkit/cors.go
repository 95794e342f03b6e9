package httpkit

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Origins are the web origins, besides Purse's own, whose pages may call it with
// the user's credentials. They are compared exactly.
type Origins []string

// isNoHostCharacter finds what browsers do not send in a host and port: they send
// lower case, and international names in their ASCII form.
func isNoHostCharacter(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", r)
}

// ParseOrigins reads a comma-separated list of origins such as
// https://app.example; the empty text is none. A slash at the end, which browsers
// never send, is taken off. Wildcards, "null" and whatever no browser would send
// are refused.
func ParseOrigins(text string) (Origins, error) {
	var list Origins
	for _, part := range splitList(text) {
		origin := strings.TrimSuffix(part, "/")
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Scheme+"://"+u.Host != origin ||
			strings.ContainsFunc(u.Host, isNoHostCharacter) || strings.HasSuffix(u.Host, ":") {
			return nil, fmt.Errorf("%q is not an origin such as https://app.example", part)
		}
		list = append(list, origin)
	}
	return list, nil
}

var (
	allowCredentials = []string{"true"}
	allowMethods     = []string{"GET, HEAD, POST, PUT, PATCH, DELETE"}
	allowHeaders     = []string{"Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-Requested-With"}
	preflightSeconds = []string{"600"}
	exposeHeaders    = []string{"X-Request-Id, Retry-After, Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"}
)

// cors answers for cross-origin callers. Keys are origins, values the same as a
// header's value.
type cors map[string][]string

func newCORS(origins Origins) cors {
	c := cors{}
	for _, origin := range origins {
		c[origin] = []string{origin}
	}
	return c
}

// apply sets the answer's CORS headers, and reports whether the request was a
// preflight, which is then answered. A preflight from any other origin gets an
// answer that grants nothing.
func (c cors) apply(w *response, r *http.Request) (answered bool) {
	if len(c) == 0 {
		return false
	}
	h := w.Header()
	h["Vary"] = varyOrigin
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	granted, known := c[origin]
	if known {
		h["Access-Control-Allow-Origin"] = granted
		h["Access-Control-Allow-Credentials"] = allowCredentials
		h["Access-Control-Expose-Headers"] = exposeHeaders
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	if known {
		h["Access-Control-Allow-Methods"] = allowMethods
		// Real clients send headers of their own, such as their tracing's; a page that
		// may act for the user may name any. Those that it asked for come back.
		h["Access-Control-Allow-Headers"] = allowHeaders
		if asked := r.Header["Access-Control-Request-Headers"]; len(asked) > 0 {
			h["Access-Control-Allow-Headers"] = asked
		}
		h["Access-Control-Max-Age"] = preflightSeconds
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}
