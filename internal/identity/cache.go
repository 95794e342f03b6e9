package identity

import (
	"sync"
	"time"

	"purse/internal/clock"
)

const (
	// cacheLifetime is how long an answer is given from memory. What another
	// process revokes and cannot tell (Peers) ends here within it; a fifth of a
	// second is left for the requests on both sides, so that all of it takes no more
	// than a second.
	cacheLifetime = 800 * time.Millisecond
	// cacheEntries bounds the memory; when it is reached, the cache starts afresh.
	cacheEntries = 1 << 16
)

// cache remembers answers of the database for cacheLifetime.
type cache[K comparable, V any] struct {
	clock   clock.Clock
	mutex   sync.RWMutex
	entries map[K]cached[V]
	epoch   uint64 // how often something was revoked
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](clock clock.Clock) *cache[K, V] {
	return &cache[K, V]{clock: clock, entries: map[K]cached[V]{}}
}

// get finds a live answer. The epoch must be handed to offer with an answer
// that is read from the database after this call.
func (c *cache[K, V]) get(key K) (value V, epoch uint64, found bool) {
	now := c.clock.Now()
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	entry, found := c.entries[key]
	if !found || !now.Before(entry.until) {
		return value, c.epoch, false
	}
	return entry.value, c.epoch, true
}

// offer remembers an answer and returns it with true, unless the cache has a
// live one that keep prefers: then it returns that one with false. An answer
// that was read before something was revoked (epoch) is not remembered.
func (c *cache[K, V]) offer(key K, value V, epoch uint64, keep func(have, offered V) bool) (V, bool) {
	now := c.clock.Now()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if entry, found := c.entries[key]; found && now.Before(entry.until) && keep(entry.value, value) {
		return entry.value, false
	}
	if c.epoch != epoch {
		return value, true
	}
	if len(c.entries) >= cacheEntries {
		clear(c.entries)
	}
	c.entries[key] = cached[V]{value, now.Add(cacheLifetime)}
	return value, true
}

// forget forgets one answer. Whoever revokes it calls this after the commit.
func (c *cache[K, V]) forget(key K) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.epoch++
	delete(c.entries, key)
}

// empty forgets everything, when many answers are revoked at once.
func (c *cache[K, V]) empty() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.epoch++
	clear(c.entries)
}
