package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// report is everything that a command has measured, as it is written in JSON.
// Times are in the units that their names end in.
type report struct {
	Command  string   `json:"command"`
	At       string   `json:"at"` // RFC 3339
	Machine  machine  `json:"machine"`
	Clients  int      `json:"clients"`
	Duration float64  `json:"duration_s"`
	Echo     float64  `json:"echo_per_s"` // requests a second of the bare echo, as it was measured last
	Lines    []*line  `json:"runs"`
	Scores   []score  `json:"scores,omitempty"` // what was reached of what is promised
	Books    []books  `json:"books"`
	Notes    []string `json:"notes"` // as they are printed below the table

	failed error
}

// line is one run in the table.
type line struct {
	Name    string   `json:"name"`
	Engine  string   `json:"engine,omitempty"`
	Clients int      `json:"clients"`
	Offered float64  `json:"offered_per_s,omitempty"` // the fixed rate, where there was one
	Rate    float64  `json:"per_s"`                   // answered as expected
	Echo    float64  `json:"echo_per_s,omitempty"`    // of the bare echo before it, the measure of its share
	Seconds float64  `json:"seconds"`
	Count   int64    `json:"requests"`
	Errors  int64    `json:"errors"`
	Refused int64    `json:"refused"`          // with 503
	Missed  int64    `json:"missed,omitempty"` // due, but no client was free to send them
	Latency latency  `json:"latency"`          // from when requests were due
	CPU     *float64 `json:"cpu_share"`        // of the machine's processors; null where it is not known
	Memory  *int64   `json:"memory_bytes"`     // the most that was resident up to the end of the run
	Syncs   *int64   `json:"fsyncs"`           // during the run
	Kinds   []kind   `json:"kinds,omitempty"`  // where there are several
	Series  []point  `json:"series"`
	Trends  []trend  `json:"trends,omitempty"`  // of long runs
	Refusal *latency `json:"refusal,omitempty"` // from sending a request to its 503
}

// kind is the requests of one kind within a run.
type kind struct {
	Name    string  `json:"name"`
	Count   int64   `json:"requests"`
	Errors  int64   `json:"errors"`
	Latency latency `json:"latency"`
}

// latency is a distribution in milliseconds.
type latency struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// books is what the check at the end said of one database.
type books struct {
	Engine       string `json:"engine"`
	Acknowledged int64  `json:"acknowledged"` // movements of money that clients were told of
	Accounts     int    `json:"accounts"`     // compared with what was acknowledged
	Balance      bool   `json:"balance"`      // and purse verify found nothing
}

func newReport(command string, o Options) *report {
	return &report{Command: command, At: time.Now().UTC().Format(time.RFC3339), Machine: thisMachine(), Clients: o.Clients, Duration: o.Duration.Seconds()}
}

func latencyOf(h histogram) latency {
	return latency{
		milliseconds(h.quantile(0.50)), milliseconds(h.quantile(0.95)), milliseconds(h.quantile(0.99)), milliseconds(h.max()),
	}
}

func newLine(t trial, rate float64, o *outcome) *line {
	l := &line{
		Name: t.name, Engine: t.engine, Clients: t.clients, Offered: rate, Rate: o.throughput(), Seconds: o.elapsed.Seconds(),
		Count: o.all.count(), Errors: o.errors, Refused: o.refused.count(), Missed: o.missed, Latency: latencyOf(o.all), Series: o.series,
	}
	if l.Refused > 0 {
		l.Refusal = new(latencyOf(o.refused))
	}
	if len(o.kinds) > 1 {
		for _, k := range o.kinds {
			l.Kinds = append(l.Kinds, kind{k.name, k.latencies.count(), k.errors, latencyOf(k.latencies)})
		}
	}
	return l
}

func (r *report) add(l *line) {
	l.Echo = r.Echo
	r.Lines = append(r.Lines, l)
}

// note adds a line below the table.
func (r *report) note(format string, arguments ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, arguments...))
}

// unknown stands in the table for what this machine does not tell.
const unknown = "–"

// print writes the table, the notes below it and what the check of the books said.
func (r *report) print(out io.Writer) error {
	if len(r.Lines) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "run\tclients\trequests/s\tp50 ms\tp95 ms\tp99 ms\tmax ms\terrors\tCPU\tmemory\tfsyncs\tof echo\t")
	for _, l := range r.Lines {
		name := l.Name
		if l.Engine != "" {
			name = l.Engine + ", " + name
		}
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%s\t%d\t%s\t%s\t%s\t%s\t\n", name, l.Clients, l.Rate, l.Latency, l.Errors+l.Refused,
			show(l.CPU, func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }),
			show(l.Memory, func(v int64) string { return fmt.Sprintf("%d MB", v>>20) }),
			show(l.Syncs, func(v int64) string { return fmt.Sprint(v) }), l.share())
		if len(l.Kinds) == 0 {
			continue
		}
		for _, k := range l.Kinds {
			if k.Count+k.Errors > 0 {
				fmt.Fprintf(table, "%s\t\t%.0f\t%s\t%d\t\t\t\t\t\n", k.Name, float64(k.Count)/l.Seconds, k.Latency, k.Errors)
			}
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err := printScores(out, r.Scores); err != nil {
		return err
	}
	text := strings.Join(append(r.Notes, r.conclusions()...), "\n")
	_, err := fmt.Fprintln(out, text)
	return err
}

// conclusions are the last lines: what was missed, and whether the books balance.
func (r *report) conclusions() (lines []string) {
	for _, l := range r.Lines {
		if l.Missed > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d requests that were due found no free client before the end", l.Name, l.Missed))
		}
	}
	for _, b := range r.Books {
		switch {
		case b.Balance && b.Accounts == 0:
			lines = append(lines, b.Engine+": the books balance")
		case b.Balance:
			lines = append(lines, fmt.Sprintf("%s: the books balance; %d accounts have what %d acknowledged movements of money make", b.Engine, b.Accounts, b.Acknowledged))
		}
	}
	return lines
}

func (l latency) String() string {
	return fmt.Sprintf("%.2f\t%.2f\t%.2f\t%.2f", l.P50, l.P95, l.P99, l.Max)
}

func show[T any](value *T, text func(T) string) string {
	if value == nil {
		return unknown
	}
	return text(*value)
}

// ofEcho is a run's requests in times of those of the bare echo before it.
func (l *line) ofEcho() float64 { return l.Rate / l.Echo }

// share is ofEcho as the table shows it.
func (l *line) share() string {
	if l.Echo == 0 {
		return unknown
	}
	return fmt.Sprintf("%.2f", l.ofEcho())
}

// write writes the files that were asked for.
func (r *report) write(jsonFile, svgFile string) error {
	var failed []error
	if jsonFile != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(jsonFile, append(text, '\n'), 0o644)
		}
		failed = append(failed, err)
	}
	if svgFile != "" {
		failed = append(failed, os.WriteFile(svgFile, r.plot(), 0o644))
	}
	return errors.Join(failed...)
}
