package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Purse keeps little alive, a dozen MB under full load, and makes much garbage:
// with the usual share of garbage it would collect fifty times a second. So it may
// gather more, up to memoryFloor in all, which collects a tenth as often and is
// worth a sixth of the speed. What is alive for good moves the bound up; two
// passwords being hashed, 19 MiB each, are there for a moment and do not.
const (
	garbageShare = 400 // percent of what is alive, up to the bound
	memoryFloor  = 60 << 20
	memoryReview = time.Second
)

// memoryBound is how much memory Go may take before it collects in any case, by
// what the last collection found alive. There is always room for half as much
// garbage, so that a large Purse does not spend its time collecting.
func memoryBound(alive uint64) int64 {
	const most = 1 << 40
	return int64(max(memoryFloor, min(alive, most)*3/2))
}

// boundMemory keeps that bound until ctx ends, unless whoever started Purse has set
// GOGC or GOMEMLIMIT.
func boundMemory(ctx context.Context) error {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	debug.SetMemoryLimit(memoryFloor)
	debug.SetGCPercent(garbageShare)
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	review := time.NewTicker(memoryReview)
	defer review.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-review.C:
			metrics.Read(sample)
			debug.SetMemoryLimit(memoryBound(sample[0].Value.Uint64()))
		}
	}
}
