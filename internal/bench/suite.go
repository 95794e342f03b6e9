package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// Suite measures what Purse promises, on SQLite and, when there is a database for
// it, on PostgreSQL, and says what was reached.
type Suite struct {
	Options
	Cards     int // over all people
	Transfers int // in the database on which Purse is started again
}

// goal is one promise. Better is a lower number, unless atLeast.
type goal struct {
	name    string
	atLeast bool
	want    float64
	format  string // of the number with its unit
}

func (g goal) reached(got float64) bool {
	if g.atLeast {
		return got >= g.want
	}
	return got <= g.want
}

// goals are the promises for each engine, in the order of figures: those of 64
// clients over HTTP, client and server and database on two processors.
func goals(engine string) []goal {
	random, p99, ofEcho, alone := 20_000.0, 10.0, 0.30, 0.6
	if engine == "PostgreSQL" {
		random, p99, ofEcho, alone = 10_000, 15, 0.15, 1.2
	}
	return []goal{
		{"random pairs", true, random, "%.0f/s"},
		{"all to one card, to random pairs", true, 0.90, "%.2f"},
		{"p99", false, p99, "%.1f ms"},
		{"share of the bare echo", true, ofEcho, "%.2f"},
		{"one client alone, p50", false, alone, "%.2f ms"},
		{"memory", false, 150, "%.0f MB"},
		{"start to first answer", false, 150, "%.0f ms"},
	}
}

// score is what was measured of one engine, in the order of its goals.
type score struct {
	Engine  string   `json:"engine"`
	Figures []figure `json:"figures"`
	random  float64
}

type figure struct {
	Name    string  `json:"name"`
	Want    float64 `json:"want"`
	Got     float64 `json:"got"` // negative where this machine does not tell
	Reached bool    `json:"reached"`
	goal    goal
}

// Run measures and prints. That a goal was not reached is no error.
func (s Suite) Run(ctx context.Context) error {
	if s.Cards < 2*s.Clients {
		return fmt.Errorf("%d clients need at least %d cards", s.Clients, 2*s.Clients)
	}
	if strings.HasPrefix(s.DatabaseURL, "sqlite:") {
		return errors.New("SQLite is measured anyway, on a file of its own: name a PostgreSQL database")
	}
	return s.conduct(ctx, "suite", func(ctx context.Context, session *session) error {
		if err := session.measureEcho(ctx); err != nil {
			return err
		}
		databases := []string{"sqlite:" + filepath.Join(session.directory, "suite.db")}
		if s.DatabaseURL != "" {
			databases = append(databases, s.DatabaseURL)
		}
		for _, database := range databases {
			if err := session.onStage(ctx, database, nil, s.measure); err != nil {
				return err
			}
		}
		if scores := session.report.Scores; len(scores) == 2 {
			session.report.note("PostgreSQL to SQLite in this run: random pairs %.2f", scores[1].random/scores[0].random)
		} else {
			session.report.note("PostgreSQL was not measured: give --database-url, or install its server for make bench")
		}
		return nil
	})
}

func (s Suite) measure(ctx context.Context, st *stage) error {
	all, err := st.payers(ctx, s.Clients, s.Cards)
	if err != nil {
		return err
	}
	runs := transferRuns(s.Clients, all)
	var lines []*line
	for _, r := range []transferRun{runs[runRandom], runs[runHot], runs[runAlone]} {
		l, err := st.measureTransfer(ctx, r, Rate{})
		if err != nil {
			return err
		}
		lines = append(lines, l)
	}
	random, hot, alone := lines[0], lines[1], lines[2]
	first, err := st.startAgain(ctx, int64(s.Transfers))
	if err != nil {
		return err
	}
	memory := -1.0
	if hot.Memory != nil {
		memory = float64(*hot.Memory) / (1 << 20)
	}
	st.report.Scores = append(st.report.Scores, newScore(st.engine, random.Rate,
		random.Rate, hot.Rate/random.Rate, max(random.Latency.P99, hot.Latency.P99), random.ofEcho(), alone.Latency.P50, memory, milliseconds(first)))
	return nil
}

// startAgain fills the database up to so many transfers, stops the server, and
// returns how long it takes from its start to its first answer that needed the
// database.
func (st *stage) startAgain(ctx context.Context, transfers int64) (time.Duration, error) {
	if missing := transfers - st.tally.acknowledged.Load(); missing > 0 {
		if err := st.fill(ctx, missing, nil, fmt.Sprintf("filling the database up to %d transfers", transfers)); err != nil {
			return 0, err
		}
	}
	st.say("%s: starting on %d transfers …", st.engine, st.tally.acknowledged.Load())
	st.purse.stop()
	if err := st.open(ctx); err != nil {
		return 0, err
	}
	return st.purse.ready, nil
}

func newScore(engine string, random float64, got ...float64) score {
	s := score{Engine: engine, random: random}
	for i, g := range goals(engine) {
		s.Figures = append(s.Figures, figure{g.name, g.want, got[i], got[i] >= 0 && g.reached(got[i]), g})
	}
	return s
}

// printScores writes what was reached.
func printScores(out io.Writer, scores []score) error {
	if len(scores) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\ngoal\tto reach\tmeasured\t")
	for _, s := range scores {
		for _, f := range s.Figures {
			sign, verdict := "≤", "not reached"
			if f.goal.atLeast {
				sign = "≥"
			}
			if f.Reached {
				verdict = "reached"
			}
			measured := unknown
			if f.Got >= 0 {
				measured = fmt.Sprintf(f.goal.format, f.Got)
			}
			fmt.Fprintf(table, "%s: %s\t%s "+f.goal.format+"\t%s\t%s\n", s.Engine, f.Name, sign, f.Want, measured, verdict)
		}
	}
	_, err := fmt.Fprintln(table)
	return errors.Join(err, table.Flush())
}
