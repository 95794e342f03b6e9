package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Purse keeps little alive, a dozen MB under full load, and makes much garbage:
// with the usual share of garbage it would collect fifty times a second. So there is
// room for garbageRoom at least, which collects a tenth as often and is worth a sixth
// of the speed. What is alive for good moves the bound up; two passwords being
// hashed, 19 MiB each, are there for a moment and do not.
const (
	garbageShare = 400 // percent of what is alive, up to the bound
	garbageRoom  = 40 << 20
	memoryReview = 250 * time.Millisecond
)

// memoryBound is how much memory Go may take before it collects in any case, by
// what the last collection found alive and what else Go takes, the stacks of
// thousands of connections above all. A collection looks through both, so that it
// comes only when as much garbage has been made: no more often than Go would do
// it by itself.
func memoryBound(alive, besides uint64) int64 {
	const most = 1 << 40
	taken := min(alive, most) + min(besides, most)
	return int64(taken + max(garbageRoom, taken)) // #nosec G115 -- no more than 2^42
}

// boundMemory keeps that bound until ctx ends, unless whoever started Purse has set
// GOGC or GOMEMLIMIT.
func boundMemory(ctx context.Context) error {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	debug.SetMemoryLimit(memoryBound(memoryTaken()))
	debug.SetGCPercent(garbageShare)
	review := time.NewTicker(memoryReview)
	defer review.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-review.C:
			debug.SetMemoryLimit(memoryBound(memoryTaken()))
		}
	}
}

// measured are the names of what memoryTaken reads: what was alive, then all that Go
// takes, then the parts of it that are the heap's.
var measured = []string{
	"/gc/heap/live:bytes", "/memory/classes/total:bytes",
	"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes",
}

// memoryTaken tells how much of the heap was alive at the last collection, and what Go
// takes besides the heap.
func memoryTaken() (alive, besides uint64) {
	samples := make([]metrics.Sample, len(measured))
	for i, name := range measured {
		samples[i].Name = name
	}
	metrics.Read(samples)
	alive, besides = samples[0].Value.Uint64(), samples[1].Value.Uint64()
	for _, heap := range samples[2:] {
		besides -= min(besides, heap.Value.Uint64())
	}
	return alive, besides
}
