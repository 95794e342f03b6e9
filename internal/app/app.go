// Package app puts a whole Purse together: it opens the database, makes the
// services, mounts the surfaces, starts the background work, and ends all of
// it in order. Here is also what operators do with a whole database from the
// command line: verify, back up, restore, move, migrate it, and change its key.
// It decides nothing else.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"purse/internal/clock"
	"purse/internal/httpkit"
	"purse/internal/job"
	"purse/internal/logging"
	"purse/internal/notify"
	"purse/internal/redis"
	"purse/internal/store"
)

// Version is the version of Purse.
const Version = "0.1.0"

// App is a Purse that has been opened: its database is claimed and its
// listeners are bound. Serve runs it; Close releases it.
type App struct {
	settings Settings
	log      *logging.Log
	engine   store.Engine
	redis    *redis.Client    // nil without one
	nodes    *redis.Broadcast // what nodes tell each other; nil without redis
	hear     hearing
	clock    clock.Clock
	movable  *clock.Movable // nil in production

	listener net.Listener
	metrics  net.Listener // nil when /metrics is on the main listener
	handler  http.Handler
	mounted  []httpkit.Mounted
	health   *httpkit.Health
	gauges   *httpkit.Metrics
	sender   *notify.Sender
	jobs     *job.Runner
}

// Run opens a Purse, says where it is, and serves until ctx ends.
func Run(ctx context.Context, settings Settings, out, logs io.Writer) error {
	a, err := Open(ctx, settings, logs)
	if err != nil {
		return err
	}
	if err := a.announce(out); err != nil {
		return errors.Join(err, a.Close())
	}
	return errors.Join(a.Serve(ctx), a.Close())
}

// Open makes a Purse ready to serve. What it has opened when it fails, it
// closes again.
func Open(ctx context.Context, settings Settings, logs io.Writer) (_ *App, err error) {
	a := &App{settings: settings, clock: clock.System{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if settings.Development {
		a.movable = &clock.Movable{}
		a.clock = a.movable
	}
	level := slog.LevelInfo
	if settings.Development {
		level = slog.LevelWarn // a person at a terminal wants to see what is wrong, not every request
	}
	a.log = logging.Open(logging.Options{Writer: logs, Text: settings.Development, Level: level})
	if err := refuseReadable(settings); err != nil {
		return nil, err
	}
	root, err := rootOf(settings)
	if err != nil {
		return nil, err
	}
	engine, err := openEngine(ctx, settings, a.clock)
	if err != nil {
		return nil, err
	}
	a.engine = engine
	offset, err := claimDatabase(ctx, a.engine, root, settings.Development)
	if err != nil {
		return nil, err
	}
	if a.movable != nil {
		a.movable.AdvanceTo(time.Now().Add(offset))
	}
	if err := a.openRedis(ctx); err != nil {
		return nil, err
	}
	if err := a.listen(ctx); err != nil {
		return nil, err
	}
	return a, a.build(ctx, root)
}

// listen binds the addresses, so that the public URL is known before anything
// is built and a port that is taken is told at once.
func (a *App) listen(ctx context.Context) (err error) {
	var config net.ListenConfig
	if a.listener, err = config.Listen(ctx, "tcp", a.settings.Listen); err != nil {
		return fmt.Errorf("PURSE_LISTEN: %w", err)
	}
	if a.settings.MetricsListen != "" {
		if a.metrics, err = config.Listen(ctx, "tcp", a.settings.MetricsListen); err != nil {
			return fmt.Errorf("PURSE_METRICS_LISTEN: %w", err)
		}
	}
	return nil
}

// URL is the address at which people reach this Purse.
func (a *App) URL() string {
	if a.settings.PublicURL != "" {
		return a.settings.PublicURL
	}
	return "http://" + a.listener.Addr().String()
}

// announce tells a person where everything is.
func (a *App) announce(out io.Writer) error {
	if !a.settings.Development {
		a.log.Logger().Info("purse serves", "address", a.listener.Addr().String(), "public_address", a.URL(), "version", Version)
		return nil
	}
	mailbox := "kept in the mailbox only"
	if a.settings.SMTPURL != "" {
		mailbox = "sent, and kept in the mailbox too"
	}
	_, err := fmt.Fprintf(out, `
  Purse %s for DEVELOPMENT. Anyone on this machine can read every code: never use it for real people.

    console        %[2]s/console
    API documents  %[2]s/docs  and  %[2]s/redoc
    mailbox        %[2]s/dev/mail  (mails are %[3]s)
    clock          %[2]s/dev/clock
    database       %[4]s

  Stop with Ctrl-C.

`, Version, a.URL(), mailbox, a.settings.database())
	return err
}

// Serve answers requests and runs the background work until ctx ends. Then it
// finishes the requests that were accepted, and the work that is under way.
func (a *App) Serve(ctx context.Context) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	var (
		wait   sync.WaitGroup
		mutex  sync.Mutex
		failed []error
	)
	run := func(what string, ctx context.Context, fn func(context.Context) error) {
		wait.Go(func() {
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				mutex.Lock()
				failed = append(failed, fmt.Errorf("%s: %w", what, err))
				mutex.Unlock()
				stopServing()
			}
		})
	}
	run("sending messages", background, a.sender.Run)
	run("running jobs", background, a.jobs.Run)
	run("bounding memory", background, boundMemory)
	if a.nodes != nil { // until the last request is answered
		run("hearing of other nodes", background, func(ctx context.Context) error { return a.nodes.Run(ctx, a.hear.one, a.hear.all) })
		select {
		case <-a.nodes.Tried(): // nothing is remembered before it would be told to forget it
		case <-ctx.Done():
		}
	}
	if a.metrics != nil {
		server := httpkit.Server{Handler: metricsOnly(a.gauges), Bounds: httpkit.DefaultBounds, Logger: a.log.Logger()}
		run("serving metrics", background, func(ctx context.Context) error { return server.Run(ctx, a.metrics) })
	}
	server := httpkit.Server{Handler: a.handler, Bounds: httpkit.DefaultBounds, Logger: a.log.Logger(), Stopping: a.health.Stop}
	err := server.Run(serving, a.listener)
	stopBackground()
	wait.Wait()
	return errors.Join(append(failed, err)...)
}

func metricsOnly(metrics *httpkit.Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler())
	return mux
}

// Close releases what Open took. The database has then finished what it accepted.
func (a *App) Close() error {
	var failed []error
	for _, listener := range []net.Listener{a.listener, a.metrics} {
		if listener == nil {
			continue
		}
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			failed = append(failed, err)
		}
	}
	if a.redis != nil {
		failed = append(failed, a.redis.Close())
	}
	if a.nodes != nil {
		failed = append(failed, a.nodes.Close())
	}
	if a.engine != nil {
		failed = append(failed, a.engine.Close())
	}
	if a.log != nil {
		failed = append(failed, a.log.Close())
	}
	return errors.Join(failed...)
}
