package bench

import (
	"fmt"
	"strings"
)

// trend is how one measure of a long run went: its mean in the last third of the
// points beside that in the first.
type trend struct {
	Name  string  `json:"name"`
	First float64 `json:"first"`
	Last  float64 `json:"last"`
	Ratio float64 `json:"ratio"`
	Most  float64 `json:"most"` // the ratio up to which it counts as flat
	Flat  bool    `json:"flat"`
}

// fewestPoints is what it takes to tell a trend.
const fewestPoints = 6

// trends compares the last third of a run with its first. What the server takes
// may have grown by a tenth, which the end of filling its caches does; latencies
// wander more, for they are the slowest hundredth of a minute.
func trends(series []point) []trend {
	third := len(series) / 3
	if len(series) < fewestPoints {
		return nil
	}
	var all []trend
	for _, m := range []struct {
		name  string
		most  float64
		value func(*point) float64
	}{
		{"resident memory", 1.10, func(p *point) float64 { return float64(p.Resident) }},
		{"goroutines", 1.10, func(p *point) float64 { return float64(p.Goroutines) }},
		{"open handles", 1.10, func(p *point) float64 { return float64(p.Handles) }},
		{"p99", 1.25, func(p *point) float64 { return p.P99 }},
	} {
		t := trend{Name: m.name, Most: m.most, First: mean(series[:third], m.value), Last: mean(series[len(series)-third:], m.value)}
		if t.First <= 0 {
			continue // this machine does not tell
		}
		t.Ratio = t.Last / t.First
		t.Flat = t.Ratio <= t.Most
		all = append(all, t)
	}
	return all
}

func mean(series []point, value func(*point) float64) (sum float64) {
	for i := range series {
		sum += value(&series[i])
	}
	return sum / float64(len(series))
}

// describe says for people whether everything is flat.
func describe(all []trend) string {
	if len(all) == 0 {
		return "too short a run to tell whether memory, goroutines, handles and p99 are flat"
	}
	var parts []string
	flat := true
	for _, t := range all {
		word := "flat"
		if !t.Flat {
			word, flat = "NOT FLAT", false
		}
		parts = append(parts, fmt.Sprintf("%s ×%.2f %s", t.Name, t.Ratio, word))
	}
	if flat {
		return "all flat, last third to first: " + strings.Join(parts, ", ")
	}
	return "not all flat, last third to first: " + strings.Join(parts, ", ")
}
