package storetest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/internal/clock"
	"purse/internal/job"
	"purse/internal/store"
	"purse/internal/unit"
)

// schedule is an engine with the rows of job, and a clock.
type schedule struct {
	t     *testing.T
	work  unit.Work[job.Tx]
	clock *clock.Manual
}

// Job holds an engine to what job.Tx says.
func Job(t *testing.T, open Open) {
	for name, test := range map[string]func(s *schedule){
		"a job that is there stays as it is":         insertTwice,
		"a lease is had when the job is due":         leasedWhenDue,
		"of many nodes one gets the lease":           oneLease,
		"a lease ends by itself":                     leaseEnds,
		"a lease is for the run that the caller saw": leaseForSeenRun,
		"an outcome is stored and frees the lease":   outcomeStored,
		"who has lost the lease stores no outcome":   lostLeaseStoresNothing,
		"jobs are listed by name":                    jobsByName,
	} {
		t.Run(name, func(t *testing.T) {
			now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			test(&schedule{t: t, work: store.Narrow[job.Tx](open(t, now)), clock: now})
		})
	}
}

func (s *schedule) insert(name string, due time.Time) {
	s.t.Helper()
	if err := s.work.Update(s.t.Context(), func(tx job.Tx) error { return tx.InsertJob(name, due) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *schedule) lease(name, owner string, runAt time.Time) bool {
	s.t.Helper()
	var leased bool
	err := s.work.Update(s.t.Context(), func(tx job.Tx) (err error) {
		leased, err = tx.LeaseJob(name, runAt, owner, tx.Now().Add(time.Minute))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return leased
}

func (s *schedule) release(name, owner string, outcome job.Outcome) bool {
	s.t.Helper()
	var released bool
	err := s.work.Update(s.t.Context(), func(tx job.Tx) (err error) {
		released, err = tx.ReleaseJob(name, owner, outcome)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return released
}

func (s *schedule) want(want ...job.State) {
	s.t.Helper()
	var got []job.State
	err := s.work.View(s.t.Context(), func(tx job.Tx) (err error) {
		got, err = tx.Jobs()
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("got  %v\nwant %v", got, want)
	}
}

func insertTwice(s *schedule) {
	due := s.clock.Now().Add(time.Hour + time.Microsecond)
	s.insert("fee", due)
	s.insert("fee", due.Add(time.Hour))
	s.want(job.State{Name: "fee", DueAt: due, RunAt: due})
}

func leasedWhenDue(s *schedule) {
	due := s.clock.Now().Add(time.Second)
	s.insert("fee", due)
	if s.lease("fee", "a", due) {
		s.t.Fatal("leased before it was due")
	}
	s.clock.Set(due)
	if s.lease("rates", "a", due) {
		s.t.Fatal("leased a job that is not there")
	}
	if !s.lease("fee", "a", due) {
		s.t.Fatal("not leased when due")
	}
	s.want(job.State{Name: "fee", DueAt: due, RunAt: due, LeaseOwner: "a", LeaseUntil: due.Add(time.Minute)})
}

func oneLease(s *schedule) {
	due := s.clock.Now()
	s.insert("fee", due)
	var leases atomic.Int32
	var wait sync.WaitGroup
	for node := range 16 {
		wait.Go(func() {
			err := s.work.Update(s.t.Context(), func(tx job.Tx) error {
				leased, err := tx.LeaseJob("fee", due, fmt.Sprint(node), tx.Now().Add(time.Minute))
				if leased {
					leases.Add(1)
				}
				return err
			})
			if err != nil {
				s.t.Error(err)
			}
		})
	}
	wait.Wait()
	if leases.Load() != 1 {
		s.t.Fatalf("%d nodes have the lease", leases.Load())
	}
}

func leaseEnds(s *schedule) {
	due := s.clock.Now()
	s.insert("fee", due)
	s.lease("fee", "a", due)
	s.clock.Advance(time.Minute - time.Microsecond)
	if s.lease("fee", "b", due) {
		s.t.Fatal("leased twice")
	}
	s.clock.Advance(time.Microsecond)
	if !s.lease("fee", "b", due) {
		s.t.Fatal("not free when the lease has ended")
	}
}

func leaseForSeenRun(s *schedule) {
	due := s.clock.Now()
	s.insert("fee", due)
	s.lease("fee", "a", due)
	s.release("fee", "a", job.Outcome{DueAt: due.Add(time.Second), RunAt: due.Add(time.Second)})
	s.clock.Advance(time.Hour)
	if s.lease("fee", "b", due) {
		s.t.Fatal("leased for a run that another has made")
	}
}

func outcomeStored(s *schedule) {
	due := s.clock.Now()
	s.insert("fee", due)
	s.lease("fee", "a", due)
	retry := due.Add(90 * time.Second)
	if !s.release("fee", "a", job.Outcome{DueAt: due, RunAt: retry, Failures: 2, LastError: "née"}) {
		s.t.Fatal("not released")
	}
	s.want(job.State{Name: "fee", DueAt: due, RunAt: retry, Failures: 2, LastError: "née"})
	s.clock.Set(retry)
	if !s.lease("fee", "b", retry) {
		s.t.Fatal("not free")
	}
}

func lostLeaseStoresNothing(s *schedule) {
	due := s.clock.Now()
	s.insert("fee", due)
	s.lease("fee", "a", due)
	s.clock.Advance(time.Minute)
	s.lease("fee", "b", due)
	if s.release("fee", "a", job.Outcome{DueAt: due.Add(time.Hour), RunAt: due.Add(time.Hour)}) {
		s.t.Fatal("released another's lease")
	}
	s.want(job.State{Name: "fee", DueAt: due, RunAt: due, LeaseOwner: "b", LeaseUntil: s.clock.Now().Add(time.Minute)})
}

func jobsByName(s *schedule) {
	due := s.clock.Now()
	s.insert("rates", due)
	s.insert("fee", due.Add(time.Hour))
	s.want(job.State{Name: "fee", DueAt: due.Add(time.Hour), RunAt: due.Add(time.Hour)}, job.State{Name: "rates", DueAt: due, RunAt: due})
}
