// Package bench runs every measurement of the real program for a moment on both
// engines. What comes out is not held to any figure: only that everything that was
// asked was answered, that the table has its lines, and that the books balance.
package bench

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// report is what is read of the JSON.
type report struct {
	Command string
	Echo    float64 `json:"echo_per_s"`
	Runs    []struct {
		Name     string
		Engine   string
		Rate     float64 `json:"per_s"`
		Requests int64
		Errors   int64
		Refused  int64
		Syncs    *int64 `json:"fsyncs"`
		Latency  struct {
			P50 float64 `json:"p50_ms"`
			Max float64 `json:"max_ms"`
		}
		Kinds  []struct{ Name string }
		Series []struct {
			Goroutines, Resident, Handles int64
		}
	}
	Books []struct {
		Acknowledged int64
		Accounts     int
		Balance      bool
	}
}

// measure runs a command of purse bench and checks what holds of each.
func measure(t *testing.T, databaseURL string, arguments ...string) (out string, r report) {
	t.Helper()
	directory := t.TempDir()
	jsonFile, svgFile := filepath.Join(directory, "bench.json"), filepath.Join(directory, "bench.svg")
	arguments = append(append([]string{"bench"}, arguments...), "--database-url", databaseURL, "--json", jsonFile, "--svg", svgFile)
	out, code := apptest.RunBinary(t, nil, arguments...)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	text, err := os.ReadFile(jsonFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if svg, err := os.ReadFile(svgFile); err != nil || !strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("the plot is %.40q, %v", svg, err)
	}
	if r.Echo <= 0 || len(r.Runs) == 0 {
		t.Errorf("nothing was measured: %s", text)
	}
	for _, run := range r.Runs {
		if run.Errors != 0 || run.Refused != 0 && run.Name != "overload" || run.Requests == 0 || run.Rate <= 0 || run.Latency.P50 <= 0 || run.Latency.Max < run.Latency.P50 || len(run.Series) == 0 {
			t.Errorf("%s: %+v", run.Name, run)
		}
		if run.Engine != "" && run.Syncs == nil {
			t.Errorf("%s: fsyncs are not known", run.Name)
		}
		if !strings.Contains(out, run.Name) {
			t.Errorf("the table lacks %q:\n%s", run.Name, out)
		}
	}
	if len(r.Books) != 1 || !r.Books[0].Balance || r.Books[0].Accounts == 0 && r.Command != "signin" || !strings.Contains(out, "the books balance") {
		t.Errorf("the books were not checked: %+v\n%s", r.Books, out)
	}
	return out, r
}

// names are those of the runs of a report.
func (r report) names() string {
	var names []string
	for _, run := range r.Runs {
		names = append(names, run.Name)
	}
	return strings.Join(names, "; ")
}

// brief is the size of all runs here.
var brief = []string{"--clients", "4", "--duration", "400ms"}

func TestTransfersAreMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"transfer", "--cards", "12"}, brief...)...)
		if got := r.names(); got != "bare echo; random pairs; all to one card; Zipf; one client alone" {
			t.Errorf("runs: %s", got)
		}
		if r.Books[0].Acknowledged < r.Runs[1].Requests {
			t.Errorf("%d movements were acknowledged", r.Books[0].Acknowledged)
		}
		if !strings.Contains(out, "requests/s  p50 ms  p95 ms  p99 ms  max ms  errors") {
			t.Errorf("the table's head is not there:\n%s", out)
		}
	})
}

func TestTransfersAreMeasuredInProcessAndAtARate(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"transfer", "--cards", "12", "--in-process", "--rate", "20%"}, brief...)...)
		if !strings.Contains(out, "in process, random pairs at ") || !strings.HasPrefix(r.Runs[1].Name, "random pairs at ") {
			t.Errorf("runs: %s\n%s", r.names(), out)
		}
	})
}

func TestADatabaseThatIsInUseIsRefused(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		if out, code := apptest.RunBinary(t, []string{"PURSE_DATABASE_URL=" + databaseURL}, "migrate", "up"); code != 0 {
			t.Fatal(out)
		}
		out, code := apptest.RunBinary(t, nil, "bench", "transfer", "--database-url", databaseURL)
		if code != 1 || !strings.Contains(out, "already") {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
}

func TestAMixedDayIsMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, "mixed", "--clients", "4", "--duration", "2s", "--rate", "50%")
		day := r.Runs[1]
		if !strings.HasPrefix(day.Name, "mixed day at ") || len(day.Kinds) < 20 {
			t.Errorf("%s has %d kinds and %d points", day.Name, len(day.Kinds), len(day.Series))
		}
		for _, p := range day.Series {
			if p.Goroutines == 0 {
				t.Errorf("a point lacks the goroutines: %+v", p)
			}
		}
		// On a machine that is busy the run may have too few points to tell a trend.
		if !strings.Contains(out, "last third to first") && !strings.Contains(out, "too short a run to tell") || strings.Count(out, "  goroutines ") != len(day.Series) {
			t.Errorf("the course of the run is not told:\n%s", out)
		}
		if r.Books[0].Accounts != 4*5 {
			t.Errorf("%d accounts were compared", r.Books[0].Accounts)
		}
	})
}

