// Package batch gathers what many callers ask for into the batches of one
// worker: the waiting side of group commit, which every engine shares. What a
// batch does is the engine's.
package batch

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"purse/internal/fault"
)

const (
	// Limit bounds how many jobs are in a batch. Larger batches gain a tenth
	// more and make the first in line wait for the last.
	Limit = 512
	// queueLimit bounds how many jobs may wait: about a second's work. More are
	// refused at once, which is kinder than letting them all time out.
	queueLimit = 16384
)

// Worker is the one goroutine that works on batches. It takes every job that
// waits, at most Limit, and starts the next batch the moment the last is done:
// load makes the batches, no timer does.
type Worker[J any] struct {
	work   func([]*J)
	closed error // what is said after Close

	mutex  sync.Mutex
	queue  []*item[J]
	ending bool
	wake   chan struct{} // capacity 1: something waits, or the worker is to end
	ended  chan struct{}
}

// item is a job that waits.
type item[J any] struct {
	job   *J
	state atomic.Int32
	done  chan struct{}
}

// The states of an item. A caller that gives up and the worker that begins
// race for it; who moves it from waiting wins.
const (
	waiting int32 = iota
	begun
	abandoned
)

// Start starts a worker, which ends with Close. work carries out a batch, which
// is never empty, and leaves each outcome in its job; closed is what callers
// are told after Close.
func Start[J any](work func([]*J), closed error) *Worker[J] {
	w := &Worker[J]{work: work, closed: closed, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go w.run()
	return w
}

// Do has a job carried out in a batch and waits until it is. It returns an
// error only when the job was not begun: fault.ErrOverloaded when too many
// wait, the context's error when the caller gave up in time, or what Start was
// given for the time after Close.
func (w *Worker[J]) Do(ctx context.Context, job *J) error {
	i := &item[J]{job: job, done: make(chan struct{})}
	if err := w.enqueue(i); err != nil {
		return err
	}
	select {
	case <-i.done:
	case <-ctx.Done():
		if i.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		<-i.done // it has begun: its outcome must be known
	}
	return nil
}

// Waiting is how many jobs wait for the next batch.
func (w *Worker[J]) Waiting() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.queue)
}

// Close ends the worker after the jobs it has accepted.
func (w *Worker[J]) Close() {
	w.mutex.Lock()
	w.ending = true
	w.mutex.Unlock()
	w.rouse()
	<-w.ended
}

func (w *Worker[J]) enqueue(i *item[J]) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.ending {
		return w.closed
	}
	if len(w.queue) >= queueLimit {
		return fault.ErrOverloaded
	}
	w.queue = append(w.queue, i)
	w.rouse()
	return nil
}

func (w *Worker[J]) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take moves the next batch out of the queue; last says that no more will come.
func (w *Worker[J]) take(batch []*item[J]) (taken []*item[J], last bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	n := min(len(w.queue), Limit)
	batch = append(batch, w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	return batch, w.ending && n == 0
}

func (w *Worker[J]) run() {
	defer close(w.ended)
	var taken []*item[J]
	var jobs []*J
	for {
		// Whoever was answered a moment ago and asks again at once comes into this
		// batch and not the next. Nobody else waits for it: with nothing to run but
		// the worker this returns at once.
		runtime.Gosched()
		batch, last := w.take(taken[:0])
		taken = batch
		if last {
			return
		}
		if len(batch) == 0 {
			<-w.wake
			continue
		}
		jobs = jobs[:0]
		for n, i := range batch {
			if !i.state.CompareAndSwap(waiting, begun) {
				batch[n] = nil
				continue
			}
			jobs = append(jobs, i.job)
		}
		if len(jobs) > 0 {
			w.work(jobs)
		}
		for _, i := range batch {
			if i != nil {
				close(i.done)
			}
		}
		clear(batch)
		clear(jobs)
	}
}
