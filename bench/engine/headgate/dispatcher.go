package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/engine"
	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/core/wire"
)

// dispatcher takes events as the front door does: gated, sanitised, sealed and stored in groups, and
// meanwhile delivered to a sink, which here keeps account of them.
type dispatcher struct {
	d *core.Dispatcher

	mu        sync.Mutex
	delivered []byte // their marks
}

func openDispatcher(s engine.Setup) (engine.Engine, error) {
	e := new(dispatcher)
	d, err := core.New(core.Config{
		App: core.App{Name: "compare", Version: "1.0.0"},
		Queue: core.QueueConfig{MaxBytes: maxBytes, Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: s.Dir, MaxBytes: maxBytes, OnFull: onFull})
		}},
		Sinks: []core.SinkConfig{{Name: cursorName, Sink: core.SinkFunc(e.send)}},
	}, core.WithStateDir(s.Dir), core.WithEnviron(func(string) (string, bool) { return "", false }))
	e.d = d
	return e, err
}

func (e *dispatcher) send(_ context.Context, batch []core.Sealed) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range batch {
		e.delivered = append(e.delivered, markOf(event.JSON())...)
	}
	return nil
}

// Append offers the events that records are.
func (e *dispatcher) Append(recs [][]byte) error {
	g := e.d.Group(context.Background())
	defer g.Release()
	for _, rec := range recs {
		event := wire.Read(rec)
		g.OfferText(&event, consent.Signals{})
	}
	for _, o := range g.Outcomes() {
		if o.Verdict != core.Accepted {
			return fmt.Errorf("an event was not accepted: %w", o.Err)
		}
	}
	return nil
}

func (e *dispatcher) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return e.d.Close(ctx)
}

// Delivered implements [engine.Reader].
func (e *dispatcher) Delivered(each func([]byte)) {
	for marks := e.delivered; len(marks) > 0; marks = marks[reference.MarkSize:] {
		each(marks[:reference.MarkSize])
	}
}

// markOf returns the mark of an event that is encoded.
func markOf(event []byte) []byte {
	i := bytes.Index(event, []byte(reference.MarkPrefix))
	return event[i : i+reference.MarkSize]
}
