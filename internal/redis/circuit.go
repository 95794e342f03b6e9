package redis

import (
	"sync/atomic"
	"time"
)

// pause is how long a server that has failed is left alone.
const pause = time.Second

// circuit knows whether a server may be asked. After a failure nobody does for a
// pause; then one question finds out, while the others still do without.
type circuit struct {
	began time.Time
	until atomic.Int64 // since began: when somebody may ask again; 0: anybody may
}

func newCircuit() *circuit { return &circuit{began: time.Now()} }

// now is the machine's own time: a wait, not a moment.
func (c *circuit) now() int64 { return int64(time.Since(c.began)) }

// enter reports whether to ask.
func (c *circuit) enter() bool {
	until := c.until.Load()
	if until == 0 {
		return true
	}
	now := c.now()
	return now >= until && c.until.CompareAndSwap(until, now+int64(pause))
}

// fail notes a failure, and reports whether it is the first.
func (c *circuit) fail() (first bool) { return c.until.Swap(c.now()+int64(pause)) == 0 }

// succeed notes an answer, and reports whether it is the first after a failure.
func (c *circuit) succeed() (first bool) {
	return c.until.Load() != 0 && c.until.Swap(0) != 0
}
