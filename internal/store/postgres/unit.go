package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"purse/internal/fault"
	"purse/internal/id"
	"purse/internal/store"
)

const (
	// unitTimeout bounds one try of a unit of work, waiting for locks included.
	unitTimeout = 30 * time.Second
	// endTimeout bounds a rollback, after which the connection is given up.
	endTimeout = 5 * time.Second
	// tries bounds how often a unit is run; the pauses between make up a few
	// seconds, so that a restart of the database goes by unnoticed.
	tries      = 10
	firstPause = 5 * time.Millisecond
	maxPause   = time.Second
	// As many ids are made sure of before a unit begins as nearly all need: a bulk
	// of a thousand transfers has two thousand entries.
	accountsAhead, entriesAhead = 16, 2048
)

// begin starts a transaction that writes. The unit's row says which unit it
// is, and waits for an earlier try of the same unit whose end is not known:
// when it changes nothing, that try was committed.
const (
	begin    = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
	markUnit = `INSERT INTO units AS u (node, slot, unit, at) VALUES ($1, $2, $3, now())
		ON CONFLICT (node, slot) DO UPDATE SET unit = excluded.unit, at = excluded.at WHERE u.unit <> excluded.unit`
	snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

// errUnknownEnd is a commit whose answer never came, nor could be asked for.
var errUnknownEnd = errors.New("postgres: the connection was lost at a commit")

// errAborted is a transaction that the database has given up, although the
// closure says that all is well.
var errAborted = errors.New("postgres: a statement of the unit failed")

// Update runs fn in a transaction; see unit.Work. It must not be called from
// inside another unit of work. Once it has begun, it goes on to its end even
// when the caller leaves, so that its outcome is known.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var slot int
	select {
	case slot = <-s.slots:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.slots <- slot }()
	u := unit{store: s, pool: s.pool, slot: slot, accounts: accountsAhead, entries: entriesAhead}
	return u.run(ctx, func(tx *Tx) error { return fn(tx) })
}

// unit is one unit of work through all its tries.
type unit struct {
	store             *Store
	pool              *pgxpool.Pool // where its connection comes from
	slot              int
	accounts, entries int64 // ids to make sure of beforehand
	id                id.UUID
	ahead             *lookAhead // what to read with the beginning, or nil
	batched           bool       // what is appended is written together with the commit
	unsure            bool       // the last commit was not answered: it may have happened, and still may
}

