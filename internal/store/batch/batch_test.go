package batch

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"purse/internal/fault"
)

// job is answered with how many jobs its batch had.
type job struct{ company int }

var errClosed = errors.New("closed")

// held starts a worker whose first batch waits until it is let go.
func held(t *testing.T) (w *Worker[job], began, letGo chan struct{}, batches *atomic.Int32) {
	t.Helper()
	began, letGo, batches = make(chan struct{}), make(chan struct{}), &atomic.Int32{}
	w = Start(func(jobs []*job) {
		if batches.Add(1) == 1 {
			close(began)
			<-letGo
		}
		for _, j := range jobs {
			j.company = len(jobs)
		}
	}, errClosed)
	return w, began, letGo, batches
}

func TestWhatWaitsSharesTheNextBatch(t *testing.T) {
	w, began, letGo, batches := held(t)
	var wait sync.WaitGroup
	do := func(want int) {
		wait.Go(func() {
			j := &job{}
			if err := w.Do(t.Context(), j); err != nil || j.company != want {
				t.Errorf("%v, in a batch of %d, want %d", err, j.company, want)
			}
		})
	}
	do(1)
	<-began
	const others = Limit
	for range others {
		do(others)
	}
	for w.Waiting() < others {
		runtime.Gosched()
	}
	close(letGo)
	wait.Wait()
	w.Close()
	if batches.Load() != 2 {
		t.Errorf("%d batches, want 2", batches.Load())
	}
}

func TestWhoGivesUpBeforeTheBatchLeavesNothing(t *testing.T) {
	w, began, letGo, batches := held(t)
	first := make(chan error, 1)
	go func() { first <- w.Do(context.Background(), &job{}) }()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late := &job{}
	if err := w.Do(ctx, late); !errors.Is(err, context.Canceled) {
		t.Errorf("giving up while waiting: %v", err)
	}
	close(letGo)
	if err := <-first; err != nil {
		t.Error(err)
	}
	w.Close()
	if late.company != 0 || batches.Load() != 1 {
		t.Errorf("the abandoned job was worked on: %+v, %d batches", late, batches.Load())
	}
}

func TestWhatHasBegunIsWaitedForEvenByWhoGivesUp(t *testing.T) {
	w, began, letGo, _ := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	j, done := &job{}, make(chan error, 1)
	go func() { done <- w.Do(ctx, j) }()
	<-began
	cancel()
	close(letGo)
	if err := <-done; err != nil || j.company != 1 {
		t.Errorf("%v, %+v: its outcome is not known", err, j)
	}
	w.Close()
}

func TestCloseFinishesWhatWasAcceptedAndRefusesTheRest(t *testing.T) {
	w, began, letGo, _ := held(t)
	var wait sync.WaitGroup
	do := func() {
		wait.Go(func() {
			if err := w.Do(t.Context(), &job{}); err != nil {
				t.Error(err)
			}
		})
	}
	do()
	<-began
	do()
	for w.Waiting() < 1 {
		runtime.Gosched()
	}
	closed := make(chan struct{})
	go func() { w.Close(); close(closed) }()
	close(letGo)
	wait.Wait()
	<-closed
	if err := w.Do(t.Context(), &job{}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	w, began, letGo, _ := held(t)
	var wait sync.WaitGroup
	do := func() {
		wait.Go(func() {
			if err := w.Do(t.Context(), &job{}); err != nil {
				t.Error(err)
			}
		})
	}
	do()
	<-began
	for range queueLimit {
		do()
	}
	for w.Waiting() < queueLimit {
		runtime.Gosched()
	}
	if err := w.Do(t.Context(), &job{}); !errors.Is(err, fault.ErrOverloaded) {
		t.Errorf("one more than may wait: %v", err)
	}
	close(letGo)
	wait.Wait()
	w.Close()
}
