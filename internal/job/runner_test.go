package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/job"
	"purse/internal/store"
	"purse/internal/store/sqlite"
	"purse/internal/unit"
)

var start = time.Date(2100, 3, 1, 0, 30, 0, 0, time.UTC) // ahead of every machine's clock

func open(t *testing.T, c clock.Clock) unit.Work[job.Tx] {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "purse.db"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	return store.Narrow[job.Tx](engine)
}

func newRunner(t *testing.T, work unit.Work[job.Tx], c clock.Clock, jobs ...job.Job) *job.Runner {
	t.Helper()
	r, err := job.New(job.Config{Store: work, Clock: c, Log: slog.New(slog.DiscardHandler), Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func states(t *testing.T, work unit.Work[job.Tx]) (all []job.State) {
	t.Helper()
	err := work.View(t.Context(), func(tx job.Tx) (err error) {
		all, err = tx.Jobs()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAJobRunsOnceForEachTimeOfItsSchedule(t *testing.T) {
	now := clock.NewManual(start)
	var runs int
	r := newRunner(t, open(t, now), now, job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error {
		runs++
		return nil
	}})
	for _, step := range []struct {
		advance time.Duration
		runs    int
	}{{0, 0}, {29 * time.Minute, 0}, {time.Minute, 1}, {0, 1}, {time.Hour, 2}, {48 * time.Hour, 3}, {0, 3}, {time.Hour, 4}} {
		now.Advance(step.advance)
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if runs != step.runs {
			t.Fatalf("at %s: %d runs, want %d", now.Now(), runs, step.runs)
		}
	}
}

func TestOfManyNodesOneRunsAJob(t *testing.T) {
	now := clock.NewManual(start)
	work := open(t, now)
	var runs atomic.Int32
	fee := job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error {
		runs.Add(1)
		return nil
	}}
	nodes := make([]*job.Runner, 8)
	for i := range nodes {
		nodes[i] = newRunner(t, work, now, fee)
	}
	for hour := range 5 {
		now.Advance(time.Hour)
		var wait sync.WaitGroup
		for _, node := range nodes {
			wait.Go(func() {
				if err := node.RunDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := int(runs.Load()); got != hour+1 {
			t.Fatalf("%d runs in %d hours", got, hour+1)
		}
	}
}

func TestANodeThatDiesLosesItsLease(t *testing.T) {
	now := clock.NewManual(start)
	work := open(t, now)
	var runs int
	r := newRunner(t, work, now, job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error {
		runs++
		return nil
	}})
	now.Advance(time.Hour)
	err := work.Update(t.Context(), func(tx job.Tx) error {
		_, err := tx.LeaseJob("fee", start.Add(30*time.Minute), "dead", tx.Now().Add(5*time.Minute))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for minute := range 6 {
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := minute / 5; runs != want {
			t.Fatalf("%d runs after %d minutes", runs, minute)
		}
		now.Advance(time.Minute)
	}
}

func TestAFailureOrPanicIsStoredLoggedAndRetried(t *testing.T) {
	now := clock.NewManual(start)
	work := open(t, now)
	var log bytes.Buffer
	outcome := []func() error{func() error { return errors.New("rates are down") }, func() error { panic("oops") }, func() error { return nil }}
	run := 0
	r, err := job.New(job.Config{Store: work, Clock: now, Log: slog.New(slog.NewTextHandler(&log, nil)), Jobs: []job.Job{{
		Name: "rates", Next: job.Every(time.Hour), Run: func(context.Context) error { run++; return outcome[run-1]() },
	}}})
	if err == nil {
		err = r.Register(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	due := start.Add(30 * time.Minute)
	now.Set(due)
	for i, want := range []job.State{
		{Name: "rates", DueAt: due, RunAt: due.Add(time.Minute), Failures: 1, LastError: "rates are down"},
		{Name: "rates", DueAt: due, RunAt: due.Add(3 * time.Minute), Failures: 2, LastError: "the job panicked"},
		{Name: "rates", DueAt: due.Add(time.Hour), RunAt: due.Add(time.Hour)},
	} {
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := states(t, work)[0]; got != want || run != i+1 {
			t.Fatalf("run %d: got %+v\nwant %+v", run, got, want)
		}
		now.Set(want.RunAt)
	}
	for _, want := range []string{"rates are down", "oops"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
}

func TestAJobThatIsBrokenOffIsDueAgainAtOnce(t *testing.T) {
	now := clock.NewManual(start)
	work := open(t, now)
	begun := make(chan struct{})
	r := newRunner(t, work, now, job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}})
	now.Advance(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	<-begun
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	due := start.Add(30 * time.Minute)
	if got := states(t, work)[0]; got != (job.State{Name: "fee", DueAt: due, RunAt: due}) {
		t.Fatalf("got %+v", got)
	}
}

func TestAdvancingTheClockStopsAtEveryDueJobInOrder(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	begin := now.Now().Truncate(time.Hour)
	var runs []string
	note := func(name string) func(context.Context) error {
		return func(context.Context) error {
			runs = append(runs, fmt.Sprintf("%s %d", name, now.Now().Sub(begin)/time.Hour))
			return nil
		}
	}
	r := newRunner(t, open(t, now), now,
		job.Job{Name: "two", Next: job.Every(2 * time.Hour), Run: note("two")},
		job.Job{Name: "three", Next: job.Every(3 * time.Hour), Run: note("three")})
	target := begin.Add(7*time.Hour + 30*time.Minute)
	if err := r.RunDueUntil(t.Context(), now, target); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(runs, ", "), "two 2, three 3, two 4, three 6, two 6"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if now.Now().Before(target) {
		t.Fatalf("the clock stands at %s", now.Now())
	}
}

func TestAdvancingByAMonthRunsAnHourlyJob720Times(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	var runs atomic.Int32
	seen := map[time.Time]int{}
	r := newRunner(t, open(t, now), now, job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error {
		runs.Add(1)
		seen[now.Now().Truncate(time.Hour)]++
		return nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var background sync.WaitGroup
	for range 3 { // runners in the background must not run anything twice
		background.Go(func() {
			for ctx.Err() == nil {
				if err := r.RunDue(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	err := r.RunDueUntil(t.Context(), now, now.Now().Add(720*time.Hour))
	cancel()
	background.Wait()
	if err != nil || runs.Load() != 720 {
		t.Fatalf("%d runs, %v", runs.Load(), err)
	}
	for at, n := range seen {
		if n != 1 {
			t.Errorf("%d runs for %s", n, at)
		}
	}
}

func TestAdvancingStopsWhereTheRowsWantAJob(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	begin := now.Now()
	wanted := []time.Duration{45 * time.Minute, 45*time.Minute + time.Second, 3 * time.Hour} // the first hour ends after half an hour
	var runs []time.Duration
	r := newRunner(t, open(t, now), now, job.Job{
		Name: "fee", Next: job.Every(time.Hour),
		Run: func(context.Context) error {
			runs = append(runs, now.Now().Sub(begin).Truncate(time.Second))
			return nil
		},
		Sooner: func(context.Context) (time.Time, error) {
			for _, want := range wanted {
				if at := begin.Add(want); at.After(now.Now()) {
					return at, nil
				}
			}
			return time.Time{}, nil
		},
	})
	if err := r.RunDueUntil(t.Context(), now, begin.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{30 * time.Minute, 45 * time.Minute, 45*time.Minute + time.Second, 90 * time.Minute, 150 * time.Minute, 3 * time.Hour}
	if fmt.Sprint(runs) != fmt.Sprint(want) {
		t.Errorf("it ran at %v, want %v", runs, want)
	}
}

func TestANewJobIsDueWhenTheRowsWantIt(t *testing.T) {
	now := clock.NewManual(start)
	var runs int
	r := newRunner(t, open(t, now), now, job.Job{
		Name: "rates", Next: job.Every(time.Hour), Run: func(context.Context) error { runs++; return nil },
		Sooner: func(context.Context) (time.Time, error) { return time.Unix(0, 0), nil },
	})
	if err := r.RunDue(t.Context()); err != nil || runs != 1 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

func TestNotKnowingWhatTheRowsWantIsAFailure(t *testing.T) {
	now := clock.NewManual(start)
	work := open(t, now)
	var down error
	r := newRunner(t, work, now, job.Job{
		Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error { return nil },
		Sooner: func(context.Context) (time.Time, error) { return time.Time{}, down },
	})
	down = errors.New("no rows")
	now.Advance(time.Hour)
	if err := r.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := states(t, work)[0]; got.Failures != 1 || got.LastError != "no rows" {
		t.Errorf("got %+v", got)
	}
}

func TestAdvancingCanBeCancelledAndStaysWhereItGot(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	ctx, cancel := context.WithCancel(t.Context())
	var runs int
	r := newRunner(t, open(t, now), now, job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error {
		if runs++; runs == 3 {
			cancel()
		}
		return nil
	}})
	if err := r.RunDueUntil(ctx, now, now.Now().Add(720*time.Hour)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if got := now.Now(); runs != 3 || got.Before(start.Add(2*time.Hour)) || got.After(start.Add(4*time.Hour)) {
		t.Fatalf("%d runs, the clock stands at %s", runs, got)
	}
}

func TestAdvancingWaitsForTheLeaseOfANodeThatDied(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	work := open(t, now)
	var ranAt time.Time
	r := newRunner(t, work, now, job.Job{Name: "fee", Next: job.Every(24 * time.Hour), Run: func(context.Context) error {
		ranAt = now.Now()
		return nil
	}})
	due := states(t, work)[0].DueAt
	now.AdvanceTo(due)
	var freed time.Time
	err := work.Update(t.Context(), func(tx job.Tx) error {
		freed = tx.Now().Add(5 * time.Minute)
		_, err := tx.LeaseJob("fee", due, "dead", freed)
		return err
	})
	if err == nil {
		err = r.RunDueUntil(t.Context(), now, due.Add(time.Hour))
	}
	if err != nil || ranAt.Before(freed.Truncate(time.Microsecond)) {
		t.Fatalf("ran at %s, freed at %s, %v", ranAt, freed, err)
	}
}

func TestJobsThatLackSomethingAreRefused(t *testing.T) {
	whole := job.Job{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error { return nil }}
	nameless, aimless, idle, stuck := whole, whole, whole, whole
	nameless.Name, aimless.Next, idle.Run = "", nil, nil
	stuck.Next = func(after time.Time) time.Time { return after }
	for name, jobs := range map[string][]job.Job{"no name": {nameless}, "no schedule": {aimless}, "no work": {idle}, "standing still": {stuck}, "one name twice": {whole, whole}} {
		if _, err := job.New(job.Config{Jobs: jobs}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAdvancingKnowsTheJobsThatNobodyHasRegisteredYet(t *testing.T) {
	now := &clock.Movable{}
	now.AdvanceTo(start)
	var runs int
	r, err := job.New(job.Config{Store: open(t, now), Clock: now, Log: slog.New(slog.DiscardHandler), Jobs: []job.Job{
		{Name: "fee", Next: job.Every(time.Hour), Run: func(context.Context) error { runs++; return nil }},
	}})
	if err == nil {
		err = r.RunDueUntil(t.Context(), now, now.Now().Add(2*time.Hour))
	}
	if err != nil || runs != 2 {
		t.Fatalf("%d runs, %v", runs, err)
	}
}
