// Package job runs scheduled work: each due job on exactly one node, by the
// clock that Purse is given. When a job is due, who runs it and what became of
// it is in the database, so that nodes may come and go. What jobs do is
// written elsewhere; SQL and HTTP must not live here.
package job

import (
	"context"
	"fmt"
	"time"
)

// Job is one piece of work that comes again and again. A job whose time passed
// several times while no node ran is run once, so it does all that is due by
// the rows it works on, not by how often it is called; and since a node may
// end in the middle, running it twice must do no more than running it once.
type Job struct {
	Name string // permanent: it is the job's key in the database
	// Next is the first time of the schedule that is later than a time. It must
	// be a pure function.
	Next func(after time.Time) time.Time
	// Sooner, where it is set, is asked after a run, and when the job is new, for
	// a time before the next one of the schedule at which the rows want the job to
	// be run; the zero time is none. So what becomes due by the rows between two
	// times of the schedule is done at its own time. A time that is not later than
	// the one for which the job was just run does not count.
	Sooner func(ctx context.Context) (time.Time, error)
	// Run does the work. Its context ends when Purse is ending, and before the
	// job's lease does. Its error is logged and stored: no secrets in it.
	Run func(ctx context.Context) error
}

// Every is a schedule with a fixed distance between its times, which are the
// multiples of d since 1970 in UTC: every node finds the same ones. It panics
// when d is shorter than a second, which only a programmer can cause.
func Every(d time.Duration) func(after time.Time) time.Time {
	if d < time.Second {
		panic("job: a schedule in steps of less than a second")
	}
	step := d.Microseconds()
	return func(after time.Time) time.Time {
		return time.UnixMicro((after.UnixMicro()/step + 1) * step).UTC()
	}
}

// State is a job as the database knows it. Times are exact to the microsecond.
type State struct {
	Name       string
	DueAt      time.Time // of the schedule
	RunAt      time.Time // when to run it: DueAt, or later after failures
	Failures   int       // since it last succeeded
	LastError  string    // empty when it last succeeded
	LeaseOwner string    // empty when nobody runs it
	LeaseUntil time.Time // zero when nobody runs it
}

// readyAt is when the job may be run: at RunAt, or when the lease of whoever
// has begun to run it ends.
func (s State) readyAt() time.Time {
	if s.LeaseOwner != "" && s.LeaseUntil.After(s.RunAt) {
		return s.LeaseUntil
	}
	return s.RunAt
}

// Tx is what job needs of a unit of work.
type Tx interface {
	Now() time.Time
	// InsertJob adds a job, free and without failures, unless it is there.
	InsertJob(name string, due time.Time) error
	// Jobs reads all jobs, in the order of their names.
	Jobs() ([]State, error)
	// LeaseJob takes the lease of a job until a time, and reports whether it
	// could: RunAt must still be what the caller saw and not lie after Now, and
	// no lease may reach beyond Now. Of several callers one succeeds.
	LeaseJob(name string, runAt time.Time, owner string, until time.Time) (bool, error)
	// ReleaseJob stores the outcome in a job and frees its lease, and reports
	// whether the lease was still the owner's; otherwise it changes nothing.
	ReleaseJob(name, owner string, outcome Outcome) (bool, error)
}

// Outcome is what a run changes in a job's state.
type Outcome struct {
	DueAt     time.Time
	RunAt     time.Time
	Failures  int
	LastError string
}

const (
	firstRetry  = time.Minute // after a failure; doubled after each further one,
	maxRetry    = time.Hour   // up to this
	errorLength = 500         // bytes of an error that are stored
)

// after is the outcome of a run of s that ended at now with failure, or nil.
// Scheduled times that have passed meanwhile are one run, the one just made.
// sooner is what Sooner says, or zero.
func (j Job) after(s State, failure error, sooner, now time.Time) Outcome {
	if failure == nil {
		next := j.Next(s.DueAt)
		if !next.After(now) {
			next = j.Next(now)
		}
		if sooner.After(s.DueAt) && sooner.Before(next) {
			next = sooner
		}
		return Outcome{DueAt: next, RunAt: next}
	}
	delay := firstRetry
	for range s.Failures {
		if delay *= 2; delay >= maxRetry {
			delay = maxRetry
			break
		}
	}
	return Outcome{DueAt: s.DueAt, RunAt: now.Add(delay), Failures: s.Failures + 1, LastError: clip(failure.Error())}
}

// clip cuts text to errorLength without cutting a character.
func clip(text string) string {
	if len(text) <= errorLength {
		return text
	}
	end := 0
	for i := range text {
		if i > errorLength {
			break
		}
		end = i
	}
	return text[:end]
}

func (j Job) check() error {
	if j.Name == "" || j.Next == nil || j.Run == nil {
		return fmt.Errorf("job: %q lacks its name, schedule or work", j.Name)
	}
	if start := time.Unix(0, 0); !j.Next(start).After(start) {
		return fmt.Errorf("job: the schedule of %s does not go forward", j.Name)
	}
	return nil
}
