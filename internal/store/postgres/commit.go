package postgres

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
)

const (
	// batchLimit bounds how many transfers share a commit. Larger batches gain a
	// tenth more and make the first in line wait for the last.
	batchLimit = 512
	// queueLimit bounds how many transfers may wait: about a second's work. More
	// are refused at once, which is kinder than letting them all time out.
	queueLimit = 16384
)

// writer is the node's committer. It takes every transfer that waits, decides
// all in one transaction, commits once and answers all. It starts the next
// batch the moment a commit returns: load makes the batches, no timer does.
type writer struct {
	store  *Store
	slot   int // of the units table
	mutex  sync.Mutex
	queue  []*job
	closed bool
	wake   chan struct{} // capacity 1: something waits, or the writer is to end
	ended  chan struct{}
}

// job is one transfer that waits.
type job struct {
	request ledger.Request
	outcome ledger.Outcome
	err     error
	state   atomic.Int32
	done    chan struct{}
}

// The states of a job. A caller that gives up and the writer that begins race
// for it; who moves it from waiting wins.
const (
	waiting int32 = iota
	begun
	abandoned
)

func newWriter(s *Store, slot int) *writer {
	w := &writer{store: s, slot: slot, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go w.run()
	return w
}

// Apply carries out one transfer in the node's next batch; see ledger.Store.
func (s *Store) Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error) {
	j := &job{request: request, done: make(chan struct{})}
	if err := s.writer.enqueue(j); err != nil {
		return ledger.Outcome{}, err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, abandoned) {
			return ledger.Outcome{}, ctx.Err()
		}
		<-j.done // it has begun: its outcome must be known
	}
	return j.outcome, j.err
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
		jobs := slices.DeleteFunc(batch, func(j *job) bool { return !j.state.CompareAndSwap(waiting, begun) })
		w.commit(jobs)
		for _, j := range jobs {
			close(j.done)
		}
		clear(batch)
	}
}

// commit carries out a batch. Should it fail as a whole for a reason that lies
// in a row, each transfer is tried alone, so that one cannot fail its neighbours.
func (w *writer) commit(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	requests := make([]ledger.Request, len(jobs))
	var postings int64
	for i, j := range jobs {
		requests[i] = j.request
		postings += int64(len(j.request.Postings))
	}
	var outcomes []ledger.Outcome
	u := unit{store: w.store, slot: w.slot, entries: 2 * postings, ahead: newLookAhead(requests), batched: true}
	err := u.run(context.Background(), func(tx *Tx) (err error) {
		outcomes, err = ledger.Apply(tx, requests)
		return err
	})
	if err != nil && len(jobs) > 1 && fault.KindOf(err) == fault.Internal {
		for i := range jobs {
			w.commit(jobs[i : i+1])
		}
		return
	}
	for i, j := range jobs {
		if err != nil {
			j.err = err
		} else {
			j.outcome = outcomes[i]
		}
	}
}

// close ends the writer after what it has accepted.
func (w *writer) close() {
	w.mutex.Lock()
	w.closed = true
	w.mutex.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.ended
}

// lookAhead is what a batch of transfers reads: the accounts, which it locks,
// and the keys, in the round trip that begins its transaction.
type lookAhead struct {
	ids   []int64
	names []ledger.KeyName

	accounts []ledger.Account
	keys     []ledger.KeyRecord
}

func newLookAhead(requests []ledger.Request) *lookAhead {
	l := &lookAhead{ids: make([]int64, 0, 2*len(requests))}
	for i := range requests {
		for _, p := range requests[i].Postings {
			l.ids = append(l.ids, int64(p.From), int64(p.To))
		}
		if key := requests[i].Key; key != nil {
			l.names = append(l.names, key.KeyName)
		}
	}
	slices.Sort(l.ids)
	l.ids = slices.Compact(l.ids)
	return l
}

// queue asks for everything; each statement sees what was committed before the
// locks of the first were had.
func (l *lookAhead) queue(b *pgx.Batch) {
	b.Queue(lockAccounts, l.ids)
	b.Queue(newestTransfer)
	if l.names != nil {
		scopes, values := keyColumns(l.names)
		b.Queue(findKeys, scopes, values)
	}
}

func (l *lookAhead) read(tx *Tx, results pgx.BatchResults) (*lookAhead, error) {
	found := &lookAhead{ids: l.ids, names: l.names, accounts: make([]ledger.Account, 0, len(l.ids))}
	rows, _ := results.Query() // its error is rows.Err
	if err := tx.drain(rows, func(row pgx.Rows) error {
		found.accounts = append(found.accounts, ledger.Account{})
		return tx.scanLocked(row, &found.accounts[len(found.accounts)-1])
	}); err != nil {
		return nil, err
	}
	rows, _ = results.Query()
	if err := tx.follow(rows); err != nil {
		return nil, err
	}
	if l.names == nil {
		return found, nil
	}
	rows, _ = results.Query()
	var err error
	found.keys, err = tx.readKeys(rows)
	return found, err
}

// follow lets the ids of new transfers come after the newest there is.
func (tx *Tx) follow(rows pgx.Rows) error {
	return tx.drain(rows, func(row pgx.Rows) error {
		var newest uuid
		err := row.Scan(&newest)
		tx.store.ids.Follow(id.UUID(newest))
		return err
	})
}
