package suite

import (
	"context"
	"fmt"

	"github.com/headgate-dev/headgate/bench/internal/engine"
	"github.com/headgate-dev/headgate/bench/internal/report"
)

// The rows of the comparison of engines that others refer to.
const (
	rowFloor          = "floor: segments, nothing checked"
	rowLog            = "headgate's log"
	rowDispatcher     = "headgate's dispatcher"
	rowDoor           = "headgate's front door, no network"
	rowCollectorQueue = "the Collector's queue, file storage with fsync"
)

// engines compares what puts records on stable storage before it acknowledges them.
func engines() Table {
	row := func(label, program, variant, module string) []Row {
		var rows []Row
		for _, l := range []struct{ producers, batch, events, collected int }{{4, 100, 300_000, 300_000}, {32, 100, 600_000, 120_000}, {64, 1, 60_000, 6_000}} {
			rows = append(rows, Row{
				Label: fmt.Sprintf("%s, %d × %d", label, l.producers, l.batch), Program: "engine/" + program, Module: module,
				Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
					events := b.scaled(l.events)
					if program == "otelqueue" { // which syncs for each request, to take it in and to let it go
						events = b.scaled(l.collected)
					}
					return b.runEngine(ctx, label, program, engine.Setup{Variant: variant, Producers: l.producers, Batch: l.batch, Events: events})
				},
			})
		}
		return rows
	}
	var all []Row
	for _, r := range [][]Row{
		row(rowFloor, "floor", "", ""),
		row(rowLog, "headgate", "", ""),
		row(rowDispatcher, "headgate", "dispatcher", ""),
		row(rowDoor, "headgate", "door", "")[:1],
		row(rowCollectorQueue, "otelqueue", "", "go.opentelemetry.io/collector/exporter/exporterhelper"),
		row("raft-wal", "raftwal", "", "github.com/hashicorp/raft-wal"),
		row("bbolt", "bbolt", "", "go.etcd.io/bbolt"),
		row("tidwall/wal", "tidwall", "", "github.com/tidwall/wal"),
		row("SQLite", "sqlite", "", "modernc.org/sqlite"),
		row("go-diskqueue", "diskqueue", "", "github.com/nsqio/go-diskqueue"),
	} {
		all = append(all, r...)
	}
	return Table{Name: "engines", Rows: all, Columns: []report.Column{
		{Head: "acknowledged events/s", Figure: "rate", Unit: report.Rate},
		{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
		{Head: "p50 ms", Figure: "p50", Unit: report.Millis},
		{Head: "p99 ms", Figure: "p99", Unit: report.Millis},
		{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
		{Head: "bytes/event on disk", Figure: "disk", Unit: report.Number},
	}}
}

func (b *Bench) runEngine(ctx context.Context, label, program string, s engine.Setup) (map[string]float64, error) {
	r, err := b.start(ctx, label, s.Events)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	if s.Dir, err = r.mkdir("data"); err != nil {
		return nil, err
	}
	if s.Profile == "" {
		s.Profile = b.profile(label)
	}
	a, err := ask[engine.Report](ctx, b, s, b.program("engine/"+program))
	if err != nil {
		return nil, err
	}
	if a.Acknowledged != s.Events || a.Found != s.Events || a.Twice > 0 {
		return nil, fmt.Errorf("of %d events %d were acknowledged, %d were there afterwards, and %d came again", s.Events, a.Acknowledged, a.Found, a.Twice)
	}
	n := float64(s.Events)
	return map[string]float64{
		"rate": n / a.Took.Seconds(), "cpu": a.CPU.Seconds() / n * 1e6,
		"p50": float64(a.P50), "p99": float64(a.P99), "peak": float64(a.Peak), "disk": float64(a.Disk) / n,
	}, nil
}
