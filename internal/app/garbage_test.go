package app

import (
	"math"
	"runtime"
	"sync"
	"testing"
)

const mb = 1 << 20

func TestMemoryIsBoundedWithRoomForGarbage(t *testing.T) {
	for _, test := range []struct{ alive, besides, want uint64 }{
		{0, 0, 40 * mb},
		{12 * mb, 8 * mb, 60 * mb},
		{12 * mb, 70 * mb, 164 * mb},
		{50 * mb, 8 * mb, 116 * mb},
		{400 * mb, 10 * mb, 820 * mb},
		{math.MaxUint64, math.MaxUint64, 1 << 42},
	} {
		if got := memoryBound(test.alive, test.besides); got != int64(test.want) {
			t.Errorf("with %d MB alive and %d besides the bound is %d MB, want %d", test.alive/mb, test.besides/mb, got/mb, test.want/mb)
		}
	}
}

// Thousands of connections have stacks, which are not the heap's: a bound that
// did not count them would have the collector run all the time.
func TestStacksAreCountedBesidesTheHeap(t *testing.T) {
	kept := make([]byte, 32*mb)
	runtime.GC()
	alive, before := memoryTaken()
	if alive < 32*mb || before == 0 || before > 32*mb {
		t.Fatalf("%d MB are alive, and %d besides", alive/mb, before/mb)
	}
	runtime.KeepAlive(kept)
	var wait sync.WaitGroup
	end, deep := make(chan struct{}), make(chan struct{}, 1000)
	for range 1000 {
		wait.Go(func() {
			use(64)
			deep <- struct{}{}
			<-end
		})
	}
	for range 1000 {
		<-deep
	}
	if _, now := memoryTaken(); now < before+8*mb {
		t.Errorf("with a thousand deep stacks %d MB are besides the heap, before %d", now/mb, before/mb)
	}
	close(end)
	wait.Wait()
}

// use takes a stack of some 16 KB.
//
//go:noinline
func use(depth int) byte {
	var room [256]byte
	if depth > 0 {
		room[depth%256] = use(depth - 1)
	}
	return room[(depth+1)%256]
}
