package identity

import (
	"context"
	"time"
)

// Everywhere waits, at most a second, until what was committed before counts in
// every process that runs on the database: none of them answers from memory what
// it had read until then. Where all peers say that they have forgotten it, that is
// at once. For commands whose next step may be a request to any node; it returns
// sooner with an error when ctx ends.
func (s *Service) Everywhere(ctx context.Context) error {
	if !s.shared || s.peers != nil && s.peers.Forget(everything) {
		return nil
	}
	const requests = 200 * time.Millisecond // what a read that had begun before may take
	wait := time.NewTimer(cacheLifetime + requests)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
