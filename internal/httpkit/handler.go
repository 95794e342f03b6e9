package httpkit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"purse/internal/fault"
	"purse/internal/httpkit/limit"
	"purse/internal/logging"
)

const (
	// DefaultMaxWorking lets two of the ledger's batches of 512 wait and be worked
	// on at once; more would only wait longer.
	DefaultMaxWorking = 1024
	// DefaultPlacePatience is how long a request waits for a place under that bound
	// before it is refused. Refusing costs about half of serving: a server that
	// refuses at once whom it could serve a moment later spends its time on saying so
	// to clients who come back at once. In this time it serves some thousands.
	DefaultPlacePatience = 250 * time.Millisecond
	// DefaultRequestTimeout ends work for which no client waits any more.
	DefaultRequestTimeout = 10 * time.Second
)

// overloadWait is what a refused client is told to wait.
const overloadWait = time.Second

// Config is what a Handler needs. Log, Limiter and Metrics are required.
type Config struct {
	Log            *logging.Log
	Limiter        limit.Limiter // limit.Off lifts all limits
	SharedLimiter  limit.Limiter // of the limits that are shared; nil: Limiter
	Metrics        *Metrics
	Origins        Origins
	Proxies        Proxies
	PublicURL      string        // where clients reach Purse; "" when unknown
	MaxWorking     int           // requests worked on at once; 0: DefaultMaxWorking
	PlacePatience  time.Duration // for one of those places; 0: DefaultPlacePatience
	RequestTimeout time.Duration // for one request's work; 0: DefaultRequestTimeout
	KeyPatience    time.Duration // for an earlier request with the same idempotency key; 0: DefaultKeyPatience
}

// Handler answers all requests: those to surfaces, and those to plain handlers
// such as the documents and the console.
type Handler struct {
	mux       *http.ServeMux
	surfaces  []*Surface
	pages     []Mounted // what belongs to no surface
	log       *logging.Log
	limiter   limit.Limiter
	shared    limit.Limiter // of the limits that all nodes share
	metrics   *Metrics
	cors      cors
	crossSite *http.CrossOriginProtection
	proxies   Proxies
	secure    bool // clients come by https
	timeout   time.Duration

	placePatience time.Duration
	keyPatience   time.Duration
	flights       flights

	places      chan struct{} // one in it for each request that is being worked on; who waits gets in by turns
	largeBodies atomic.Int64  // places that bodies over smallBody take in memory
}

// New puts the surfaces on one mux. It fails when a surface does not pass Check,
// or two routes are the same.
func New(config Config, surfaces ...Surface) (h *Handler, err error) {
	h = &Handler{
		mux: http.NewServeMux(), log: config.Log, limiter: config.Limiter, metrics: config.Metrics,
		cors: newCORS(config.Origins), crossSite: http.NewCrossOriginProtection(), proxies: config.Proxies,
		timeout: config.RequestTimeout, keyPatience: config.KeyPatience, placePatience: config.PlacePatience, shared: config.SharedLimiter,
	}
	if h.placePatience == 0 {
		h.placePatience = DefaultPlacePatience
	}
	if h.keyPatience == 0 {
		h.keyPatience = DefaultKeyPatience
	}
	if h.shared == nil {
		h.shared = h.limiter
	}
	if config.MaxWorking == 0 {
		config.MaxWorking = DefaultMaxWorking
	}
	h.places = make(chan struct{}, config.MaxWorking)
	if h.timeout == 0 {
		h.timeout = DefaultRequestTimeout
	}
	trusted := config.Origins
	if config.PublicURL != "" {
		public, err := url.Parse(config.PublicURL)
		if err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
		h.secure = public.Scheme == "https"
		trusted = append(trusted[:len(trusted):len(trusted)], public.Scheme+"://"+public.Host)
	}
	for _, origin := range trusted {
		if err := h.crossSite.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	for i := range surfaces {
		if err := surfaces[i].Check(); err != nil {
			return nil, err
		}
		h.surfaces = append(h.surfaces, &surfaces[i])
	}
	defer func() { // ServeMux tells of patterns that collide by a panic
		if p := recover(); p != nil {
			h, err = nil, fmt.Errorf("routes: %v", p)
		}
	}()
	h.addRoutes()
	return h, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{handler: h, request: r, requestContext: r.Context(), start: time.Now(), peer: peerAddress(r.RemoteAddr)}
	c.response.inner = w
	c.response.call = c
	c.address = h.proxies.client(c.peer, r.Header)
	c.requestID[0] = h.requestID(c.peer, r.Header)
	h.metrics.inFlight.Inc()
	defer c.finish()
	h.setHeaders(c)
	if h.cors.apply(&c.response, r) {
		return
	}
	if !routable(r) {
		h.answerUnmatched(c, nil)
		return
	}
	h.mux.ServeHTTP(&c.response, r)
}

// setHeaders sets what every answer carries. Plain handlers that answer with
// pages and assets set their own policy over it.
func (h *Handler) setHeaders(c *Call) {
	header := c.response.inner.Header()
	header["X-Request-Id"] = c.requestID[:]
	header["X-Content-Type-Options"] = nosniff
	header["Content-Security-Policy"] = noContent
	header["Referrer-Policy"] = noReferrer
	header["Cache-Control"] = noStore
	if h.secure {
		header["Strict-Transport-Security"] = strictSecurity
	}
}

// begin takes a place under the concurrency bound, which finish gives back. When
// all are taken it waits for one, but not for long.
func (c *Call) begin() error {
	select {
	case c.handler.places <- struct{}{}:
		c.working = true
		return nil
	default:
	}
	patience := time.NewTimer(c.handler.placePatience)
	defer patience.Stop()
	select {
	case c.handler.places <- struct{}{}:
		c.working = true
		return nil
	case <-patience.C:
	case <-c.requestContext.Done(): // nobody waits for the answer any more
	}
	return fault.ErrOverloaded.After(overloadWait)
}

func (c *Call) end() {
	if c.working {
		c.working = false
		<-c.handler.places
	}
}

// limitTime bounds the request's work. It must be called once.
func (c *Call) limitTime() {
	c.requestContext, c.cancel = context.WithTimeout(c.request.Context(), c.handler.timeout)
}

// fail answers an error, in the surface's words, and logs it where it is ours.
func (c *Call) fail(err error) {
	f := fault.From(err)
	if f.Kind == fault.Internal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		f = fault.ErrUnavailable.Because(err)
		err = f
	}
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable && f.Code != fault.ErrOverloaded.Code && c.request.Context().Err() == nil {
		c.handler.log.Logger().Error("request failed", "request_id", c.requestID[0], "route", c.Route(), "error_code", string(f.Code), "error", err)
	}
	if c.response.status != 0 {
		return // too late: the answer is on its way
	}
	wait := f.RetryAfter
	if wait == 0 && f.Kind == fault.Unavailable {
		wait = overloadWait
	}
	if wait > 0 {
		SetRetryAfter(c.Header(), wait)
	}
	c.writeError(err)
}