func TestAMixedDayIsMeasuredInProcess(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, _ := measure(t, databaseURL, "mixed", "--clients", "4", "--duration", "1s", "--rate", "50%", "--in-process")
		if !strings.Contains(out, "in process, mixed day") {
			t.Errorf("it was not in process:\n%s", out)
		}
	})
}

func TestReadsAreMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"read", "--entries", "2000"}, brief...)...)
		if want := "bare echo; balance, 1000 entries; balance, 2000 entries in all; history page, 1000 entries; history page, 2000 entries in all; page in the middle of 2000"; r.names() != want {
			t.Errorf("runs: %s", r.names())
		}
		if !strings.Contains(out, "p50 with 2000 entries to that with 1000") || r.Books[0].Acknowledged != 3000 {
			t.Errorf("%d transfers were acknowledged:\n%s", r.Books[0].Acknowledged, out)
		}
	})
}

func TestReadsAreMeasuredInProcess(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		measure(t, databaseURL, append([]string{"read", "--entries", "100", "--in-process"}, brief...)...)
	})
}

func TestSignInsAreMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		_, r := measure(t, databaseURL, "signin", "--clients", "2", "--duration", "3s")
		if r.names() != "bare echo; one step; two steps" || len(r.Runs[2].Kinds) != 2 {
			t.Errorf("runs: %s", r.names())
		}
	})
}

func TestAnOverloadIsMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"overload", "--connections", "1500"}, brief...)...)
		if r.names() != "bare echo; random pairs; overload; after the overload" {
			t.Errorf("runs: %s", r.names())
		}
		for _, text := range []string{"served under overload: ", "refused with 503", "memory at its highest: ", "served in the first second after: "} {
			if !strings.Contains(out, text) {
				t.Errorf("%q is not told:\n%s", text, out)
			}
		}
	})
}

func TestTheSuiteTellsWhatIsReachedOnEveryEngineThatIsInstalled(t *testing.T) {
	engines := 1
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		if !strings.HasPrefix(databaseURL, "sqlite:") {
			engines++ // without PostgreSQL the test has been skipped by now
		}
	})
	command := exec.Command("../../scripts/bench", apptest.Binary(t), "--clients", "4", "--cards", "12", "--duration", "400ms", "--transfers", "300")
	text, err := command.CombinedOutput()
	out := string(text)
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for i, engine := range []string{"SQLite", "PostgreSQL"} {
		want := 0
		if i < engines {
			want = 1
		}
		for _, goal := range []string{"random pairs", "all to one card, to random pairs", "p99", "share of the bare echo", "one client alone, p50", "memory", "start to first answer"} {
			if got := strings.Count(out, engine+": "+goal+" "); got != want {
				t.Errorf("%s: %q is told %d times, want %d:\n%s", engine, goal, got, want, out)
			}
		}
	}
	if strings.Count(out, "the books balance") != engines {
		t.Errorf("the books were not checked:\n%s", out)
	}
}

func TestEveryMeasurementHasHelpWithAnExample(t *testing.T) {
	for _, command := range []string{"transfer", "mixed", "read", "signin", "overload", "suite", "echo"} {
		out, code := apptest.RunBinary(t, nil, "bench", command, "--help")
		if code != 0 || !strings.Contains(out, "Example") || !strings.Contains(out, "purse bench "+command) {
			t.Errorf("%s: exit code %d: %s", command, code, out)
		}
	}
}

func TestBulksAreMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"bulk", "--cards", "12", "--size", "20"}, brief...)...)
		if r.names() != "bare echo; random pairs; bulks, each on its own; bulks, all or none" {
			t.Errorf("runs: %s", r.names())
		}
		if strings.Count(out, "20 in a request") != 2 || r.Books[0].Acknowledged < 20*(r.Runs[2].Requests+r.Runs[3].Requests) {
			t.Errorf("%d movements were acknowledged:\n%s", r.Books[0].Acknowledged, out)
		}
	})
}

func TestGrowthIsMeasuredOnBothEngines(t *testing.T) {
	apptest.EachEngine(t, func(t *testing.T, databaseURL string) {
		out, r := measure(t, databaseURL, append([]string{"growth", "--cards", "12", "--entries", "100,2000"}, brief...)...)
		if want := "bare echo; random pairs, 100 entries; one client alone, 100 entries; balance, 100 entries; history page, 100 entries; " +
			"bare echo; random pairs, 2000 entries; one client alone, 2000 entries; balance, 2000 entries; history page, 2000 entries"; r.names() != want {
			t.Errorf("runs: %s", r.names())
		}
		if !strings.Contains(out, "2000 entries: start to first answer ") || !strings.Contains(out, "2000 entries to 100: transfers ") || r.Books[0].Acknowledged < 1000 {
			t.Errorf("the growth is not told:\n%s", out)
		}
	})
}
