package suite

import (
	"context"
	"fmt"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

var growthColumns = []report.Column{
	{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
	{Head: "events/s", Figure: "rate", Unit: report.Rate},
	{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
	{Head: "enqueue p50 µs", Figure: "p50", Unit: report.Micros},
	{Head: "p99 µs", Figure: "p99", Unit: report.Micros},
	{Head: "allocations/event", Figure: "allocs", Unit: report.Number},
}

// The ends of what is measured, which targets refer to.
const (
	fewestEvents, mostEvents = 100_000, 10_000_000
	mostSinks                = 16
)

func rowEvents(n int) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d k events", n/1000)
	}
	return fmt.Sprintf("%d M events", n/1_000_000)
}

func rowSinks(n int) string {
	if n == 1 {
		return "1 sink"
	}
	return fmt.Sprintf("%d sinks", n)
}

// moreEvents tells how headgate's cost grows with the number of events.
func moreEvents() Table {
	t := Table{Name: "more-events", Columns: growthColumns, Runs: 3}
	for _, n := range []int{10_000, fewestEvents, 1_000_000, mostEvents} {
		t.Rows = append(t.Rows, grown(rowEvents(n), 1, n))
	}
	return t
}

// moreSinks tells how it grows with the number of sinks.
func moreSinks() Table {
	t := Table{Name: "more-sinks", Columns: growthColumns}
	for _, n := range []int{1, 2, 4, 8, mostSinks} {
		t.Rows = append(t.Rows, grown(rowSinks(n), n, 50_000))
	}
	return t
}

func grown(label string, sinks, events int) Row {
	return Row{Label: label, Program: "sdk/" + headgate.program, Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
		return b.runSDK(ctx, label, headgate.program, sinks, sdk.Setup{Events: b.scaled(events), Producers: 1, Window: window})
	}}
}

// growthTargets bound how the cost of an event grows.
func growthTargets() []report.Target {
	of := func(table, row string) report.Ref { return report.Ref{Table: table, Row: row, Figure: "cpu"} }
	return []report.Target{
		{Text: fmt.Sprintf("CPU for an event of %s, beside one of %s", rowEvents(mostEvents), rowEvents(fewestEvents)), Of: of("more-events", rowEvents(mostEvents)), By: []report.Ref{of("more-events", rowEvents(fewestEvents))}, At: 1.25, AtMost: true},
		{Text: fmt.Sprintf("CPU for %s, beside one", rowSinks(mostSinks)), Of: of("more-sinks", rowSinks(mostSinks)), By: []report.Ref{of("more-sinks", rowSinks(1))}, At: mostSinks / 2, AtMost: true},
	}
}
