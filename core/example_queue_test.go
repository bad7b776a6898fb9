package core_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// onDisk returns what opens a log in a directory.
func onDisk(dir string) func(int64, queue.OnFull) (queue.Log, error) {
	return func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
		return disk.Open(disk.Config{Dir: dir, MaxBytes: maxBytes, OnFull: onFull})
	}
}

// Events outlive the process in a queue on disk: one dispatcher takes an event, a later one delivers it.
func ExampleQueueConfig() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cfg := core.Config{
		Queue: core.QueueConfig{MaxBytes: 64 << 20, Open: onDisk(filepath.Join(dir, "queue"))},
		Sinks: []core.SinkConfig{{Name: "stdout", Sink: printing, Reach: core.ReachLocal}},
	}
	ctx := context.Background()

	first, err := core.New(cfg, append(quiet(), core.WithoutDelivery())...)
	if err != nil {
		log.Fatal(err)
	}
	_ = first.Track(ctx, "crashed")
	_ = first.Close(ctx)

	second, err := core.New(cfg, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = second.Flush(ctx)
	fmt.Println(second.Stats().Sinks["stdout"].Recovered, "recovered")
	_ = second.Close(ctx)
	// Output:
	// crashed {}
	// 1 recovered
}
