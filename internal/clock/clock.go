// Package clock is where Purse gets the time. Everything that asks what time
// it is asks a Clock, so that development mode can move it and tests own it.
// It imports nothing of Purse.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the time, in UTC.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now is the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Movable is a clock that runs with the machine's, ahead of it by an offset
// that only grows. The zero value runs with the machine's clock.
type Movable struct {
	offset atomic.Int64 // nanoseconds ahead of the machine's clock
}

// Now is the machine's time plus the offset, in UTC.
func (m *Movable) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(m.offset.Load()))
}

// Offset is how far the clock runs ahead of the machine's.
func (m *Movable) Offset() time.Duration { return time.Duration(m.offset.Load()) }

// AdvanceTo moves the clock forward so that Now is at least t. A time already
// past leaves it alone: the clock never goes back.
func (m *Movable) AdvanceTo(t time.Time) {
	for {
		old := m.offset.Load()
		ahead := int64(time.Until(t))
		if ahead <= old || m.offset.CompareAndSwap(old, ahead) {
			return
		}
	}
}

// Manual is a clock for tests: it stands still until it is set.
type Manual struct {
	now atomic.Pointer[time.Time]
}

// NewManual makes a clock that stands at t.
func NewManual(t time.Time) *Manual {
	m := &Manual{}
	m.Set(t)
	return m
}

// Now is the time last set.
func (m *Manual) Now() time.Time { return *m.now.Load() }

// Set puts the clock to t.
func (m *Manual) Set(t time.Time) {
	t = t.UTC()
	m.now.Store(&t)
}

// Advance moves the clock forward by d.
func (m *Manual) Advance(d time.Duration) { m.Set(m.Now().Add(d)) }