// writeError asks the surface or the page for its words. Without one, or when
// even that goes wrong, the answer is neutral.
func (c *Call) writeError(err error) {
	defer func() {
		if p := recover(); p != nil {
			c.logPanic(p)
		}
		if c.response.status == 0 {
			status, text := neutral(fault.From(err))
			c.JSONText(status, []byte(text))
		}
	}()
	switch {
	case c.surface != nil:
		c.surface.WriteError(c, err)
	case c.page != nil:
		status, _ := neutral(fault.From(err))
		c.page.Refuse(&c.response, c.request, status)
	}
}

// neutral is the answer where no surface has words of its own.
func neutral(f *fault.Error) (status int, text string) {
	switch {
	case f.Code == ErrMethodNotAllowed.Code:
		return http.StatusMethodNotAllowed, `{"detail":"Method Not Allowed"}`
	case f.Kind == fault.NotFound:
		return http.StatusNotFound, `{"detail":"Not Found"}`
	case f.Kind == fault.TooMany:
		return http.StatusTooManyRequests, `{"detail":"Too Many Requests"}`
	case f.Kind == fault.Unavailable:
		return http.StatusServiceUnavailable, `{"detail":"Service Unavailable"}`
	}
	return http.StatusInternalServerError, `{"detail":"Internal Server Error"}`
}

// finish runs when the request is over, however it ended.
func (c *Call) finish() {
	p := recover()
	c.end()
	c.handler.largeBodies.Add(-int64(c.largeBody))
	if c.cancel != nil {
		c.cancel()
	}
	cutOff := p == http.ErrAbortHandler
	if p != nil && !cutOff {
		c.logPanic(p)
		if c.response.status == 0 {
			c.Header().Del("Set-Cookie") // a sign-in that broke is none
			c.writeError(fault.ErrInternal)
		} else {
			cutOff = true // a torn answer must not look whole
		}
	}
	c.account()
	if cutOff {
		panic(http.ErrAbortHandler)
	}
}

func (c *Call) logPanic(p any) {
	c.handler.log.Logger().Error("panic", "request_id", c.requestID[0], "route", c.Route(),
		"error", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// account counts and logs the finished request.
func (c *Call) account() {
	h := c.handler
	took := time.Since(c.start) // the machine's own time: a wait, not a moment
	method := methodLabel(c.request.Method)
	if c.series == nil {
		c.series = h.metrics.series(unmatchedRoute, method)
	}
	status := c.response.status
	if status == 0 {
		status = http.StatusOK // what net/http sends for a silent handler
	}
	h.metrics.inFlight.Dec()
	c.series.observe(status, took)
	line := logging.Access{
		At: c.start, RequestID: c.requestID[0], Method: method, Route: c.series.route, Address: c.address,
		UserID: c.caller.UserID, Status: status, Bytes: c.response.bytes, Took: took,
	}
	if c.surface != nil {
		line.Surface = c.surface.Name
	}
	h.log.Access(&line)
}

// requestID is the id that a trusted proxy gave the request, or a new one. An id
// from anyone else could be made to collide with others in the log.
func (h *Handler) requestID(peer netip.Addr, header http.Header) string {
	if given := header["X-Request-Id"]; len(given) == 1 && len(given[0]) >= 8 && len(given[0]) <= 64 && isToken(given[0]) && h.proxies.contains(peer) {
		return given[0]
	}
	return newRequestID()
}

// surfaceOf finds the surface that a path without a route belongs to.
func (h *Handler) surfaceOf(path string) *Surface {
	var found *Surface
	longest := 0
	for _, s := range h.surfaces {
		for _, prefix := range s.Prefixes {
			rest, ok := strings.CutPrefix(path, strings.TrimSuffix(prefix, "/"))
			if ok && (rest == "" || rest[0] == '/') && len(prefix) > longest {
				found, longest = s, len(prefix)
			}
		}
	}
	return found
}
