package httpkit

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"purse/internal/fault"
)

// unmatchedRoute is the route name of requests that no route matched.
const unmatchedRoute = "unmatched"

// endpoint is one route on the mux.
type endpoint struct {
	Route
	name       string // "POST /card/transfer"
	handler    *Handler
	surface    *Surface
	series     *series
	checksSite bool // a write whose session is a cookie
}

// addRoutes registers every route under its path with and without a trailing
// slash, so that neither is a redirect (which would lose a POST's body), and a
// fallback for everything else. ServeMux takes GET patterns for HEAD too.
func (h *Handler) addRoutes() {
	h.mux.Handle("/", (*fallback)(h))
	for _, s := range h.surfaces {
		for _, r := range s.Routes {
			e := &endpoint{
				Route: r, name: r.Method + " " + r.Path, handler: h, surface: s,
				series: h.metrics.series(r.Path, r.Method), checksSite: s.Cookie && r.Method != http.MethodGet,
			}
			bare := strings.TrimSuffix(r.Path, "/")
			if bare != "" {
				h.mux.Handle(r.Method+" "+bare, e)
			}
			h.mux.Handle(r.Method+" "+bare+"/{$}", e)
		}
	}
}

// errSilent is a bug in a handler.
var errSilent = errors.New("the handler neither answered nor failed")

// ServeHTTP handles one call. The mux calls it with the Call's own response.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := w.(*response).call
	c.endpoint, c.surface, c.series, c.request = e, e.surface, e.series, r
	err := e.serve(c)
	if err == nil && c.response.status == 0 {
		err = errSilent
	}
	if err != nil {
		c.fail(err)
	}
}

func (e *endpoint) serve(c *Call) error {
	if e.checksSite {
		if err := e.handler.crossSite.Check(c.request); err != nil {
			return ErrCrossSite.Because(err)
		}
	}
	if err := c.begin(); err != nil {
		return err
	}
	c.limitTime()
	if e.Spokesman == nil {
		if err := e.admit(c); err != nil {
			return err
		}
	}
	err := c.receive()
	if e.Spokesman != nil {
		err = e.admitFor(c, err)
	}
	if err != nil {
		return err
	}
	if e.MovesMoney {
		return e.underKey(c)
	}
	return e.Handle(c)
}

// receive reads the body, if there is one.
func (c *Call) receive() error {
	if !hasBody(c.request) {
		return nil
	}
	// A body that comes slowly must not hold a place that others could use.
	c.end()
	if err := c.readBody(); err != nil {
		return err
	}
	return c.begin()
}

// admit decides who calls and whether they may call now.
func (e *endpoint) admit(c *Call) error {
	if e.Limit.Per == PerAddress {
		if err := c.take(&e.Limit); err != nil {
			return err
		}
	}
	err := e.authenticate(c)
	if e.Limit.Per == PerCaller && !ours(err) {
		// Also when nobody is signed in: a session that is wrong may be a guess.
		if limited := c.take(&e.Limit); limited != nil {
			return limited
		}
	}
	return err
}

// authenticate finds the caller, where the route asks for one.
func (e *endpoint) authenticate(c *Call) error {
	if e.Access == Public {
		return nil
	}
	caller, err := e.surface.Authenticate(c)
	if err == nil && caller.UserID == 0 {
		err = ErrNoCaller
	}
	if err == nil {
		c.caller = caller
		return nil
	}
	if e.Access == SignedIn || fault.KindOf(err) != fault.Unauthenticated {
		return err
	}
	return nil
}

// admitFor decides whether a call may go on that may be one of a spokesman, and
// who calls. The error is what became of the body.
func (e *endpoint) admitFor(c *Call, err error) error {
	if err == nil {
		c.subject, err = e.Spokesman.For(c)
	}
	bound := &e.Limit
	switch {
	case err == nil && c.subject != 0:
		bound = &e.Spokesman.Limit
	case ours(err):
		return err
	}
	if limited := c.take(bound); limited != nil {
		return limited
	}
	if err != nil {
		return err
	}
	return e.authenticate(c)
}

// ours reports whether an error is no fault of the caller, who is then not
// counted: not even whose call it is may be known.
func ours(err error) bool {
	if err == nil {
		return false
	}
	kind := fault.KindOf(err)
	return kind == fault.Internal || kind == fault.Unavailable
}

// plain is an http.Handler on the mux that belongs to no surface.
type plain struct {
	handler *Handler
	next    http.Handler
	route   string
	limit   *Limit // nil: the page is the same for all and tests nothing
	always  bool
}

// Page is a handler of people's requests that says in its own words why one was
// not let through to it, or broke.
type Page interface {
	http.Handler
	// Refuse answers with status: 429, 503 or 500. What is our fault has been
	// logged, and Retry-After is set where it is known.
	Refuse(w http.ResponseWriter, r *http.Request, status int)
}

