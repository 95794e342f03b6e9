package limit

import "time"

// The arithmetic is the generic cell rate algorithm: all that is kept of a key is
// the moment at which its budget is full again. A request puts that moment off by
// one interval, and is refused when it would then be more than a whole budget
// away. Moments and intervals are whole microseconds: a script in a store whose
// numbers are floating point computes with them just as exactly.

// Pace is a rate as the arithmetic needs it.
type Pace struct {
	// Interval is the time in which a budget grows by one request, in whole
	// microseconds, rounded up so that no more than the count passes.
	Interval time.Duration
	// Whole is the time in which an empty budget fills up.
	Whole time.Duration
}

// Pace is the rate's pace.
func (r Rate) Pace() Pace {
	count := time.Duration(r.Count) * time.Microsecond
	interval := (r.Period + count - 1) / count * time.Microsecond
	return Pace{interval, interval * time.Duration(r.Count)}
}

// Decide is the decision at the time now for a request that was allowed or not,
// and after which the budget is full in the time missing.
func (p Pace) Decide(allowed bool, missing time.Duration, now time.Time) Decision {
	d := Decision{Allowed: allowed, Reset: now.Add(missing)}
	if allowed {
		d.Remaining = int((p.Whole - missing) / p.Interval)
	} else {
		d.RetryAfter = missing + p.Interval - p.Whole
	}
	return d
}

// budget is the state of one key: when it is full again, in Unix microseconds.
// The zero budget is full.
type budget int64

// take asks for one request at the time now, and tells how long it is then until
// the budget is full.
func (b budget) take(now int64, pace Pace) (next budget, allowed bool, missing time.Duration) {
	next = max(b, budget(now)) + budget(pace.Interval.Microseconds())
	if next-budget(now) > budget(pace.Whole.Microseconds()) {
		return b, false, time.Duration(b-budget(now)) * time.Microsecond
	}
	return next, true, time.Duration(next-budget(now)) * time.Microsecond
}
