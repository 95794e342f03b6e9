package limit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

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
// those whose budget is full again, then, of a random sample, the one whose
// budget will be soonest, so that a flood of new addresses does not free the one
// being limited.
type Memory struct {
	clock clock.Clock
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	mutex   sync.Mutex
	budgets map[Key]budget
}

// NewMemory makes an empty limiter.
func NewMemory(c clock.Clock) *Memory {
	m := &Memory{clock: c, seed: maphash.MakeSeed()}
	for i := range m.shard {
		m.shard[i].budgets = map[Key]budget{}
	}
	return m
}

// Take counts the request for this process.
func (m *Memory) Take(_ context.Context, key Key, rate Rate) Decision {
	at, pace := m.clock.Now(), rate.Pace()
	now := at.UnixMicro()
	s := m.lock(key)
	defer s.mutex.Unlock()
	// A clock that was put back must not keep anyone waiting for more than a budget.
	old := min(s.budgets[key], budget(now+pace.Whole.Microseconds()))
	next, allowed, missing := old.take(now, pace)
	s.keep(key, next, now)
	return pace.Decide(allowed, missing, at)
}

// Learn notes that another limiter of the same key has just found its budget
// full in the time missing, and not before, so that this one can go on from there.
func (m *Memory) Learn(key Key, missing time.Duration) {
	now := m.clock.Now().UnixMicro()
	s := m.lock(key)
	defer s.mutex.Unlock()
	s.keep(key, max(s.budgets[key], budget(now+missing.Microseconds())), now)
}

// lock finds and locks the shard of a key.
func (m *Memory) lock(key Key) *shard {
	s := &m.shard[maphash.Comparable(m.seed, key)%shards]
	s.mutex.Lock()
	return s
}

// keep remembers a budget, in place of another one where there is no room.
func (s *shard) keep(key Key, b budget, now int64) {
	if _, known := s.budgets[key]; !known && len(s.budgets) >= keysPerShard {
		s.evict(now)
	}
	s.budgets[key] = b
}

// evict forgets at least one key.
func (s *shard) evict(now int64) {
	var soonest Key
	var soonestBudget budget
	seen, full := 0, false
	for key, b := range s.budgets { // Go's order is random enough for a sample
		if b <= budget(now) {
			delete(s.budgets, key)
			full = true
		} else if seen == 0 || b < soonestBudget {
			soonest, soonestBudget = key, b
		}
		if seen++; seen == evictionSample {
			break
		}
	}
	if !full {
		delete(s.budgets, soonest)
	}
}