// run tries the unit until it is committed, refused, or has been tried often
// or long enough. While the end of one try is not known, an error of the next
// says nothing about it, and is no reason to stop.
func (u *unit) run(ctx context.Context, fn func(*Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	u.id = u.store.units.New(u.store.clock.Now())
	began, pause := time.Now(), firstPause
	for n := 1; ; n++ {
		err, again := u.try(ctx, fn)
		if u.unsure {
			err, again = errors.Join(fault.ErrUnavailable.Because(errUnknownEnd), err), true
		}
		if !again || n == tries || time.Since(began) > unitTimeout {
			return err
		}
		time.Sleep(pause/2 + rand.N(pause)) // #nosec G404 -- the callers' jitter: those who met must not meet again
		pause = min(2*pause, maxPause)
	}
}

// try runs the unit once. When again is true, nothing is known to have been
// written, and another try finds out.
func (u *unit) try(ctx context.Context, fn func(*Tx) error) (err error, again bool) {
	ctx, cancel := context.WithTimeout(ctx, unitTimeout)
	defer cancel()
	s := u.store
	if err := errors.Join(s.accounts.reserve(ctx, u.accounts), s.entries.reserve(ctx, u.entries)); err != nil {
		return translate(err), unreached(err)
	}
	pooled, err := u.pool.Acquire(ctx)
	if err != nil {
		return translate(err), unreached(err)
	}
	defer pooled.Release() // closes a connection that is still in a transaction
	tx := &Tx{ctx: ctx, store: s, conn: pooled.Conn(), now: s.clock.Now().Truncate(time.Microsecond), writes: true}
	if u.batched {
		tx.pending = &pgx.Batch{}
	}
	ended := false
	defer func() {
		if !ended {
			tx.rollback()
		}
	}()
	fresh, err := u.begin(tx)
	if err != nil {
		return err, tx.again != nil
	}
	u.unsure = false
	if !fresh {
		return nil, false
	}
	if err := fn(tx); err != nil || tx.again != nil {
		if tx.again != nil {
			return errors.Join(translate(tx.again), err), true
		}
		return err, false
	}
	ended = true
	err, again = tx.commit()
	u.unsure = errors.Is(err, errUnknownEnd)
	return err, again
}

// begin starts the transaction, and reports whether the unit is yet to be done.
func (u *unit) begin(tx *Tx) (fresh bool, err error) {
	b := &pgx.Batch{}
	b.Queue(begin)
	b.Queue(markUnit, uuid(u.store.node), u.slot, uuid(u.id))
	if u.ahead != nil {
		u.ahead.queue(b)
	}
	results := tx.conn.SendBatch(tx.ctx, b)
	_, err = results.Exec()
	if err == nil {
		tag, failure := results.Exec()
		fresh, err = tag.RowsAffected() > 0, failure
	}
	if err == nil && u.ahead != nil {
		tx.ahead, err = u.ahead.read(tx, results)
	}
	return fresh, tx.failed(errors.Join(err, results.Close()))
}

// commit ends the transaction, together with what is still to be written. A
// connection lost here leaves the outcome open, which another try finds out.
func (tx *Tx) commit() (err error, again bool) {
	tag := "COMMIT"
	if tx.pending == nil {
		done, failure := tx.conn.Exec(tx.ctx, "COMMIT")
		tag, err = done.String(), failure
	} else {
		tx.pending.Queue("COMMIT")
		err = tx.conn.SendBatch(tx.ctx, tx.pending).Close()
	}
	switch {
	case err == nil && tag == "COMMIT":
		return nil, false
	case err == nil:
		return fault.ErrInternal.Because(errAborted), false
	}
	err = tx.failed(err)
	if tx.conn.IsClosed() {
		return errors.Join(fault.ErrUnavailable.Because(errUnknownEnd), err), true
	}
	tx.rollback()
	return err, tx.again != nil
}

// rollback undoes the transaction. Should that fail, the connection is in no
// state to be used again, and is closed when it is given back.
func (tx *Tx) rollback() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), endTimeout)
	defer cancel()
	_, _ = tx.conn.Exec(ctx, "ROLLBACK")
}

// View runs fn over one snapshot; see unit.Work.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.view(ctx, func(tx *Tx) error { return fn(tx) })
}

func (s *Store) view(ctx context.Context, fn func(*Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.running.Done()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case <-s.views:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.views <- struct{}{} }()
	tx, release, err := s.snapshot(ctx)
	if err != nil {
		return orLeft(ctx, err)
	}
	defer release()
	return orLeft(ctx, fn(tx))
}

// orLeft tells a caller who has left so, whatever the driver says.
func orLeft(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// snapshot begins a transaction that only reads. Nothing has been read before,
// so a connection that turns out to be dead is exchanged for another one.
func (s *Store) snapshot(ctx context.Context) (_ *Tx, release func(), err error) {
	pause := firstPause
	for n := 1; ; n++ {
		pooled, err := s.pool.Acquire(ctx)
		again := err != nil && unreached(err)
		if err == nil {
			tx := &Tx{ctx: ctx, store: s, conn: pooled.Conn(), now: s.clock.Now().Truncate(time.Microsecond)}
			if err = tx.script(snapshot); err == nil {
				return tx, func() { tx.rollback(); pooled.Release() }, nil
			}
			pooled.Release()
			again = tx.again != nil
		}
		if !again || ctx.Err() != nil || n == tries {
			return nil, nil, translate(err)
		}
		time.Sleep(pause/2 + rand.N(pause)) // #nosec G404 -- jitter is no secret
		pause = min(2*pause, maxPause)
	}
}
