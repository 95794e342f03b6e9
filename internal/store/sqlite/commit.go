package sqlite

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"zombiezen.com/go/sqlite"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
)

const (
	// batchLimit bounds how many units share a commit. Larger batches gain a
	// tenth more and make the first in line wait for the last.
	batchLimit = 512
	// queueLimit bounds how many units may wait: about a second's work. More
	// are refused at once, which is kinder than letting them all time out.
	queueLimit = 16384
)

// writer is the one goroutine that writes. It takes every unit that waits,
// runs them in one transaction, commits once and answers all. It starts the
// next batch the moment a commit returns: load makes the batches, no timer does.
type writer struct {
	tx     *Tx
	mutex  sync.Mutex
	queue  []*job
	closed bool
	wake   chan struct{} // capacity 1: something waits, or the writer is to end
	ended  chan struct{}
}

// job is one unit of work that waits: a closure or a transfer.
type job struct {
	fn       func(*Tx) error
	request  *ledger.Request
	outcome  ledger.Outcome
	err      error
	panicked any
	state    atomic.Int32
	done     chan struct{}
}

// The states of a job. A caller that gives up and the writer that begins race
// for it; who moves it from waiting wins.
const (
	waiting int32 = iota
	begun
	abandoned
)

// errClosed is a database that was closed.
var errClosed = fault.ErrUnavailable.Because(errors.New("sqlite: the database is closed"))

func newWriter(conn *sqlite.Conn, clock clock.Clock, ids *id.Source) (*writer, error) {
	tx := &Tx{conn: conn, clock: clock, ids: ids}
	if err := tx.resume(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	w := &writer{tx: tx, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go w.run()
	return w, nil
}

// do queues a job and waits until it is durable, has failed, or was given up
// before it began. A panic in the closure goes on in the caller.
func (w *writer) do(ctx context.Context, j *job) error {
	j.done = make(chan struct{})
	if err := w.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		<-j.done // it has begun: its outcome must be known
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

func (w *writer) enqueue(j *job) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.closed {
		return errClosed
	}
	if len(w.queue) >= queueLimit {
		return fault.ErrOverloaded
	}
	w.queue = append(w.queue, j)
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// take removes the next batch from the queue; last says that no more will come.
func (w *writer) take(batch []*job) (taken []*job, last bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	n := min(len(w.queue), batchLimit)
	batch = append(batch, w.queue[:n]...)
	rest := copy(w.queue, w.queue[n:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	return batch, w.closed && rest == 0 && n == 0
}

func (w *writer) run() {
	defer close(w.ended)
	var batch []*job
	for {
		taken, last := w.take(batch[:0])
		batch = taken
		if last {
			return
		}
		if len(batch) == 0 {
			<-w.wake
			continue
		}
		w.commit(batch)
		clear(batch)
	}
}

// commit runs a batch and answers it.
func (w *writer) commit(batch []*job) {
	jobs := batch[:0]
	for _, j := range batch {
		if j.state.CompareAndSwap(waiting, begun) {
			jobs = append(jobs, j)
		}
	}
	w.tx.readClock()
	err := w.tx.exec("BEGIN IMMEDIATE")
	if err == nil {
		err = w.runAll(jobs)
		if err == nil {
			err = w.tx.exec("COMMIT")
		}
		if err != nil && !w.tx.conn.AutocommitEnabled() {
			err = errors.Join(err, w.tx.exec("ROLLBACK"))
		}
	}
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = fault.ErrUnavailable.Because(err)
		}
		close(j.done)
	}
}

// runAll runs the transfers of a batch together and its closures one by one.
// It returns an error only when the whole transaction is lost.
func (w *writer) runAll(jobs []*job) error {
	transfers := make([]*job, 0, len(jobs))
	for _, j := range jobs {
		if j.request != nil {
			transfers = append(transfers, j)
		}
	}
	if err := w.runTransfers(transfers); err != nil {
		return err
	}
	for _, j := range jobs {
		if j.request != nil {
			continue
		}
		j.err = w.guarded(j, func() error { return j.fn(w.tx) })
		if w.tx.conn.AutocommitEnabled() {
			return errRolledBack
		}
	}
	return nil
}

// runTransfers applies transfers as one set. They come first in the
// transaction, so that no savepoint is needed (it would copy every page that
// changes): should the set fail as a whole, which takes a fault of the database,
// the transaction begins again and each is tried alone, so that one bad row
// cannot fail its neighbours.
func (w *writer) runTransfers(transfers []*job) error {
	if len(transfers) == 0 {
		return nil
	}
	if w.applied(transfers) == nil {
		return nil
	}
	if !w.tx.conn.AutocommitEnabled() { // SQLite may have undone it already
		if err := w.tx.exec("ROLLBACK"); err != nil {
			return err
		}
	}
	if err := w.tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for i, j := range transfers {
		j.err = w.guarded(j, func() error { return w.apply(transfers[i : i+1]) })
		if w.tx.conn.AutocommitEnabled() {
			return errRolledBack
		}
	}
	return nil
}

// applied is apply; a panic is an error.
func (w *writer) applied(transfers []*job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errPanicked
		}
	}()
	return w.apply(transfers)
}

// apply decides transfers together and hands out their outcomes.
func (w *writer) apply(transfers []*job) error {
	requests := make([]ledger.Request, len(transfers))
	for i, j := range transfers {
		requests[i] = *j.request
	}
	outcomes, err := ledger.Apply(w.tx, requests)
	if err != nil {
		return err
	}
	for i, j := range transfers {
		j.outcome = outcomes[i]
	}
	return nil
}

var errPanicked = fault.ErrInternal.Because(errors.New("sqlite: a unit of work panicked"))

// guarded runs fn in a savepoint; a panic undoes it and is kept for the caller.
func (w *writer) guarded(j *job, fn func() error) error {
	return w.tx.Savepoint(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				j.panicked, err = p, errPanicked
			}
		}()
		return fn()
	})
}

// close ends the writer after what it has accepted.
func (w *writer) close() error {
	w.mutex.Lock()
	w.closed = true
	w.mutex.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.ended
	return w.tx.conn.Close()
}
