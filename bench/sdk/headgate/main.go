// Command headgate reports the reference event to headgate's dispatcher, in process.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/http"
)

func main() { sdk.Main(open) }

// open knows these variants: "" is Track; enqueue is Enqueue with a map, as the SDKs ask for; unsanitized is Track
// with the sanitiser off; novel is Track of texts that never come again, whose making costs four allocations; disk is Track with the queue on disk, synced every 200 ms.
func open(s sdk.Setup) (sdk.Client, error) {
	cfg := core.Config{App: core.App{Name: "compare", Version: "1.0.0"}, Queue: core.QueueConfig{OnFull: core.Block}}
	if s.Window == 0 {
		cfg.Queue.OnFull = core.DropOldest // as by default: nobody waits
	}
	switch s.Variant {
	case "", "enqueue", "novel":
	case "unsanitized":
		cfg.Privacy.Mode = "off"
	case "disk":
		cfg.Queue.Open = func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: filepath.Join(s.Dir, "queue"), MaxBytes: maxBytes, OnFull: onFull, Sync: disk.SyncInterval})
		}
	default:
		return nil, fmt.Errorf("headgate has no variant %q", s.Variant)
	}
	for i, url := range s.Sinks {
		env := registry.Env{Name: fmt.Sprintf("sink%d", i), Logger: slog.New(slog.DiscardHandler), Timeout: 10 * time.Second}
		sink, err := http.New(context.Background(), env, http.Config{URL: url + "/v1/events"})
		if err != nil {
			return nil, err
		}
		cfg.Sinks = append(cfg.Sinks, core.SinkConfig{
			Name: env.Name, Type: "http", Reach: core.ReachNetwork, Sink: sink, Batch: core.BatchConfig{MaxEvents: s.Batch},
		})
	}
	d, err := core.New(cfg, core.WithStateDir(s.Dir), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		return nil, err
	}
	switch s.Variant {
	case "enqueue":
		return enqueuing{d}, nil
	case "novel":
		return novel{tracking{d}}, nil
	}
	return tracking{d}, nil
}

type tracking struct{ d *core.Dispatcher }

func (t tracking) Track(mark string) error {
	return t.d.Track(context.Background(), reference.Name,
		slog.String(reference.MarkKey, mark), slog.Float64("seconds", reference.Seconds), slog.Bool("success", reference.Success),
		slog.Int("tokens", reference.Tokens), slog.String("model", reference.Model), slog.String("component", reference.Component),
		slog.String("note", reference.Note), slog.String("flow", reference.Flow))
}

func (t tracking) Close(ctx context.Context) error { return t.d.Close(ctx) }

type novel struct{ tracking }

func (n novel) Track(mark string) error {
	digits := strings.TrimPrefix(mark, reference.MarkPrefix)
	return n.d.Track(context.Background(), reference.Name,
		slog.String(reference.MarkKey, mark), slog.Float64("seconds", reference.Seconds), slog.Bool("success", reference.Success),
		slog.Int("tokens", reference.Tokens), slog.String("model", reference.Model+digits), slog.String("component", reference.Component+digits),
		slog.String("note", reference.Note+digits), slog.String("flow", reference.Flow[:len(reference.Flow)-len(digits)]+digits))
}

type enqueuing struct{ d *core.Dispatcher }

func (e enqueuing) Track(mark string) error {
	return e.d.Enqueue(context.Background(), core.Event{Name: reference.Name, UserID: reference.UserID, Props: reference.Props(mark)})
}

func (e enqueuing) Close(ctx context.Context) error { return e.d.Close(ctx) }
