package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/headgate-dev/headgate/core"
)

// picky refuses events for good while it is told to.
type picky struct{ refuses atomic.Bool }

func (p *picky) Send(context.Context, []core.Sealed) error {
	if p.refuses.Load() {
		return core.Permanent(errors.New("400 Bad Request: unknown property plan"))
	}
	return nil
}

func (p *picky) Close(context.Context) error { return nil }

// An event that its destination will never take is put aside with the answer, and the others go on.
func ExampleDeadLetter() {
	sink := &picky{}
	sink.refuses.Store(true)
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: sink}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = d.Enqueue(ctx, core.Event{ID: "e-1", Name: "signup"})
	_ = d.Flush(ctx)
	for _, letter := range d.DeadLetters("vendor") {
		fmt.Println(letter.ID, letter.Name, letter.Reason, "-", letter.Error)
	}
	_ = d.Close(ctx)
	// Output: e-1 signup permanent - 400 Bad Request: unknown property plan
}

// Once the destination has been put right, what it refused is sent again.
func ExampleReplayOptions() {
	sink := &picky{}
	sink.refuses.Store(true)
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: sink}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = d.Track(ctx, "signup")
	_ = d.Track(ctx, "signup")
	_ = d.Flush(ctx)

	sink.refuses.Store(false)
	var replayed core.Replayed
	replayed, err = d.ReplayDeadLetters(ctx, "vendor", core.ReplayOptions{Rate: 1000})
	fmt.Println(replayed.Accepted, "accepted,", replayed.Failed, "failed,", err)
	fmt.Println(d.CountDeadLetters("vendor"), "are left")
	_ = d.Close(ctx)
	// Output:
	// 2 accepted, 0 failed, <nil>
	// 0 are left
}

// Dead letters that are kept on disk can be looked at while nothing runs.
func ExampleDeadLetterBox() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sink := &picky{}
	sink.refuses.Store(true)
	cfg := core.Config{Sinks: []core.SinkConfig{{
		Name: "vendor", Sink: sink,
		DeadLetter: core.DeadLetterConfig{MaxBytes: 16 << 20, Open: onDisk(filepath.Join(dir, "vendor"))},
	}}}
	ctx := context.Background()
	d, err := core.New(cfg, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(ctx, "signup")
	_ = d.Flush(ctx)
	_ = d.Close(ctx)

	box, err := core.OpenDeadLetters(cfg, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	for _, sink := range box.SinkNames() {
		fmt.Println(sink, "has", len(box.DeadLetters(sink)))
	}
	purged, err := box.PurgeDeadLetters("vendor")
	fmt.Println(purged, "purged", err)
	// Output:
	// vendor has 1
	// 1 purged <nil>
}
