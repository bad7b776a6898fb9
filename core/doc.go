// Package core takes the events of a program, decides at a gate whether they may
// leave, seals what may — sanitised and encoded once — and fans it out to every sink.
//
//	d, err := core.New(core.Config{
//		App:   core.App{Name: "acme", Version: "1.2.3"},
//		Sinks: []core.SinkConfig{{Name: "mine", Sink: mine, Reach: core.ReachNetwork}},
//	})
//	if err != nil {
//		return err
//	}
//	defer d.Close(ctx)
//	d.Track(ctx, "run", slog.Int("seconds", 45), slog.Bool("success", true))
//
// Programs that are configured by a sinks.yaml use Open of package config instead of New.
//
// # The way of an event
//
// [Dispatcher.Track], [Dispatcher.Emit] and [Dispatcher.Enqueue] ask the gate of package
// consent first: when tracking is off, nothing below happens, not even the making of
// an id. What may pass is sealed: package sanitize cleans and encodes it in one pass, into
// a record of the log in package queue. Every sink has a lane with a cursor in that log: its
// filters, its sampling, its batches, its attempts. A sink that is slow or down only
// lags behind; it does not hold up another one.
//
// A [Sink] makes one attempt and reports what came of it. The lane decides: it backs off,
// pauses, opens the circuit, splits a batch down to the event at fault, dead-letters,
// or lets events expire. See [Permanent] and the other classes of error.
//
// # The books
//
// Every event that is reported ends in one of the counters of [Stats]. The equations
// at [Books] and [SinkStats] hold at every instant.
//
// # The host comes first
//
// Nothing here panics into its host, whatever an event, a payload, a filter or a
// sink does; nothing blocks it unless the queue is told to; nothing is printed, and no
// global of another package is touched.
package core
