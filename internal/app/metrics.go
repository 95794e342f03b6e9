package app

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"purse/internal/fx"
	"purse/internal/store"
)

// gaugeTimeout bounds what a gauge reads, so that a database that hangs does not
// hold up the other metrics.
const gaugeTimeout = 2 * time.Second

// ratesAge shows how old the table of exchange rates in force is: no number
// while there is none, or it cannot be read.
func ratesAge(rates *fx.Exchange) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "purse_exchange_rates_age_seconds",
		Help: "Age of the exchange rates in force; NaN while there are none.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), gaugeTimeout)
		defer cancel()
		age, found, err := rates.Age(ctx)
		if err != nil || !found {
			return math.NaN()
		}
		return age.Seconds()
	})
}

// committer is an engine that counts its own commits: one that shares each among
// all who wait.
type committer interface{ Commits() int64 }

// commits shows how many batches the embedded database has committed, or nothing
// for an engine whose server counts them itself.
func commits(engine store.Engine) (prometheus.Collector, bool) {
	counted, ok := engine.(committer)
	if !ok {
		return nil, false
	}
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "purse_database_commits_total",
		Help: "Batches that the embedded database has committed; each that wrote was one fsync of its log.",
	}, func() float64 { return float64(counted.Commits()) }), true
}
