package app

import (
	"context"
	"time"

	"purse/internal/fx"
	"purse/internal/fx/exchangerate"
	"purse/internal/job"
	"purse/internal/ledger"
	"purse/internal/store"
)

// sweepLimit bounds the rows that one unit of work of a clean-up removes, so
// that a long-forgotten database does not hold the writer for seconds.
const sweepLimit = 1000

// jobRunner schedules the work that comes again and again.
func (a *App) jobRunner(s services) (*job.Runner, error) {
	jobs := []job.Job{
		{Name: "unverified-users", Next: job.Every(time.Hour), Run: func(ctx context.Context) error {
			_, err := s.people.RemoveUnverified(ctx)
			return err
		}},
		{Name: "expired-holds", Next: job.Every(24 * time.Hour), Run: sweep(a.engine, ledger.ExpireHolds)},
		{Name: "expired-keys", Next: job.Every(24 * time.Hour), Run: sweep(a.engine, func(tx ledger.Tx, limit int) (int, error) { return tx.DeleteKeys(limit) })},
		{Name: "expired-identity", Next: job.Every(24 * time.Hour), Run: func(ctx context.Context) error {
			_, err := s.people.RemoveExpired(ctx)
			return err
		}},
		// Each wallet has its own time, a month ahead at least when it is set; what
		// money that came while there were no rates has made due is found here.
		{Name: "wallet-fees", Next: job.Every(6 * time.Hour), Sooner: s.fees.Next, Run: s.fees.Charge},
		{Name: "expired-signatures", Next: job.Every(time.Hour), Run: s.bots.RemoveExpired},
	}
	if a.settings.RatesURL != "" {
		refresh := fx.NewRefresher(store.Narrow[fx.Tx](a.engine), exchangerate.New(a.settings.RatesURL, a.settings.BaseCurrency))
		jobs = append(jobs, job.Job{Name: "exchange-rates", Next: job.Every(time.Hour), Sooner: refresh.Next, Run: refresh.Run})
	}
	return job.New(job.Config{Store: store.Narrow[job.Tx](a.engine), Clock: a.clock, Log: a.log.Logger(), Jobs: jobs})
}

// sweep repeats a bounded clean-up, each time in a unit of work of its own,
// until it finds less than a full load.
func sweep(engine store.Engine, clean func(tx ledger.Tx, limit int) (int, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			var count int
			err := engine.Update(ctx, func(tx store.Tx) (err error) {
				count, err = clean(tx, sweepLimit)
				return err
			})
			if err != nil || count < sweepLimit {
				return err
			}
		}
	}
}
