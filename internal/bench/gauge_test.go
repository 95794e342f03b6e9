package bench

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestWhatProcSaysOfAProcessIsRead(t *testing.T) {
	const stat = "1234 (pur) se) S 1 1 1 0 -1 4194304 900 0 0 0 250 150 0 0 20 0 9 0 100 1000 200 18446744073709551615"
	if cpu, ok := parseStat(stat); !ok || cpu != 4*time.Second {
		t.Errorf("the processor time is %s, %t", cpu, ok)
	}
	const status = "Name:\tpurse\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n"
	if peak, ok := parseStatus(status, "VmHWM:"); !ok || peak != 2<<20 {
		t.Errorf("the peak is %d, %t", peak, ok)
	}
	if _, ok := parseStatus(status, "VmSwap:"); ok {
		t.Error("a line that is missing was found")
	}
}

func TestThisProcessTellsWhatItTakes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	u := usageOf(os.Getpid())
	if !u.known || u.resident <= 0 || u.peak < u.resident/2 || u.handles < 3 {
		t.Errorf("%+v", u)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1 (a) S 1 1 1 0 -1 4194304 900 0 0 0 250 150 0 0")
	f.Add(")")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if cpu, ok := parseStat(text); ok && cpu < 0 {
			t.Errorf("%q took %s", text, cpu)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	f.Add("VmRSS:\t  1024 kB\n")
	f.Add("VmRSS: 99999999999999999999 kB")
	f.Fuzz(func(t *testing.T, text string) {
		if size, ok := parseStatus(text, "VmRSS:"); ok && size < 0 {
			t.Errorf("%q is %d bytes", text, size)
		}
	})
}
