package suite

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/headgate-dev/headgate/bench/internal/engine"
	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

// part is something that headgate's processor time goes to: the functions whose names begin with one of these. A
// function that is in none counts as the part of whoever called it.
type part struct {
	head, figure string
	prefixes     []string
}

// What is here and in another part counts where it is listed first.
const own = "github.com/headgate-dev/headgate/"

var parts = []part{
	{"collecting garbage", "garbage", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.wbBufFlush"}},
	{"sanitising", "sanitising", []string{own + "core/sanitize."}},
	{"decoding JSON", "decoding", []string{"encoding/json.", own + "core.DecodeEvent", own + "core/wire.", own + "server/internal/shape.", own + "server.(*candidates)"}},
	{"the log", "log", []string{own + "core/queue."}},
	{"the log on disk", "disk", []string{own + "core/queue/disk."}},
	{"sending", "sending", []string{own + "sinks/", own + "core/transport.", "net/http."}},
	{"the rest of the door", "door", []string{own + "server."}},
	{"gate, seal, batches", "core", []string{own + "core."}},
	{"making the event", "load", []string{own + "bench/", "main."}},
}

// profiles tells where headgate's processor time goes.
func profiles() Table {
	t := Table{Name: "profiles", Runs: 3}
	for _, p := range append(parts, part{head: "the scheduler and others", figure: "others"}) {
		t.Columns = append(t.Columns, report.Column{Head: p.head, Figure: p.figure, Unit: report.Percent})
	}
	t.Columns = append(t.Columns, report.Column{Head: "CPU-s per M", Figure: "cpu", Unit: report.Seconds})
	load := sdk.Setup{Events: 400_000, Producers: 1, Window: window}
	for _, s := range []subject{headgate, enqueue} {
		t.Rows = append(t.Rows, profiled(s.label+", one sink over HTTP", "sdk/headgate", func(ctx context.Context, b *Bench, label, file string) (map[string]float64, error) {
			setup := load
			setup.Variant, setup.Events, setup.Profile = s.variant, b.scaled(setup.Events), file
			return b.runSDK(ctx, label, s.program, 1, setup)
		}))
	}
	for _, v := range []struct{ label, variant string }{{rowDispatcher, "dispatcher"}, {rowDoor, "door"}} {
		t.Rows = append(t.Rows, profiled(v.label+", queue on disk, 4 × 100", "engine/headgate", func(ctx context.Context, b *Bench, label, file string) (map[string]float64, error) {
			return b.runEngine(ctx, label, "headgate", engine.Setup{Variant: v.variant, Producers: 4, Batch: 100, Events: b.scaled(400_000), Profile: file})
		}))
	}
	return t
}

func profiled(label, program string, run func(ctx context.Context, b *Bench, label, file string) (map[string]float64, error)) Row {
	return Row{Label: label, Program: program, Run: func(ctx context.Context, b *Bench, label string) (map[string]float64, error) {
		f, err := os.CreateTemp(b.Scratch, "profile-")
		if err != nil {
			return nil, err
		}
		defer os.Remove(f.Name())
		if err := f.Close(); err != nil {
			return nil, err
		}
		figures, err := run(ctx, b, label, f.Name())
		if err != nil {
			return nil, err
		}
		shares, err := sharesOf(f.Name())
		if err != nil {
			return nil, err
		}
		shares["cpu"] = figures["cpu"]
		return shares, nil
	}}
}

// sharesOf divides the time of a profile among the parts.
func sharesOf(file string) (map[string]float64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, err
	}
	shares, total := map[string]float64{"others": 0}, 0.0
	for _, part := range parts {
		shares[part.figure] = 0
	}
	for _, s := range p.Sample {
		nanos := float64(s.Value[len(s.Value)-1])
		total += nanos
		shares[partOf(s)] += nanos
	}
	if total == 0 {
		return nil, fmt.Errorf("the profile has no samples")
	}
	for figure := range shares {
		shares[figure] /= total
	}
	return shares, nil
}

// partOf returns the figure of the innermost function that is in a part.
func partOf(s *profile.Sample) string {
	for _, location := range s.Location {
		for _, line := range location.Line {
			for _, part := range parts {
				for _, prefix := range part.prefixes {
					if strings.HasPrefix(line.Function.Name, prefix) {
						return part.figure
					}
				}
			}
		}
	}
	return "others"
}
