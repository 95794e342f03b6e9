package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// usage is what a process has taken of the machine; known says whether this
// machine tells, which Linux does.
type usage struct {
	known    bool
	cpu      time.Duration // of all its threads, since it began
	resident int64         // bytes
	peak     int64         // the most that was resident since it began
	handles  int64         // open files and connections
}

// usageOf reads what /proc says of a process.
func usageOf(pid int) (u usage) {
	directory := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(directory + "stat")
	if err != nil {
		return u
	}
	status, err := os.ReadFile(directory + "status")
	if err != nil {
		return u
	}
	handles, err := os.ReadDir(directory + "fd")
	if err != nil {
		return u
	}
	var ok [3]bool
	u.cpu, ok[0] = parseStat(string(stat))
	u.resident, ok[1] = parseStatus(string(status), "VmRSS:")
	u.peak, ok[2] = parseStatus(string(status), "VmHWM:")
	u.handles = int64(len(handles))
	u.known = ok[0] && ok[1] && ok[2]
	return u
}

// ticks is how many a second of processor time has in /proc: on Linux 100 for
// every architecture that Go knows (sysconf(_SC_CLK_TCK)).
const ticks = 100

// parseStat is the processor time in /proc/PID/stat (proc(5)): fields 14 and 15,
// counted from the end of the program's name, which may hold anything.
func parseStat(text string) (time.Duration, bool) {
	_, rest, found := strings.Cut(text[strings.LastIndexByte(text, ')')+1:], " ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 13 {
		return 0, false
	}
	var sum int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || n < 0 || n > 1<<48 {
			return 0, false
		}
		sum += n
	}
	return time.Duration(sum) * (time.Second / ticks), true
}

// parseStatus is a size in /proc/PID/status, in bytes.
func parseStatus(text, name string) (int64, bool) {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(line, name); found {
			value, found = strings.CutSuffix(strings.TrimSpace(value), " kB")
			kilobytes, err := strconv.ParseInt(value, 10, 64)
			return kilobytes << 10, found && err == nil && kilobytes >= 0 && kilobytes < 1<<50
		}
	}
	return 0, false
}

// share is the part of the machine's processors that was taken between two looks.
func share(before, after usage, elapsed time.Duration) float64 {
	return float64(after.cpu-before.cpu) / float64(elapsed) / float64(runtime.NumCPU())
}

// metrics reads numbers from the server's /metrics by their names; those that it
// does not show are missing.
func (p *process) metrics(ctx context.Context, names ...string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	found := map[string]float64{}
	for _, name := range names {
		family := families[name]
		if family == nil || len(family.GetMetric()) != 1 {
			continue
		}
		m := family.GetMetric()[0]
		found[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue() // two of them are none
	}
	return found, nil
}
