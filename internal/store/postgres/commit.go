package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/ledger"
	"purse/internal/store/batch"
)

// writer is the node's committer: it decides a batch of transfers in one
// transaction and commits once.
type writer struct {
	store *Store
	slot  int // of the units table
	queue *batch.Worker[job]
}

// job is one transfer that waits.
type job struct {
	request  ledger.Request
	outcome  ledger.Outcome
	err      error
	panicked any
}

// errPanicked undoes a batch in which something panicked.
var errPanicked = fault.ErrInternal.Because(errors.New("postgres: a transfer panicked"))

func newWriter(s *Store, slot int) *writer {
	w := &writer{store: s, slot: slot}
	w.queue = batch.Start(w.commit, errClosed)
	return w
}

// Apply carries out one transfer in the node's next batch; see ledger.Store. A
// panic while it is decided goes on in the caller.
func (s *Store) Apply(ctx context.Context, request ledger.Request) (ledger.Outcome, error) {
	j := &job{request: request}
	if err := s.writer.queue.Do(ctx, j); err != nil {
		return ledger.Outcome{}, err
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.outcome, j.err
}

// commit carries out a batch. Should it fail as a whole for a reason that lies
// in a row, each transfer is tried alone, so that one cannot fail its neighbours.
func (w *writer) commit(jobs []*job) {
	requests := make([]ledger.Request, len(jobs))
	var postings int64
	for i, j := range jobs {
		requests[i] = j.request
		postings += int64(len(j.request.Postings))
	}
	var outcomes []ledger.Outcome
	var panicked any
	u := unit{store: w.store, pool: w.store.batch, slot: w.slot, entries: 2 * postings, ahead: newLookAhead(requests), batched: true}
	err := u.run(context.Background(), func(tx *Tx) (err error) {
		defer func() {
			if panicked = recover(); panicked != nil {
				err = errPanicked
			}
		}()
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
			j.err, j.panicked = err, panicked
		} else {
			j.outcome = outcomes[i]
		}
	}
}

// close ends the writer after what it has accepted.
func (w *writer) close() { w.queue.Close() }

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
