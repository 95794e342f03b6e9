// Package limit bounds requests: so many per key and period. It holds the
// arithmetic, which every limiter shares, and the limiter of one process, on an
// injected clock. What a key stands for, which requests count and what a refusal
// looks like are decided by the caller; the persistent count of failed sign-ins
// lives with the accounts, not here.
package limit

import (
	"context"
	"net/netip"
	"time"
)

// Key is what is counted: a class of requests and who makes them. One of
// Address and ID is set.
type Key struct {
	Class   string
	Address netip.Addr
	ID      int64
}

// Rate is a budget of requests that fills up evenly: Count of them at once, when
// it is full, and from then on one more each Period/Count. "5 a minute" lets five
// pass at once, and another one twelve seconds later. Over a long time no more
// than Count pass in a Period; in a single one that begins with a full budget, at
// most twice as many less one.
type Rate struct {
	Count  int
	Period time.Duration
}

// Decision is the answer for one request.
type Decision struct {
	Allowed bool
	// Remaining is how many more requests would pass now.
	Remaining int
	// Reset is when the budget is full again, if nothing more is asked. It is
	// zero where nothing is counted.
	Reset time.Time
	// RetryAfter is how long to wait until the next request would pass, when this
	// one did not.
	RetryAfter time.Duration
}

// Limiter counts a request and decides it. It has no error: an implementation
// whose store is down decides by itself, and is never open.
type Limiter interface {
	Take(ctx context.Context, key Key, rate Rate) Decision
}

// Off allows everything.
type Off struct{}

// Take allows the request.
func (Off) Take(_ context.Context, _ Key, rate Rate) Decision {
	return Decision{Allowed: true, Remaining: rate.Count}
}
