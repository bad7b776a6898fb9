package suite

import (
	"context"

	"github.com/headgate-dev/headgate/bench/internal/report"
)

// The daemons that others refer to.
const (
	rowDaemonFloor    = "floor: bodies taken and posted on"
	rowDaemon         = "headgate"
	rowDaemonThree    = "headgate, three sinks"
	rowCollector      = "OpenTelemetry Collector"
	rowCollectorAnew  = "OpenTelemetry Collector, batches formed anew"
	rowCollectorJSON  = "OpenTelemetry Collector, JSON in"
	rowCollectorThree = "OpenTelemetry Collector, three sinks"
	rowBenthos        = "Benthos"
	rowBenthosEnd     = "Benthos, end-to-end acknowledgement"
	rowBenthosThree   = "Benthos, three sinks"
	rowTelegraf       = "Telegraf"
	rowTelegrafThree  = "Telegraf, three sinks"
)

var daemonColumns = []report.Column{
	{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
	{Head: "acknowledged events/s", Figure: "acknowledged", Unit: report.Rate},
	{Head: "delivered events/s", Figure: "delivered", Unit: report.Rate},
	{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
	{Head: "answer p50 ms", Figure: "p50", Unit: report.Millis},
	{Head: "p99 ms", Figure: "p99", Unit: report.Millis},
}

func (d daemon) row(label string, sinks int, s setting) Row {
	return Row{Label: label, Program: d.program, Module: d.module, Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
		return b.runDaemon(ctx, label, d, sinks, s)
	}}
}

// daemons compares what takes events over HTTP and sends them on, with a queue in memory.
func daemons() Table {
	one := setting{senders: 4, events: 300_000, inRequest: 100}
	anew, through := one, one
	anew.Batched, through.EndToEnd = true, true
	three := one
	three.events = 150_000
	return Table{Name: "daemons", Columns: daemonColumns, Rows: []Row{
		floorDaemon.row(rowDaemonFloor, 1, one),
		headgateDaemon.row(rowDaemon, 1, one),
		collector.row(rowCollector, 1, one),
		collector.row(rowCollectorAnew, 1, anew),
		collectorJSON.row(rowCollectorJSON, 1, one),
		benthos.row(rowBenthos, 1, one),
		benthos.row(rowBenthosEnd, 1, through),
		telegraf.row(rowTelegraf, 1, one),
		headgateDaemon.row(rowDaemonThree, 3, three),
		collector.row(rowCollectorThree, 3, three),
		benthos.row(rowBenthosThree, 3, three),
		telegraf.row(rowTelegrafThree, 3, three),
	}}
}

// The daemons that acknowledge what is on stable storage, which others refer to.
const (
	rowSafe          = "headgate, queue on disk"
	rowSafeCollector = "OpenTelemetry Collector, file storage with fsync"
	rowSafeAnew      = "OpenTelemetry Collector, file storage with fsync, batches formed anew"
	manySenders      = ", 32 senders"
)

// senders compares what acknowledges, over HTTP, events that are on stable storage.
func senders() Table {
	safe := setting{Durable: true, senders: 8, events: 200_000, inRequest: 100}
	slow := safe
	slow.events = 40_000 // the same for as long
	anew := slow
	anew.Batched = true
	t := Table{Name: "durable-daemons", Columns: daemonColumns}
	for _, l := range []struct {
		label   string
		senders int
	}{{"", 8}, {manySenders, 32}} {
		safe.senders, slow.senders, anew.senders = l.senders, l.senders, l.senders
		t.Rows = append(t.Rows,
			headgateDaemon.row(rowSafe+l.label, 1, safe),
			collector.row(rowSafeCollector+l.label, 1, slow),
			collector.row(rowSafeAnew+l.label, 1, anew))
	}
	return t
}
