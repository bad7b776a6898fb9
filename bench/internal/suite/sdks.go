package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

// subject is something that events are reported to in process.
type subject struct {
	label, program, variant, module string
	// synchronous says that a call sends: its time is that of a request.
	synchronous bool
}

// The subjects in process that others refer to.
const (
	rowTrack     = "headgate, Track"
	rowEnqueue   = "headgate, Enqueue with a map"
	rowUnclean   = "headgate, Track, sanitiser off"
	rowNovel     = "headgate, Track, texts that never repeat"
	rowSegment   = "segmentio/analytics-go"
	rowRudder    = "rudderlabs/analytics-go"
	rowPostHog   = "posthog-go"
	rowMixpanel  = "mixpanel-go"
	rowAmplitude = "amplitude/analytics-go"
	rowOTel      = "OpenTelemetry logs SDK"
)

var (
	floor    = subject{label: "floor: append, POST", program: "floor"}
	headgate = subject{label: rowTrack, program: "headgate"}
	enqueue  = subject{label: rowEnqueue, program: "headgate", variant: "enqueue"}
	unclean  = subject{label: rowUnclean, program: "headgate", variant: "unsanitized"}
	novel    = subject{label: rowNovel, program: "headgate", variant: "novel"}
	peers    = []subject{
		{label: rowSegment, program: "segment", module: "github.com/segmentio/analytics-go/v3"},
		{label: rowRudder, program: "rudder", module: "github.com/rudderlabs/analytics-go/v4"},
		{label: rowPostHog, program: "posthog", module: "github.com/posthog/posthog-go"},
		{label: rowMixpanel, program: "mixpanel", module: "github.com/mixpanel/mixpanel-go", synchronous: true},
		{label: rowAmplitude, program: "amplitude", module: "github.com/amplitude/analytics-go"},
		{label: rowOTel, program: "otellogs", module: "go.opentelemetry.io/otel/sdk/log"},
	}
	peerRows = []string{rowSegment, rowRudder, rowPostHog, rowMixpanel, rowAmplitude, rowOTel}
)

// All batches have so many events, and so many are on their way at once.
const (
	batchSize = 500
	window    = 16_384
)

func (s subject) row(sinks int, setup sdk.Setup) Row {
	return Row{
		Label: s.label, Program: "sdk/" + s.program, Module: s.module,
		Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
			setup := setup
			setup.Variant, setup.Events = s.variant, b.scaled(setup.Events)
			figures, err := b.runSDK(ctx, label, s.program, sinks, setup)
			if s.synchronous {
				delete(figures, "p50")
				delete(figures, "p99")
				delete(figures, "worst")
			}
			return figures, err
		},
	}
}

var sdkColumns = []report.Column{
	{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
	{Head: "events/s", Figure: "rate", Unit: report.Rate},
	{Head: "peak MB", Figure: "peak", Unit: report.Bytes},
	{Head: "enqueue p50 µs", Figure: "p50", Unit: report.Micros},
	{Head: "p99 µs", Figure: "p99", Unit: report.Micros},
	{Head: "worst ms", Figure: "worst", Unit: report.Millis},
	{Head: "allocations/event", Figure: "allocs", Unit: report.Number},
	{Head: "bytes/event sent", Figure: "wire", Unit: report.Number},
}

// sdks compares sustained throughput to one sink, one producer.
func sdks() Table {
	t := Table{Name: "sdks", Columns: sdkColumns}
	for _, s := range append([]subject{floor, headgate, novel, enqueue, unclean}, peers...) {
		t.Rows = append(t.Rows, s.row(1, sdk.Setup{Events: 200_000, Producers: 1, Window: window}))
	}
	return t
}

// defaults is the SDKs as they come. What is on the way is less than their queues hold by default.
func defaults() Table {
	t := Table{Name: "sdk-defaults", Columns: sdkColumns}
	for _, s := range peers {
		room := window
		switch s.label {
		case rowMixpanel:
			continue // it has no batches of its own
		case rowOTel:
			room = 1024
		}
		s.variant = "default"
		t.Rows = append(t.Rows, s.row(1, sdk.Setup{Events: 100_000, Producers: 1, Window: room}))
	}
	return t
}

// fanOut compares sustained throughput to three sinks.
func fanOut() Table {
	t := Table{Name: "three-sinks", Columns: sdkColumns}
	for _, s := range append([]subject{floor, headgate, enqueue}, peers...) {
		t.Rows = append(t.Rows, s.row(3, sdk.Setup{Events: 100_000, Producers: 1, Window: window}))
	}
	return t
}

// gentle compares how long a call takes when there is little to do.
func gentle() Table {
	t := Table{Name: "gentle", Columns: []report.Column{
		{Head: "enqueue p50 µs", Figure: "p50", Unit: report.Micros},
		{Head: "p99 µs", Figure: "p99", Unit: report.Micros},
		{Head: "worst ms", Figure: "worst", Unit: report.Millis},
		{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds},
	}}
	for _, s := range append([]subject{floor, headgate, enqueue}, peers...) {
		if !s.synchronous {
			t.Rows = append(t.Rows, s.row(1, sdk.Setup{Events: 10_000, Producers: 1, Rate: 5_000, Window: window}))
		}
	}
	return t
}

func (b *Bench) runSDK(ctx context.Context, label, program string, sinks int, s sdk.Setup) (map[string]float64, error) {
	r, err := b.start(ctx, label, s.Events)
	if err != nil {
		return nil, err
	}
	defer r.stop()
	s.Sinks, s.Board, s.Batch, s.Patience = r.sink.ready.Sinks[:sinks], r.path, batchSize, 20*time.Second
	if s.Dir, err = r.mkdir("data"); err != nil {
		return nil, err
	}
	if s.Profile == "" {
		s.Profile = b.profile(label)
	}
	a, err := ask[sdk.Report](ctx, b, s, b.program("sdk/"+program))
	if err != nil {
		return nil, err
	}
	account, err := r.sink.account()
	if err != nil {
		return nil, err
	}
	if a.Refused > 0 || a.Blocked || !a.Closed {
		err = fmt.Errorf("%d of %d events were refused, blocked %t, closed %t", a.Refused, a.Offered, a.Blocked, a.Closed)
	}
	if err := errors.Join(err, whole(account, sinks, s.Events)); err != nil {
		return nil, err
	}
	last, bytes, n := int64(0), uint64(0), float64(s.Events)
	for i := range sinks {
		last = max(last, r.board.Last(i))
		bytes += account.Sinks[i].Bytes
	}
	return map[string]float64{
		"rate": n / time.Duration(last-a.Start).Seconds(), "cpu": a.CPU.Seconds() / n * 1e6, "peak": float64(a.Peak),
		"p50": float64(a.P50), "p99": float64(a.P99), "p999": float64(a.P999), "worst": float64(a.Worst),
		"allocs": float64(a.Mallocs) / n, "wire": float64(bytes) / n / float64(sinks), "sink": account.CPU.Seconds() / n * 1e6,
		"opening": float64(a.Opening), "closing": float64(a.Closing),
	}, nil
}
