package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// cutOff bounds the end of connections once everything in them has been dealt with.
const cutOff = time.Second

// daemon is a running "headgate run": listeners in front of a dispatcher.
type daemon struct {
	logger     *slog.Logger
	load       func() (*config.File, error) // reads the configuration again
	dispatcher *core.Dispatcher
	server     *server.Server
	admin      *server.Admin
	metrics    Metrics

	reloading sync.Mutex
	file      *config.File // guarded by reloading
}

// newDaemon makes a daemon that does not listen yet.
func newDaemon(a *app, file *config.File, load func() (*config.File, error), logger *slog.Logger) (*daemon, error) {

	dispatcher, err := core.New(file.Core(), core.WithLogger(logger))
	if err != nil {
		return nil, configError{err}
	}
	d := &daemon{logger: logger, load: load, file: file, dispatcher: dispatcher}
	if err = d.openMetrics(a); err == nil {
		options := serverOptions(file, dispatcher, logger)
		options.Middleware = d.metrics.Middleware
		d.server, err = server.New(options)
	}
	if err == nil {
		d.admin, err = server.NewAdmin(server.AdminOptions{
			Listen: file.Admin.Listen, Status: dispatcher.Stats, Ready: d.ready(file), Reload: d.reload, DeadLetters: dispatcher, Logger: logger,
			Sinks: dispatcher, Observe: dispatcher.Observe, FrontDoor: d.server.URL, AllowedHosts: file.Admin.AllowedHosts,
		})
	}
	if err == nil {
		d.admin.Handle(server.ForgetPattern, server.ForgetHandler(dispatcher))
		if d.metrics.Handler != nil {
			d.admin.Handle("GET /metrics", d.metrics.Handler)
		}
	}
	if err != nil {
		return nil, errors.Join(configError{err}, dispatcher.Close(context.Background()))
	}
	return d, nil
}

// openMetrics makes the metrics, if the program can.
func (d *daemon) openMetrics(a *app) (err error) {
	if a.metrics == nil {
		return nil
	}
	b := thisBuild()
	d.metrics, err = a.metrics(MetricsEnv{
		App: core.App(d.file.App), Enabled: d.file.Admin.Prometheus, Stats: d.dispatcher.Stats, Attempts: d.dispatcher.ObserveAttempts,
		Logger: d.logger, Lookup: a.lookup, Version: b.Version, Commit: b.Commit,
	})
	return err
}

// ready reports whether events are taken: the listener is there, and the queue that was opened with
// the file, if it is elsewhere, can be reached.
func (d *daemon) ready(file *config.File) func() bool {
	return func() bool { return d.server.Ready() && file.QueueUnavailable() == nil }
}

func serverOptions(file *config.File, gate server.Gate, logger *slog.Logger) server.Options {
	s := file.Server
	return server.Options{
		Gate: gate, Listen: s.Listen, WriteKeys: s.WriteKeys, AllowedOrigins: s.CORS.AllowedOrigins,
		CertFile: s.TLS.CertFile, KeyFile: s.TLS.KeyFile,
		MaxBody: int64(s.MaxBody), RateLimit: s.RateLimit, Logger: logger,
	}
}

// start listens, for operators first, so that they see the daemon start.
func (d *daemon) start(ctx context.Context) error {
	if err := d.admin.Start(ctx); err != nil {
		return err
	}
	return d.server.Start(ctx)
}

// announce says that the daemon is ready, and what it is.
func (d *daemon) announce() {
	file := d.configuration()
	stats := d.dispatcher.Stats()
	if stats.DoNotTrack.Active {
		d.logger.Warn("tracking is off: every event is denied", "by", strings.Join(stats.DoNotTrack.Sources, ", "))
	}
	d.logger.Info("ready", "listen", d.server.URL(), "admin", d.admin.URL(), "config", describe(file),
		"sinks", len(stats.Sinks), "pid", os.Getpid())
}

// serve returns when the daemon has been told to end, and has.
func (d *daemon) serve(ctx context.Context, s signals) error {
	broken := make(chan error, 2)
	go func() { broken <- d.server.Wait() }()
	go func() { broken <- d.admin.Wait() }()
	for {
		select {
		case <-s.hangup:
			_ = d.reload(ctx) // it has logged why not
		case err := <-broken:
			err = errors.Join(err, d.stop(ctx))
			d.report()
			return err
		case sig := <-s.end:
			d.logger.Info("stopping", "signal", sig.String(), "shutdown_timeout", d.configuration().ShutdownTimeout.String())
			return d.stopUnless(ctx, s)
		}
	}
}

// stopUnless stops the daemon, unless a second signal ends it at once.
func (d *daemon) stopUnless(ctx context.Context, s signals) error {
	stopped := make(chan error, 1)
	go func() { stopped <- d.stop(ctx) }()
	for {
		select {
		case err := <-stopped:
			d.report()
			return err
		case <-s.hangup:
		case sig := <-s.end:
			d.logger.Error("ended at once by a second signal; what a queue in memory holds is lost", "signal", sig.String())
			return errFailed
		}
	}
}

// stop takes no more events, delivers what it can in time, and closes the listeners.
// What could not be delivered is no error: it has been logged and counted.
func (d *daemon) stop(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	draining, cancel := context.WithTimeout(ctx, d.configuration().ShutdownTimeout)
	defer cancel()
	if err := d.server.Drain(draining); err != nil {
		d.logger.Warn("requests were cut off", "error", err)
	}
	_ = d.dispatcher.Close(draining) // logs what is left

	closing, cancel := context.WithTimeout(ctx, cutOff)
	defer cancel()
	_ = d.server.Shutdown(closing) // senders that keep their connections open lose them
	_ = d.admin.Shutdown(closing)
	if d.metrics.Close != nil {
		_ = d.metrics.Close(closing)
	}
	return nil
}

// report logs the books at the end.
func (d *daemon) report() {
	stats := d.dispatcher.Stats()
	b := stats.Books
	d.logger.Info("stopped", "received", b.Received, "accepted", b.Accepted, "denied", b.Denied,
		"rejected", b.Rejected, "duplicates", b.Duplicates)
	for name, s := range stats.Sinks {
		if lost := s.DeadLettered + s.Expired + s.Overflowed + s.Queued; lost > 0 {
			d.logger.Warn("a sink did not take every event", "sink", name, "delivered", s.Delivered,
				"dead_lettered", s.DeadLettered, "expired", s.Expired, "overflowed", s.Overflowed, "queued", s.Queued)
		}
	}
}
