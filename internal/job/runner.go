package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"purse/internal/clock"
	"purse/internal/secret"
	"purse/internal/unit"
)

const (
	tick       = time.Second      // real time between looks at what is due
	runTimeout = 4 * time.Minute  // of one run
	leaseTime  = 5 * time.Minute  // longer than runTimeout, so that no two nodes run a job at once
	settleTime = 10 * time.Second // to write an outcome down, also when Purse is ending
	maxRuns    = 100_000          // of RunDueUntil: a job each second for a day, each hour for eleven years
)

// Config says what a runner works with.
type Config struct {
	Store unit.Work[Tx]
	Clock clock.Clock
	Log   *slog.Logger
	Jobs  []Job
}

// Runner runs jobs, one at a time. Several may run, on several nodes.
type Runner struct {
	config Config
	jobs   map[string]Job
	owner  string
	turn   chan struct{} // holds one token; who has it may run jobs
}

// New makes a runner, and refuses jobs that lack something or share a name.
func New(config Config) (*Runner, error) {
	r := &Runner{config: config, jobs: map[string]Job{}, owner: secret.Token(), turn: make(chan struct{}, 1)}
	for _, j := range config.Jobs {
		if err := j.check(); err != nil {
			return nil, err
		}
		if _, taken := r.jobs[j.Name]; taken {
			return nil, fmt.Errorf("job: two jobs are called %s", j.Name)
		}
		r.jobs[j.Name] = j
	}
	r.give()
	return r, nil
}

// Register makes the jobs known to the database: a job that is new there is
// first due at the next time of its schedule, or sooner if the rows want it. It
// must come before RunDue; Run and RunDueUntil do it themselves.
func (r *Runner) Register(ctx context.Context) error {
	wanted := map[string]time.Time{}
	for _, j := range r.config.Jobs {
		if j.Sooner == nil {
			continue
		}
		sooner, err := j.Sooner(ctx)
		if err != nil {
			return fmt.Errorf("job: asking when %s is due: %w", j.Name, err)
		}
		wanted[j.Name] = sooner
	}
	err := r.config.Store.Update(ctx, func(tx Tx) error {
		for _, j := range r.config.Jobs {
			due := j.Next(tx.Now())
			if sooner := wanted[j.Name]; !sooner.IsZero() && sooner.Before(due) {
				due = sooner
			}
			if err := tx.InsertJob(j.Name, due); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("job: registering: %w", err)
	}
	return nil
}

// Run looks once a second of real time at what is due by the clock, and runs
// it, until ctx is done; then it breaks off the job under way, which is due
// again at once, and returns nil. It returns an error only when the jobs cannot
// be registered.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.Register(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := r.RunDue(ctx); err != nil && ctx.Err() == nil {
			r.config.Log.Error("running jobs", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// RunDue runs what is due now, in the order in which it became due. A job that
// fails is logged and not an error of RunDue.
func (r *Runner) RunDue(ctx context.Context) error {
	if err := r.take(ctx); err != nil {
		return err
	}
	defer r.give()
	for {
		s, found, err := r.next(ctx, r.config.Clock.Now())
		if err != nil || !found {
			return err
		}
		if leased, err := r.run(ctx, s); err != nil || !leased {
			return err // not leased: another node is at it, and the next tick sees what it did
		}
	}
}

// errTooMany ends an advance of the clock that would never be done.
var errTooMany = errors.New("job: too many runs on the way; advance the clock in smaller steps")

// RunDueUntil moves the clock, which must be the runner's own, forward to
// target as if the time had passed: it stops at every job that becomes due on
// the way, sets the clock to that time and runs it, in the order of their
// times. When it returns an error, because ctx is done or the database fails,
// the clock stays at the place it had reached.
func (r *Runner) RunDueUntil(ctx context.Context, movable *clock.Movable, target time.Time) error {
	if err := r.take(ctx); err != nil {
		return err
	}
	defer r.give()
	if err := r.Register(ctx); err != nil { // Run may not have come to it yet
		return err
	}
	for range maxRuns {
		s, found, err := r.next(ctx, target)
		if err != nil {
			return err
		}
		if !found {
			movable.AdvanceTo(target)
			return nil
		}
		movable.AdvanceTo(s.readyAt())
		if _, err := r.run(ctx, s); err != nil {
			return err
		}
	}
	return errTooMany
}

// take waits for this process's turn to run jobs; give ends it.
func (r *Runner) take(ctx context.Context) error {
	select {
	case <-r.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) give() { r.turn <- struct{}{} }

// next finds the job that is ready first, if one is by until. Jobs of other
// versions of Purse are left alone.
func (r *Runner) next(ctx context.Context, until time.Time) (first State, found bool, err error) {
	err = r.config.Store.View(ctx, func(tx Tx) error {
		first, found = State{}, false
		states, err := tx.Jobs()
		if err != nil {
			return err
		}
		for _, s := range states {
			if _, ours := r.jobs[s.Name]; !ours || s.readyAt().After(until) {
				continue
			}
			if !found || s.readyAt().Before(first.readyAt()) {
				first, found = s, true
			}
		}
		return nil
	})
	if err != nil {
		return State{}, false, fmt.Errorf("job: looking for what is due: %w", err)
	}
	return first, found, nil
}

// run runs one job if its lease can be had. The error is that of the database,
// or of a context that ended; the job's own is stored.
func (r *Runner) run(ctx context.Context, s State) (leased bool, err error) {
	err = r.config.Store.Update(ctx, func(tx Tx) (err error) {
		leased, err = tx.LeaseJob(s.Name, s.RunAt, r.owner, tx.Now().Add(leaseTime))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("job: leasing %s: %w", s.Name, err)
	}
	if !leased {
		return false, nil
	}
	sooner, failure := r.work(ctx, r.jobs[s.Name])
	return true, r.settle(ctx, s, sooner, failure)
}

// settle writes a run's outcome down and frees the lease.
func (r *Runner) settle(ctx context.Context, s State, sooner time.Time, failure error) error {
	ended := ctx.Err()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	var outcome Outcome
	err := r.config.Store.Update(ctx, func(tx Tx) error {
		if failure != nil && ended != nil { // Purse is ending: this says nothing about the job
			outcome = Outcome{DueAt: s.DueAt, RunAt: s.RunAt, Failures: s.Failures, LastError: s.LastError}
		} else {
			outcome = r.jobs[s.Name].after(s, failure, sooner, tx.Now())
		}
		_, err := tx.ReleaseJob(s.Name, r.owner, outcome)
		return err
	})
	if err != nil {
		return fmt.Errorf("job: settling %s: %w", s.Name, err)
	}
	if ended != nil {
		return ended
	}
	if failure != nil {
		r.config.Log.Error("job failed", "job", s.Name, "failures", outcome.Failures, "run_at", outcome.RunAt, "error", failure)
	}
	return nil
}

// errPanicked is a job that panicked; the log has its stack.
var errPanicked = errors.New("the job panicked")

// work does a job's work, and asks when the rows want it again.
func (r *Runner) work(ctx context.Context, j Job) (sooner time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.config.Log.Error("job panicked", "job", j.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	if err := j.Run(ctx); err != nil || j.Sooner == nil {
		return time.Time{}, err
	}
	return j.Sooner(ctx)
}
