package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// A program says who it is, what is never to leave it, where events wait, and who gets them.
func ExampleConfig() {
	d, err := core.New(core.Config{
		App:     core.App{Name: "acme", Version: "1.2.3"},
		Privacy: sanitize.Options{DenyKeys: []string{"project"}},
		Queue:   core.QueueConfig{MaxBytes: 8 << 20, OnFull: core.DropNewest},
		Sinks:   []core.SinkConfig{{Name: "stdout", Sink: printing, Reach: core.ReachLocal}},
	}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "build", slog.String("project", "skunkworks"), slog.Int("seconds", 3))
	_ = d.Close(context.Background())
	// Output: build {"project":"[redacted:denied_key]","seconds":3}
}

// Every sink gets its own choice of the events.
func ExampleSinkConfig() {
	to := func(name string) core.Sink {
		return core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			for _, event := range batch {
				fmt.Println(name, "gets", event.Name(), string(event.Props().Raw()))
			}
			return nil
		})
	}
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "runs", Sink: to("runs"),
		Events: []string{"run*", "!run_debug"},
	}, {
		Name: "slow", Sink: to("slow"),
		When: func(event core.Sealed) bool {
			seconds, _ := event.Props().Lookup("seconds")
			return seconds.Text() == "90"
		},
	}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = d.Track(ctx, "run", slog.Int("seconds", 1))
	_ = d.Track(ctx, "run_debug")
	_ = d.Track(ctx, "build", slog.Int("seconds", 90))
	_ = d.Close(ctx)
	// Unordered output:
	// runs gets run {"seconds":1}
	// slow gets build {"seconds":90}
}

// A batch is sent when it has enough events, or when its first has waited long enough.
func ExampleBatchConfig() {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "vendor",
		Sink: core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			fmt.Println("a request with", len(batch))
			return nil
		}),
		Batch: core.BatchConfig{MaxEvents: 2, MaxWait: time.Hour},
	}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_ = d.Track(context.Background(), "click")
	}
	_ = d.Close(context.Background()) // waits for no hour
	// Output:
	// a request with 2
	// a request with 1
}

// A sink only reports that an attempt failed. Whether and when there is another is configured.
func ExampleRetryConfig() {
	attempts := 0
	flaky := core.SinkFunc(func(context.Context, []core.Sealed) error {
		if attempts++; attempts < 3 {
			return errors.New("connection reset")
		}
		return nil
	})
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "vendor", Sink: flaky,
		Retry: core.RetryConfig{Initial: time.Millisecond, Max: time.Minute, MaxAge: 24 * time.Hour},
	}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "run")
	_ = d.Flush(context.Background())
	fmt.Println("delivered by attempt", attempts)
	_ = d.Close(context.Background())
	// Output: delivered by attempt 3
}

// A queue that is full drops its oldest events, unless it is told to refuse the newest, or to block.
func ExampleOnFull() {
	slow := make(chan struct{})
	d, err := core.New(core.Config{
		Queue: core.QueueConfig{MaxBytes: 4 << 10, OnFull: core.DropNewest},
		Sinks: []core.SinkConfig{{Name: "slow", Sink: core.SinkFunc(func(context.Context, []core.Sealed) error {
			<-slow
			return nil
		})}},
	}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	var refused error
	for refused == nil {
		refused = d.Track(context.Background(), "click")
	}
	fmt.Println(errors.Is(refused, core.ErrQueueFull)) // for who cares; most programs do not look
	close(slow)
	_ = d.Close(context.Background())
	// Output: true
}
