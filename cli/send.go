package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

// defaultStall is how long send waits while no sink gets anywhere: longer than one
// attempt may take, so that a destination that hangs is reported with its error.
const defaultStall = 15 * time.Second

// closeTimeout bounds the closing of sinks that have been waited for already.
const closeTimeout = time.Second

// maxBadLines is how many bad lines send reports one by one; its result counts all.
const maxBadLines = 20

func newSend(a *app) *cobra.Command {
	var from eventSource
	var stall time.Duration
	cmd := &cobra.Command{
		Use:   "send NAME [key=value …] | --file FILE",
		Short: "Send an event, or a file of events, and say what each sink made of it",
		Long: `Sends one event, or with --file a stream of events, one JSON object per line in
the form that POST /v1/events takes. Waits for every sink and prints a line for each.

A value is JSON if it parses as JSON, else text: seats=3 is a number, plan=pro and
version='"3"' are strings.

The exit status is 0 when every event was accepted and no sink failed to take its
events; what a sink filters or samples out as configured is no failure, as long as
some sink takes the event. Without a configuration the log sink alone is used.

A log sink with path: stdout writes its lines to standard output, where the result
goes too. To have --json print nothing but the result, give that sink another path,
such as stderr, in the configuration that send uses.`,
		Example: `  headgate send signup plan=pro seats=3
  headgate send run runSeconds=1.5 --user u-17
  headgate send --file events.ndjson`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			j := &sending{app: a, stall: stall, bad: badLines{app: a, most: maxBadLines}}
			if from.file != "" {
				return j.run(ctx, func(ctx context.Context) error { return j.stream(ctx, from.file) })
			}
			e, err := from.who.event(args)
			if err != nil {
				return err
			}
			return j.run(ctx, func(ctx context.Context) error { return j.one(ctx, e) })
		},
	}
	from.add(cmd)
	cmd.Flags().DurationVar(&stall, "timeout", defaultStall, "give up when no sink has got anywhere for this `TIME`")
	return a.takesJSON(cmd)
}

// sending is one run of the command.
type sending struct {
	*app
	stall      time.Duration
	dispatcher *core.Dispatcher
	progress   *progress
	result     sendResult
	bad        badLines
}

// run opens the sinks, offers events, waits for the sinks, and prints what happened.
func (j *sending) run(ctx context.Context, offer func(context.Context) error) error {
	cfg, err := j.load(config.Options{Logger: j.logger()})
	if err != nil {
		return err
	}
	settings := cfg.Core()
	if len(settings.Sinks) == 0 {
		return fmt.Errorf("no sink is enabled in %s, so nothing can be sent; set enabled: true for one", describe(cfg))
	}
	keepInMemory(&settings)
	settings.Queue.OnFull = core.Block // a file is read no faster than sinks take it
	j.dispatcher, err = core.New(settings, core.WithLogger(j.logger()))
	if err != nil {
		return configError{err}
	}
	j.progress = j.newProgress(0)
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = j.dispatcher.Close(closing) // what is left has been reported as such
	}()
	offered := offer(ctx)
	if offered != nil && !j.result.stream {
		return offered
	}
	if !errors.Is(offered, errStalled) {
		j.settle(ctx)
	}
	j.progress.clear()
	j.result.fill(j.dispatcher.Stats())
	if err := j.print(); err != nil {
		return err
	}
	if offered == nil && !j.result.OK {
		return errFailed
	}
	return offered
}

// keepInMemory has a command that waits for the sinks leave the queue on disk alone: it
// is the daemon's, which may be running.
func keepInMemory(cfg *core.Config) {
	cfg.Queue.Open, cfg.Queue.MaxBytes = nil, min(cfg.Queue.MaxBytes, 64<<20)
	for i := range cfg.Sinks {
		letters := &cfg.Sinks[i].DeadLetter
		letters.Open, letters.MaxBytes = nil, min(letters.MaxBytes, 16<<20)
	}
}

func (j *sending) one(ctx context.Context, e core.Event) error {
	verdict, err := j.dispatcher.Offer(ctx, e)
	if verdict == core.Rejected && errors.Is(err, core.ErrInvalidEvent) {
		return usageError{err}
	}
	j.count(verdict)
	return nil
}

// errStalled ends a stream whose queue stays full.
var errStalled = errors.New("the queue is full and no sink takes anything from it")

// stream sends the events of a file.
func (j *sending) stream(ctx context.Context, name string) error {
	in, err := j.openInput(ctx, name)
	if err != nil {
		return err
	}
	defer in.file.Close()
	j.result.stream = true
	j.progress = j.newProgress(in.size)
	return in.each(ctx, func(l line) error {
		if err := j.line(ctx, in.name, l); err != nil {
			return fmt.Errorf("%s:%d: %w", in.name, l.n, err)
		}
		return nil
	}, func(read int64) { j.progress.show(j.result.events(), read) })
}

// line sends the event of one line. An error ends the stream.
func (j *sending) line(ctx context.Context, file string, l line) error {
	var e core.Event
	err := l.err
	if err == nil {
		e, err = core.DecodeEvent(l.text)
	}
	if err == nil {
		var verdict core.Verdict
		full, cancel := context.WithTimeout(ctx, j.stall)
		verdict, err = j.dispatcher.Offer(full, e)
		stalled := full.Err() != nil
		cancel()
		switch {
		case verdict != core.Rejected:
			j.count(verdict)
			return nil
		case ctx.Err() != nil:
			return errors.New("interrupted")
		case stalled:
			return errStalled
		}
	}
	j.count(core.Rejected)
	j.progress.clear()
	j.bad.report(file, l.n, err)
	return nil
}

func (j *sending) count(v core.Verdict) {
	switch v {
	case core.Accepted:
		j.result.Accepted++
	case core.Denied:
		j.result.Denied++
	case core.Duplicate:
		j.result.Duplicates++
	case core.Rejected:
		j.result.Rejected++
	}
}
