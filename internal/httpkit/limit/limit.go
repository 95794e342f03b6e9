// Package limit counts requests: so many per key and period, on an injected
// clock. What a key stands for, which requests count and what a refusal looks
// like are decided by the caller; the persistent count of failed sign-ins lives
// with the accounts, not here.
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

// Rate is how many requests a key may make in a period. The period begins with
// the key's first request and the count starts anew with the first one after it,
// so the bound over any stretch of one period is twice the count.
type Rate struct {
	Count  int
	Period time.Duration
}

// Decision is the answer for one request.
type Decision struct {
	Allowed    bool
	Remaining  int           // requests left in this period
	Reset      time.Time     // when the period ends
	RetryAfter time.Duration // how long to wait, when not allowed
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

// window is the state of one key.
type window struct {
	end  int64 // Unix nanoseconds
	used int
}

// take counts one request at the time now.
func (w window) take(now int64, rate Rate) (window, Decision) {
	if now >= w.end {
		w = window{end: now + int64(rate.Period)}
	}
	d := Decision{Reset: time.Unix(0, w.end).UTC()}
	if w.used >= rate.Count {
		d.RetryAfter = time.Duration(w.end - now)
		return w, d
	}
	w.used++
	d.Allowed = true
	d.Remaining = rate.Count - w.used
	return w, d
}
