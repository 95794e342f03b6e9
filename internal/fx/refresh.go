package fx

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"purse/internal/fault"
	"purse/internal/unit"
)

// Source is a service that publishes tables of rates.
type Source interface {
	// Fetch gets the newest table and when the next one is to be had, or the
	// zero time when the service does not say. A service that is down gives an
	// error of kind Unavailable, one that asks for patience one of kind TooMany,
	// perhaps with how long to wait.
	Fetch(ctx context.Context) (t Table, next time.Time, err error)
}

// When to come again. The service names the time of its next table; a random
// delay keeps all the Purses of the world from asking in the same second.
const (
	shortestDelay = 30 * time.Second
	longestDelay  = 5 * time.Minute
	longestRest   = 24 * time.Hour // whatever the service says: a table must not go stale because of one wrong answer
	shortestRest  = 15 * time.Minute
	firstRetry    = time.Minute // doubling
	longestRetry  = time.Hour
	patience      = 20 * time.Minute // after a 429 that does not say how long
)

// The facts about the database in which the plan is kept, so that it outlives
// restarts and is one for all nodes.
const (
	nextFetchKey = "fx.next_fetch" // seconds since 1970
	failuresKey  = "fx.failures"   // since the last table
)

// Refresher keeps the table in force new.
type Refresher struct {
	work   unit.Work[Tx]
	source Source
}

// NewRefresher makes a refresher that takes its tables from source.
func NewRefresher(work unit.Work[Tx], source Source) *Refresher { return &Refresher{work, source} }

// Next is when Run will fetch a table next: the Sooner of its job.
func (r *Refresher) Next(ctx context.Context) (at time.Time, err error) {
	err = r.work.View(ctx, func(tx Tx) error {
		next, err := number(tx, nextFetchKey)
		at = time.Unix(int64(next), 0)
		return err
	})
	return at, err
}

// Run fetches a table if it is time, and plans the next time. It is the Run of
// a job. After a failure the table in force stays and
// the next try waits longer and longer.
func (r *Refresher) Run(ctx context.Context) error {
	var due bool
	var failures int
	err := r.work.View(ctx, func(tx Tx) error {
		next, err := number(tx, nextFetchKey)
		if err != nil {
			return err
		}
		due = !tx.Now().Before(time.Unix(int64(next), 0))
		failures, err = number(tx, failuresKey)
		return err
	})
	if err != nil || !due {
		return err
	}
	table, next, fetchErr := r.source.Fetch(ctx)
	err = r.work.Update(ctx, func(tx Tx) error {
		if fetchErr != nil {
			return plan(tx, tx.Now().Add(retryAfter(fetchErr, failures)), failures+1)
		}
		if err := keep(tx, table); err != nil {
			return err
		}
		rest := min(max(next.Sub(tx.Now()), 0), longestRest)
		if rest == 0 {
			rest = shortestRest
		}
		return plan(tx, tx.Now().Add(rest+shortestDelay+rand.N(longestDelay-shortestDelay)), 0) // #nosec G404 -- when we ask is no secret
	})
	return errors.Join(fetchErr, err)
}

// keep puts a table in force unless the one in force is newer.
func keep(tx Tx, table Table) error {
	if table.At.After(tx.Now()) {
		table.At = tx.Now() // their clock is ahead of ours
	}
	current, found, err := tx.RateTable()
	if err != nil || found && table.At.Before(current.At) {
		return err
	}
	return tx.SetRateTable(table)
}

func retryAfter(err error, failures int) time.Duration {
	refusal := fault.From(err)
	if refusal.Kind == fault.TooMany {
		return max(refusal.RetryAfter, patience)
	}
	return min(firstRetry<<min(failures, 10), longestRetry)
}

func plan(tx Tx, next time.Time, failures int) error {
	return errors.Join(
		tx.SetMeta(nextFetchKey, strconv.FormatInt(next.Unix(), 10)),
		tx.SetMeta(failuresKey, strconv.Itoa(failures)),
	)
}

func number(tx Tx, key string) (int, error) {
	text, err := tx.Meta(key)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fault.ErrInternal.Because(err)
	}
	return n, nil
}
