package limit

import "time"

// The arithmetic is the generic cell rate algorithm: all that is kept of a key is
// the moment at which its budget is full again. A request puts that moment off by
// one interval, and is refused when it would then be more than a whole budget
// away. Moments and intervals are whole microseconds: a script in a store whose
// numbers are floating point computes with them just as exactly.

// Interval is the time in which the budget grows by one request, in whole
// microseconds, rounded up so that no more than the count passes.
func (r Rate) Interval() time.Duration {
	count := time.Duration(r.Count) * time.Microsecond
	return (r.Period + count - 1) / count * time.Microsecond
}

// Whole is the time in which an empty budget fills up.
func (r Rate) Whole() time.Duration { return r.Interval() * time.Duration(r.Count) }

// Decide is the decision at the time now for a request that was allowed or not,
// and after which the budget is full in the time missing.
func (r Rate) Decide(allowed bool, missing time.Duration, now time.Time) Decision {
	d := Decision{Allowed: allowed, Reset: now.Add(missing)}
	if allowed {
		d.Remaining = int((r.Whole() - missing) / r.Interval())
	} else {
		d.RetryAfter = missing + r.Interval() - r.Whole()
	}
	return d
}

// budget is the state of one key: when it is full again, in Unix microseconds.
// The zero budget is full.
type budget int64

// take asks for one request at the time now, and tells how long it is then until
// the budget is full.
func (b budget) take(now int64, rate Rate) (next budget, allowed bool, missing time.Duration) {
	next = max(b, budget(now)) + budget(rate.Interval().Microseconds())
	if whole := budget(rate.Whole().Microseconds()); next-budget(now) > whole {
		return b, false, time.Duration(b-budget(now)) * time.Microsecond
	}
	return next, true, time.Duration(next-budget(now)) * time.Microsecond
}
