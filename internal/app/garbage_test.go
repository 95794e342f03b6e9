package app

import (
	"math"
	"runtime/metrics"
	"testing"
)

func TestMemoryIsBoundedWithRoomForGarbage(t *testing.T) {
	const mb = 1 << 20
	for _, test := range []struct{ alive, want uint64 }{
		{0, 60 * mb},
		{12 * mb, 60 * mb},
		{50 * mb, 75 * mb},
		{400 * mb, 600 * mb},
		{math.MaxUint64, 3 << 39},
	} {
		if got := memoryBound(test.alive); got != int64(test.want) {
			t.Errorf("with %d MB alive the bound is %d MB, want %d", test.alive/mb, got/mb, test.want/mb)
		}
	}
}

// The runtime names its measurements, and a name that is gone reads as no number.
func TestTheRuntimeTellsWhatIsAlive(t *testing.T) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(sample); sample[0].Value.Kind() != metrics.KindUint64 {
		t.Errorf("it is of kind %v", sample[0].Value.Kind())
	}
}
