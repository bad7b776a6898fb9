package suite

import "github.com/headgate-dev/headgate/bench/internal/report"

// Targets are what headgate is built to reach, beside its peers in the same tables.
func Targets() []report.Target {
	of := func(table, row, figure string) report.Ref { return report.Ref{Table: table, Row: row, Figure: figure} }
	among := func(table, figure string, rows ...string) (refs []report.Ref) {
		for _, row := range rows {
			refs = append(refs, of(table, row, figure))
		}
		return refs
	}
	const big, many, small = ", 4 × 100", ", 32 × 100", ", 64 × 1"
	var targets []report.Target
	add := func(t report.Target) { targets = append(targets, t) }

	add(report.Target{Text: "enqueue p50, sanitiser on", Of: of("sdks", rowTrack, "p50"), At: 1500, AtMost: true, Unit: report.Micros})
	add(report.Target{Text: "enqueue p99, sanitiser on", Of: of("sdks", rowTrack, "p99"), At: 10_000, AtMost: true, Unit: report.Micros})
	add(report.Target{Text: "allocations for an event, those of sending it included", Of: of("sdks", rowTrack, "allocs"), At: 0.5, AtMost: true})
	for _, peer := range []string{rowSegment, rowPostHog, rowAmplitude} {
		add(report.Target{Text: "p99 of an enqueue, as a share of that of " + peer, Of: of("sdks", rowTrack, "p99"), By: among("sdks", "p99", peer), At: 1.0 / 20, AtMost: true})
	}
	add(report.Target{Text: "events/s to one sink, beside the best SDK", Of: of("sdks", rowTrack, "rate"), By: among("sdks", "rate", peerRows...), At: 2.5})
	add(report.Target{Text: "CPU for that, beside the most frugal SDK", Of: of("sdks", rowTrack, "cpu"), By: among("sdks", "cpu", peerRows...), Least: true, At: 0.4, AtMost: true})
	add(report.Target{Text: "peak memory meanwhile", Of: of("sdks", rowTrack, "peak"), At: 64 << 20, AtMost: true, Unit: report.Bytes})
	add(report.Target{Text: "CPU for three sinks, beside one", Of: of("three-sinks", rowTrack, "cpu"), By: among("sdks", "cpu", rowTrack), At: 1.6, AtMost: true})
	add(report.Target{Text: "daemon, events/s, beside the Collector", Of: of("daemons", rowDaemon, "delivered"), By: among("daemons", "delivered", rowCollector, rowCollectorAnew), At: 2})
	add(report.Target{Text: "daemon, events/s, beside Benthos", Of: of("daemons", rowDaemon, "delivered"), By: among("daemons", "delivered", rowBenthos, rowBenthosEnd), At: 3})
	add(report.Target{Text: "daemon, CPU, beside the Collector", Of: of("daemons", rowDaemon, "cpu"), By: among("daemons", "cpu", rowCollector, rowCollectorAnew), Least: true, At: 0.5, AtMost: true})
	for _, senders := range []string{"", manySenders} {
		for _, figure := range []string{"acknowledged", "delivered"} {
			add(report.Target{Text: "durable events/s through the front door, " + figure + ", beside the Collector with fsync" + senders, Of: of("durable-daemons", rowSafe+senders, figure), By: among("durable-daemons", figure, rowSafeCollector+senders, rowSafeAnew+senders), At: 5})
		}
	}
	for _, kind := range []string{big, many, small} {
		add(report.Target{Text: "durable events/s of the log, beside the floor" + kind, Of: of("engines", rowLog+kind, "rate"), By: among("engines", "rate", rowFloor+kind), At: 0.8})
		add(report.Target{Text: "durable events/s of the log, beside the Collector's queue with fsync" + kind, Of: of("engines", rowLog+kind, "rate"), By: among("engines", "rate", rowCollectorQueue+kind), At: 5})
	}
	add(report.Target{Text: "durable events/s of the dispatcher, beside the Collector with fsync", Of: of("engines", rowDispatcher+big, "rate"), By: among("durable-daemons", "acknowledged", rowSafeCollector, rowSafeAnew), At: 5})

	targets = append(append(targets, growthTargets()...), outageTargets()...)
	for _, corpus := range []string{"generated", "given"} {
		add(report.Target{Text: "secrets found, " + corpus + " corpus", Of: of("scrubbers", rowSanitizer, corpus+" secrets"), At: 0.99, Unit: report.Share, Steady: true})
		add(report.Target{Text: "harmless values changed, " + corpus + " corpus", Of: of("scrubbers", rowSanitizer, corpus+" changed"), At: 0.01, AtMost: true, Unit: report.Share, Steady: true})
	}
	add(report.Target{Text: "cleaning an event with nothing in it", Of: of("scrubbers", rowSanitizer, "clean"), At: 5000, AtMost: true, Unit: report.Micros, Steady: true})
	add(report.Target{Text: "allocations for that, those of the first events included", Of: of("scrubbers", rowSanitizer, "clean allocs"), At: 0.05, AtMost: true, Steady: true})
	add(report.Target{Text: "cleaning an event, the mean of the corpora", Of: of("scrubbers", rowSanitizer, "event"), At: 10_000, AtMost: true, Unit: report.Micros, Steady: true})
	add(report.Target{Text: "cleaning 64 KiB of =, :, @, digits or base64, the slowest of them", Of: of("scrubbers", rowSanitizer, "hostile runs"), At: 50e6, Unit: report.Throughput, Steady: true})
	add(report.Target{Text: "cleaning 64 KiB of these or of password=, a@b., ://, eyJ or -----BEGIN, the slowest of them", Of: of("scrubbers", rowSanitizer, "hostile"), At: 50e6, Unit: report.Throughput, Steady: true})
	return targets
}
