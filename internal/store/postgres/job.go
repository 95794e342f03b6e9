package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	scheduled "purse/internal/job" // job is the committer's here
)

// InsertJob adds a job unless it is there.
func (tx *Tx) InsertJob(name string, due time.Time) error {
	return tx.exec(`INSERT INTO jobs (name, due_at, run_at, failures, last_error, lease_owner) VALUES ($1, $2, $2, 0, '', '')
		ON CONFLICT (name) DO NOTHING`, name, due)
}

// Jobs reads all jobs.
func (tx *Tx) Jobs() ([]scheduled.State, error) {
	var states []scheduled.State
	err := tx.rows(`SELECT name, due_at, run_at, failures, last_error, lease_owner, lease_until FROM jobs ORDER BY name COLLATE "C"`,
		func(row pgx.Rows) error {
			var s scheduled.State
			err := row.Scan(&s.Name, &s.DueAt, &s.RunAt, &s.Failures, &s.LastError, &s.LeaseOwner, optional{&s.LeaseUntil})
			states = append(states, s)
			return err
		})
	return states, err
}

// LeaseJob takes the lease of a job if it is to be had. One statement looks and
// takes, so of two nodes one gets it.
func (tx *Tx) LeaseJob(name string, runAt time.Time, owner string, until time.Time) (bool, error) {
	changed, err := tx.changed(`UPDATE jobs SET lease_owner = $3, lease_until = $4
		WHERE name = $1 AND run_at = $2 AND run_at <= $5 AND (lease_owner = '' OR lease_until <= $5)`,
		name, runAt, owner, until, tx.Now())
	return changed == 1, err
}

// ReleaseJob stores an outcome and frees the lease.
func (tx *Tx) ReleaseJob(name, owner string, outcome scheduled.Outcome) (bool, error) {
	changed, err := tx.changed(`UPDATE jobs SET due_at = $3, run_at = $4, failures = $5, last_error = $6, lease_owner = '', lease_until = NULL
		WHERE name = $1 AND lease_owner = $2`,
		name, owner, outcome.DueAt, outcome.RunAt, outcome.Failures, legible(outcome.LastError))
	return changed == 1, err
}
