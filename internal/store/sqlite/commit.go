package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"purse/internal/clock"
	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/store/batch"
)

// writer is the one that writes: it runs a batch of units in one transaction
// and commits once.
type writer struct {
	tx       *Tx
	queue    *batch.Worker[job]
	patience time.Duration // for another process that writes
	version  int64         // of the data, as the last batch found it; see catchUp
	cleaning cleaning
	commits  atomic.Int64
}

// job is one unit of work: a closure or a transfer.
type job struct {
	fn       func(*Tx) error
	request  *ledger.Request
	outcome  ledger.Outcome
	err      error
	panicked any
}

// errClosed is a database that was closed.
var errClosed = fault.ErrUnavailable.Because(errors.New("sqlite: the database is closed"))

func newWriter(conn *sqlite.Conn, patience time.Duration, clock clock.Clock, ids *id.Source) *writer {
	conn.SetBusyTimeout(patience)
	w := &writer{tx: &Tx{conn: conn, clock: clock, ids: ids, remembered: remembered{}}, patience: patience, version: -1}
	w.queue = batch.Start(w.commit, errClosed)
	return w
}

// do has a job carried out and waits until it is durable, has failed, or was
// given up before it began. A panic in the closure goes on in the caller.
func (w *writer) do(ctx context.Context, j *job) error {
	if err := w.queue.Do(ctx, j); err != nil {
		return err
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

// commit runs a batch.
func (w *writer) commit(jobs []*job) {
	w.tx.readClock()
	err := w.begin()
	if err == nil {
		err = w.runAll(jobs)
	}
	if err == nil {
		err = w.tx.exec("COMMIT")
	}
	if err != nil {
		w.tx.remembered.forget()
		if !w.tx.conn.AutocommitEnabled() {
			err = errors.Join(err, w.tx.exec("ROLLBACK"))
		}
	}
	for _, j := range jobs {
		if err != nil && j.err == nil {
			j.err = fault.ErrUnavailable.Because(err)
		}
	}
	if err == nil {
		w.commits.Add(1)
		w.scrub()
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
	w.tx.remembered.forget()
	if !w.tx.conn.AutocommitEnabled() { // SQLite may have undone it already
		if err := w.tx.exec("ROLLBACK"); err != nil {
			return err
		}
	}
	if err := w.begin(); err != nil {
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
	w.queue.Close()
	if w.tx.unclean {
		w.rebuild()
	}
	return w.tx.conn.Close()
}