// Handle adds a handler of pages, assets or documents, with a ServeMux pattern.
// It shares the headers, CORS, the bounds of bodies and of concurrency, the request
// timeout, access lines and metrics with the surfaces; everything else it does itself.
func (h *Handler) Handle(pattern string, next http.Handler) {
	h.mount(pattern, &plain{handler: h, next: next})
}

// HandleLimited is Handle for pages that test a credential, such as a link's token.
func (h *Handler) HandleLimited(pattern string, limit Limit, page Page) {
	h.mount(pattern, &plain{handler: h, next: page, limit: &limit})
}

// HandleAlways adds a handler that answers under overload too: health and metrics.
func (h *Handler) HandleAlways(pattern string, next http.Handler) {
	h.mount(pattern, &plain{handler: h, next: next, always: true})
}

func (h *Handler) mount(pattern string, p *plain) {
	p.route = routeOf(pattern)
	h.mux.Handle(pattern, p)
	page := Mounted{Pattern: pattern}
	if p.limit != nil {
		page.Route.Limit = *p.limit
	}
	h.pages = append(h.pages, page)
}

// Mounted is what a Handler answers with: a route of a surface, or a page, which
// belongs to none, is there for everybody, and moves no money.
type Mounted struct {
	Surface string // empty for a page
	Pattern string // "POST /card/transfer"; a page's is one of ServeMux
	Route          // of a page, only the limit
}

// Mounted lists everything that was mounted, in the order in which it was.
func (h *Handler) Mounted() (all []Mounted) {
	for _, s := range h.surfaces {
		for _, r := range s.Routes {
			all = append(all, Mounted{s.Name, r.Method + " " + r.Path, r})
		}
	}
	return append(all, h.pages...)
}

func routeOf(pattern string) string { return pattern[strings.IndexByte(pattern, '/'):] }

func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := w.(*response).call
	c.page, _ = p.next.(Page)
	c.series = p.handler.metrics.series(p.route, methodLabel(r.Method))
	if p.limit != nil {
		if err := c.take(p.limit); err != nil {
			c.fail(err)
			return
		}
	}
	if hasBody(r) {
		// As for the surfaces: read before the request takes a place.
		err := c.readBody()
		if err != nil && fault.KindOf(err) == fault.Unavailable {
			c.fail(err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(c.body))
		if err != nil {
			r.Body = unreadable{err}
		}
	}
	if !p.always {
		if err := c.begin(); err != nil {
			c.fail(err)
			return
		}
	}
	c.limitTime()
	p.next.ServeHTTP(w, r.WithContext(c.requestContext))
}

// unreadable is a body that could not be read, for whoever reads it to say so.
type unreadable struct{ err error }

func (u unreadable) Read([]byte) (int, error) { return 0, u.err }
func (u unreadable) Close() error             { return nil }

// fallback is where the mux sends what no route matched.
type fallback Handler

func (f *fallback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := (*Handler)(f)
	c := w.(*response).call
	h.answerUnmatched(c, h.allowed(c, r))
}

// allowed lists the methods that the path has, and finds the path's surface.
func (h *Handler) allowed(c *Call, r *http.Request) []string {
	var methods []string
	probe := r.WithContext(r.Context())
	for _, method := range [...]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe.Method = method
		target, _ := h.mux.Handler(probe)
		if _, none := target.(*fallback); none {
			continue
		}
		methods = append(methods, method)
		if e, ok := target.(*endpoint); ok {
			c.surface = e.surface
		}
	}
	return methods
}

// answerUnmatched answers a request that no route matched: with the methods that
// its path has, or 404.
func (h *Handler) answerUnmatched(c *Call, allowed []string) {
	if len(allowed) > 0 {
		c.Header().Set("Allow", strings.Join(allowed, ", "))
		if c.request.Method == http.MethodOptions {
			c.NoContent()
			return
		}
		c.fail(ErrMethodNotAllowed)
		return
	}
	c.surface = h.surfaceOf(c.request.URL.Path)
	c.fail(ErrNotFound)
}

// routable reports whether the mux would match the path as it is: it answers
// anything it would first clean with a redirect, which the documents do not know.
func routable(r *http.Request) bool {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.EscapedPath() // an escaped slash is part of its segment
	}
	if path == "" || path[0] != '/' || r.Method == http.MethodConnect {
		return false
	}
	for i := 1; i < len(path); i++ {
		if path[i-1] != '/' {
			continue
		}
		if path[i] == '/' {
			return false
		}
		if path[i] == '.' {
			rest := path[i+1:]
			if rest == "" || rest[0] == '/' || rest == "." || strings.HasPrefix(rest, "./") {
				return false
			}
		}
	}
	return true
}

// methodLabel bounds the methods that logs and metrics show.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}
