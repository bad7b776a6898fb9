package suite

import (
	"context"
	"os"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/meter"
	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

// programs compares what being there costs a program: opening, closing, and its size.
func programs() Table {
	t := Table{Name: "programs", Columns: []report.Column{
		{Head: "opening µs", Figure: "opening", Unit: report.Micros},
		{Head: "closing with one event on its way, ms", Figure: "closing", Unit: report.Millis},
		{Head: "program MB", Figure: "size", Unit: report.Bytes},
		{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
	}}
	for _, s := range append([]subject{floor, headgate}, peers...) {
		t.Rows = append(t.Rows, Row{Label: s.label, Program: "sdk/" + s.program, Module: s.module, Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
			return b.runLifetime(ctx, label, s)
		}})
	}
	return t
}

func (b *Bench) runLifetime(ctx context.Context, label string, s subject) (map[string]float64, error) {
	figures, err := b.runSDK(ctx, label, s.program, 1, sdk.Setup{Variant: s.variant, Events: 1, Producers: 1})
	if err != nil {
		return nil, err
	}
	figures["size"], err = b.size("sdk/" + s.program)
	return figures, err
}

// processes compares daemons that have nothing to do.
func processes() Table {
	t := Table{Name: "processes", Columns: []report.Column{
		{Head: "listening after ms", Figure: "listening", Unit: report.Millis},
		{Head: "CPU of its first 2 s, ms", Figure: "cpu", Unit: report.Millis},
		{Head: "peak MB meanwhile", Figure: "peak", Unit: report.Bytes},
		{Head: "gone after ms", Figure: "gone", Unit: report.Millis},
		{Head: "program MB", Figure: "size", Unit: report.Bytes},
	}}
	for _, d := range []struct {
		label string
		daemon
	}{{rowDaemon, headgateDaemon}, {rowCollector, collector}, {rowBenthos, benthos}} {
		t.Rows = append(t.Rows, Row{Label: d.label, Program: d.program, Module: d.module, Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
			return b.runIdle(ctx, label, d.daemon)
		}})
	}
	return t
}

// settling is how long an idle daemon is left alone before it is looked at.
const settling = 2 * time.Second

func (b *Bench) runIdle(ctx context.Context, label string, d daemon) (map[string]float64, error) {
	r, err := b.start(ctx, label, 1)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	var s setting
	if err := r.place(&s, 1); err != nil {
		return nil, err
	}
	began := time.Now()
	cmd, _, err := d.start(ctx, r, s)
	if err != nil {
		return nil, err
	}
	listening := time.Since(began)
	figures, err := idle(cmd.Process.Pid)
	stopped := time.Now()
	if e := finish(cmd); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	figures["listening"], figures["gone"] = float64(listening), float64(time.Since(stopped))
	figures["size"], err = b.size(d.program)
	return figures, err
}

// idle looks at a process that has settled.
func idle(pid int) (map[string]float64, error) {
	time.Sleep(settling)
	cpu, err := meter.CPUOf(pid)
	if err != nil {
		return nil, err
	}
	peak, err := meter.PeakMemory(pid)
	return map[string]float64{"cpu": float64(cpu), "peak": float64(peak)}, err
}

// size returns the bytes of a program, which is built without symbols.
func (b *Bench) size(program string) (float64, error) {
	info, err := os.Stat(b.program(program))
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}
