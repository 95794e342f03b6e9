package identity

import (
	"testing"
	"time"

	"purse/internal/clock"
)

func TestTheCacheIsBounded(t *testing.T) {
	c := newCache[int, int](clock.NewManual(time.Unix(0, 0)))
	newest := func(int, int) bool { return false }
	for i := range cacheEntries + 100 {
		c.offer(i, i, 0, newest)
		if len(c.entries) > cacheEntries {
			t.Fatalf("%d entries", len(c.entries))
		}
		if value, _, found := c.get(i); !found || value != i {
			t.Fatalf("entry %d is not there", i)
		}
	}
}
