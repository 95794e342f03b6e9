package limit

import (
	"context"
	"hash/maphash"
	"sync"

	"purse/internal/clock"
)

const (
	shards = 16
	// keysPerShard bounds the memory at about 12 MB for 16 × 8,192 keys.
	keysPerShard = 8192
	// evictionSample is how many keys are looked at to find one to forget.
	evictionSample = 8
)

// Memory counts within this process. It forgets keys when it is full: first
// those whose period is over, then, of a random sample, the one that has used
// least, so that a flood of new addresses does not free the one being limited.
type Memory struct {
	clock clock.Clock
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	mutex   sync.Mutex
	windows map[Key]window
}

// NewMemory makes an empty limiter.
func NewMemory(c clock.Clock) *Memory {
	m := &Memory{clock: c, seed: maphash.MakeSeed()}
	for i := range m.shard {
		m.shard[i].windows = map[Key]window{}
	}
	return m
}

// Take counts the request for this process.
func (m *Memory) Take(_ context.Context, key Key, rate Rate) Decision {
	now := m.clock.Now().UnixNano()
	s := &m.shard[maphash.Comparable(m.seed, key)%shards]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	old, known := s.windows[key]
	if !known && len(s.windows) >= keysPerShard {
		s.evict(now)
	}
	next, decision := old.take(now, rate)
	s.windows[key] = next
	return decision
}

// evict forgets at least one key.
func (s *shard) evict(now int64) {
	var least Key
	var leastWindow window
	seen, ended := 0, false
	for key, w := range s.windows { // Go's order is random enough for a sample
		if w.end <= now {
			delete(s.windows, key)
			ended = true
		} else if seen == 0 || w.used < leastWindow.used {
			least, leastWindow = key, w
		}
		if seen++; seen == evictionSample {
			break
		}
	}
	if !ended {
		delete(s.windows, least)
	}
}
