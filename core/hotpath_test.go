package core

import (
	"context"
	"log/slog"
	"testing"
	"time"
)

// drainAtOnce takes batches as they come.
var drainAtOnce = SinkFunc(func(context.Context, []Sealed) error { return nil })

func trackEight(d *Dispatcher, ctx context.Context) error {
	return d.Track(ctx, "flow_run",
		slog.String("component", "ChatInput"), slog.Int("seconds", 45), slog.Bool("success", true),
		slog.Float64("score", 0.75), slog.Duration("took", 1500*time.Millisecond), slog.String("model", "gpt-small"),
		slog.Int64("tokens_used", 1234), slog.String("version", "1.8.0"))
}

func TestTrackAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates; the same test runs without it")
	}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", drainAtOnce), sinkOf("b", drainAtOnce)}})
	defer closeOrFail(t, d)
	ctx := context.Background()
	for range 2000 { // pools and chunks are warm
		_ = trackEight(d, ctx)
	}
	// Batches are taken on other goroutines meanwhile, whose few allocations for each
	// batch AllocsPerRun sees too; it rounds down.
	if got := testing.AllocsPerRun(5000, func() { _ = trackEight(d, ctx) }); got != 0 {
		t.Errorf("Track with eight attributes allocates %v times, want 0", got)
	}
	off := newTest(t, Config{DoNotTrack: true})
	if got := testing.AllocsPerRun(1000, func() { _ = trackEight(off, ctx) }); got != 0 {
		t.Errorf("Track with tracking off allocates %v times, want 0", got)
	}
}

func BenchmarkTrackEightAttrs(b *testing.B) {
	d := newTest(b, Config{Sinks: []SinkConfig{sinkOf("a", drainAtOnce)}})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = trackEight(d, ctx)
	}
	b.StopTimer()
	_ = d.Close(ctx)
}

func BenchmarkTrackEightAttrsTwoSinks(b *testing.B) {
	d := newTest(b, Config{Sinks: []SinkConfig{sinkOf("a", drainAtOnce), sinkOf("b", drainAtOnce)}})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = trackEight(d, ctx)
	}
	b.StopTimer()
	_ = d.Close(ctx)
}

func BenchmarkTrackParallel(b *testing.B) {
	d := newTest(b, Config{Sinks: []SinkConfig{sinkOf("a", drainAtOnce)}})
	ctx := context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = trackEight(d, ctx)
		}
	})
	b.StopTimer()
	_ = d.Close(ctx)
}

func BenchmarkTrackOff(b *testing.B) {
	d := newTest(b, Config{DoNotTrack: true})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = d.Track(ctx, "flow_run")
	}
}

// BenchmarkTrackOffEightAttrs includes making the attributes, which is most of it.
func BenchmarkTrackOffEightAttrs(b *testing.B) {
	d := newTest(b, Config{DoNotTrack: true})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = trackEight(d, ctx)
	}
}
