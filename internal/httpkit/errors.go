package httpkit

import "purse/internal/fault"

// Errors that httpkit hands to a surface's WriteError, besides those of
// Authenticate and the handlers, fault.ErrInternal, fault.ErrUnavailable and
// fault.ErrOverloaded.
var (
	// ErrNotFound: no route has this path.
	ErrNotFound = fault.Define(fault.NotFound, "http.not_found", "no such path")
	// ErrMethodNotAllowed: the path has routes, none with this method. Allow is set.
	ErrMethodNotAllowed = fault.Define(fault.NotFound, "http.method_not_allowed", "the path does not have this method")
	// ErrNoCaller: Authenticate named nobody on a route that needs a caller.
	ErrNoCaller = fault.Define(fault.Unauthenticated, "http.no_caller", "nobody is signed in")
	// ErrCrossSite: a page of another site tried to write with the caller's cookie.
	ErrCrossSite = fault.Define(fault.Forbidden, "http.cross_site", "a page of another site may not do this")
	// ErrTooMany: a Limit is used up. RetryAfter is set.
	ErrTooMany = fault.Define(fault.TooMany, "http.too_many_requests", "too many requests")
	// ErrBodyTooLarge: the body is over its route's MaxBody. The text has the limit of
	// routes that do not raise it; a surface with one that does needs words of its own.
	ErrBodyTooLarge = fault.Define(fault.Invalid, "http.body_too_large", "the body is larger than 1 MiB")
	// ErrBodyUnreadable: the body broke off or came too slowly.
	ErrBodyUnreadable = fault.Define(fault.Invalid, "http.body_unreadable", "the body could not be read")
	// ErrKeyInFlight: a request with the same idempotency key is still being worked on.
	ErrKeyInFlight = fault.Define(fault.Conflict, "http.key_in_flight", "a request with this idempotency key is still being worked on")
	// ErrIdempotencyKey: the header is not one key of 1 to 255 characters. Fields
	// names it, with the reason "repeated", "malformed" or "too_long" (parameter "max").
	ErrIdempotencyKey = fault.Define(fault.Invalid, "http.idempotency_key", "the idempotency key is not valid")
)
