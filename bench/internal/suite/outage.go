package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
	"github.com/headgate-dev/headgate/bench/internal/tally"
)

// How many events an outage lasts for, and how fast they come.
const (
	outageEvents = 300_000
	outageRate   = 50_000
)

// What the destination does meanwhile.
const (
	whileUp      = ": nothing is wrong"
	whileRefused = ": connections refused"
	whileHanging = ": it hangs"
	untilBack    = ": 503, then back"

	rowOnDisk = "headgate, Track, queue on disk"
)

// outageTargets bound what an outage costs a program that uses headgate with its queue in memory, and its events with one that has
// room for them.
func outageTargets() (targets []report.Target) {
	of := func(while, figure string) report.Ref {
		return report.Ref{Table: "outage", Row: rowTrack + while, Figure: figure}
	}
	for _, while := range []string{whileRefused, whileHanging} {
		targets = append(targets,
			report.Target{Text: "p99 of a call, beside one when nothing is wrong" + while, Of: of(while, "p99"), By: []report.Ref{of(whileUp, "p99")}, At: 1.5, AtMost: true},
			report.Target{Text: "peak memory with a queue of 64 MiB" + while, Of: of(while, "peak"), At: 128 << 20, AtMost: true, Unit: report.Bytes},
			report.Target{Text: "closing, which has 5 s" + while, Of: of(while, "closing"), At: 5e9, AtMost: true, Unit: report.Elapsed})
	}
	return append(targets, report.Target{
		Text: "delivered of what an outage held up, queue on disk", Of: report.Ref{Table: "outage", Row: rowOnDisk + untilBack, Figure: "delivered"}, At: 1, Unit: report.Percent,
	})
}

// outage compares what becomes of a program whose destination is away, and of the events once it is back.
func outage() Table {
	t := Table{Name: "outage", Runs: 1, Columns: []report.Column{
		{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
		{Head: "goroutines", Figure: "goroutines", Unit: report.Number},
		{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
		{Head: "call p99 µs", Figure: "p99", Unit: report.Micros},
		{Head: "calls that never returned", Figure: "blocked", Unit: report.Number},
		{Head: "told of a loss", Figure: "refused", Unit: report.Percent},
		{Head: "closing s", Figure: "closing", Unit: report.Elapsed},
		{Head: "closing never ended", Figure: "stuck", Unit: report.Number},
		{Head: "delivered once it was back", Figure: "delivered", Unit: report.Percent},
	}}
	disk := headgate
	disk.label, disk.variant = rowOnDisk, "disk"
	for _, o := range []struct {
		label string
		mode  tally.Mode
		back  bool
	}{{whileUp, tally.Up, false}, {whileRefused, tally.Refused, false}, {whileHanging, tally.Hanging, false}, {untilBack, tally.Failing, true}} {
		for _, s := range append([]subject{headgate, disk}, peers...) {
			t.Rows = append(t.Rows, Row{
				Label: s.label + o.label, Program: "sdk/" + s.program, Module: s.module,
				Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
					return b.runOutage(ctx, label, s, o.mode, o.back)
				},
			})
		}
	}
	return t
}

func (b *Bench) runOutage(ctx context.Context, label string, subject subject, mode tally.Mode, back bool) (map[string]float64, error) {
	events := b.scaled(outageEvents)
	r, err := b.start(ctx, label, events)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	if err := r.sink.become(mode); err != nil {
		return nil, err
	}
	s := sdk.Setup{
		Variant: subject.variant, Sinks: r.sink.ready.Sinks[:1], Board: r.path, Batch: batchSize,
		Events: events, Producers: 1, Rate: outageRate, Interlude: true, Patience: 5 * time.Second,
	}
	if back {
		s.Linger, s.Patience = 5*time.Second, 10*time.Second
	}
	if s.Dir, err = r.mkdir("data"); err != nil {
		return nil, err
	}
	a, err := r.converseSDK(ctx, subject.program, s, back)
	if err != nil {
		return nil, err
	}
	figures := map[string]float64{
		"peak": float64(a.Peak), "goroutines": float64(a.Goroutines), "cpu": a.CPU.Seconds() / float64(max(a.Offered, 1)) * 1e6,
		"refused": float64(a.Refused) / float64(events), "closing": float64(a.Closing), "blocked": 0, "stuck": 0,
	}
	if !subject.synchronous && !a.Blocked {
		figures["p99"] = float64(a.P99)
	}
	if a.Blocked {
		figures["blocked"] = 1
	}
	if !a.Closed {
		figures["stuck"] = 1
	}
	if back {
		account, err := r.sink.account()
		if err != nil {
			return nil, err
		}
		figures["delivered"] = float64(account.Sinks[0].Distinct) / float64(events)
	}
	return figures, nil
}

// converseSDK runs a subject that is told when the sink is back.
func (r *run) converseSDK(ctx context.Context, program string, s sdk.Setup, back bool) (a sdk.Report, err error) {
	c, err := r.converse(ctx, r.program("sdk/"+program))
	if err != nil {
		return a, err
	}
	defer c.end()
	text, err := json.Marshal(s)
	if err != nil {
		return a, err
	}
	if err := c.say(text); err != nil {
		return a, err
	}
	if line, err := c.hear(); err != nil || string(line) != "offered\n" {
		return a, fmt.Errorf("the subject said %q: %w", line, err)
	}
	if back {
		if err := r.sink.become(tally.Up); err != nil {
			return a, err
		}
	}
	if err := c.say(nil); err != nil {
		return a, err
	}
	line, err := c.hear()
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(line, &a)
}
