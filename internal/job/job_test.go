package job

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEveryGivesTheSameTimesToEverybody(t *testing.T) {
	for _, test := range []struct {
		every       time.Duration
		after, want string
	}{
		{time.Hour, "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"},
		{time.Hour, "2026-03-01T12:59:59.999999Z", "2026-03-01T13:00:00Z"},
		{24 * time.Hour, "2026-03-01T12:00:00Z", "2026-03-02T00:00:00Z"},
		{time.Hour, "2026-03-01T12:30:00+05:00", "2026-03-01T08:00:00Z"},
	} {
		if got := Every(test.every)(at(test.after)); got != at(test.want) {
			t.Errorf("every %s after %s: got %s", test.every, test.after, got)
		}
	}
}

func TestEveryGoesForwardByAtMostOneStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := time.Duration(rapid.Int64Range(1, 1e6).Draw(t, "seconds")) * time.Second
		after := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "after")).UTC()
		if next := Every(step)(after); !next.After(after) || next.Sub(after) > step {
			t.Fatalf("every %s after %s: got %s", step, after, next)
		}
	})
}

func TestAFailingJobIsRetriedLaterAndLaterAndThenKeepsItsSchedule(t *testing.T) {
	j := Job{Next: Every(24 * time.Hour)}
	s := State{DueAt: at("2026-03-01T00:00:00Z"), RunAt: at("2026-03-01T00:00:00Z")}
	now := s.DueAt
	var delays []time.Duration
	for range 9 {
		o := j.after(s, errors.New("down"), now, now)
		if o.DueAt != s.DueAt || o.Failures != s.Failures+1 || o.LastError != "down" {
			t.Fatalf("got %+v", o)
		}
		delays = append(delays, o.RunAt.Sub(now)/time.Minute)
		now, s.RunAt, s.Failures = o.RunAt, o.RunAt, o.Failures
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		if delays[i] != want {
			t.Fatalf("delays in minutes: %d", delays)
		}
	}
	if o := j.after(s, nil, time.Time{}, now); o != (Outcome{DueAt: at("2026-03-02T00:00:00Z"), RunAt: at("2026-03-02T00:00:00Z")}) {
		t.Fatalf("after a success: %+v", o)
	}
}

func TestTimesMissedAreOneRun(t *testing.T) {
	j := Job{Next: Every(time.Hour)}
	got := j.after(State{DueAt: at("2026-03-01T12:00:00Z")}, nil, time.Time{}, at("2026-03-03T15:30:00Z"))
	if got.DueAt != at("2026-03-03T16:00:00Z") {
		t.Fatalf("got %v", got.DueAt)
	}
}

func TestWhatTheRowsWantComesBeforeTheSchedule(t *testing.T) {
	j := Job{Next: Every(time.Hour)}
	now := at("2026-03-01T12:00:01Z")
	for _, test := range []struct{ due, sooner, want string }{
		{"2026-03-01T12:00:00Z", "2026-03-01T12:20:00Z", "2026-03-01T12:20:00Z"},
		{"2026-03-01T12:00:00Z", "2026-03-01T13:20:00Z", "2026-03-01T13:00:00Z"},
		{"2026-03-01T11:59:59Z", "", "2026-03-01T13:00:00Z"}, // after a run that the rows wanted
	} {
		sooner := time.Time{}
		if test.sooner != "" {
			sooner = at(test.sooner)
		}
		if got := j.after(State{DueAt: at(test.due)}, nil, sooner, now); got != (Outcome{DueAt: at(test.want), RunAt: at(test.want)}) {
			t.Errorf("due %s, sooner %s: %+v", test.due, test.sooner, got)
		}
	}
}

func TestStoredErrorsAreBoundedAndWhole(t *testing.T) {
	got := clip(strings.Repeat("é", errorLength))
	if len(got) > errorLength || len(got) < errorLength-3 || !utf8.ValidString(got) {
		t.Fatalf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
	if got := clip("short"); got != "short" {
		t.Fatal(got)
	}
}
