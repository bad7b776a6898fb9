package core_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// printing stands for a destination.
var printing = core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
	for _, event := range batch {
		fmt.Printf("%s %s\n", event.Name(), event.Props().Raw())
	}
	return nil
})

// quiet keeps an example from reading the machine it runs on.
func quiet() []core.Option {
	return []core.Option{
		core.WithEnviron(func(string) (string, bool) { return "", false }),
		core.WithStateDir(os.TempDir() + "/headgate-example"),
	}
}

func Example() {
	d, err := core.New(core.Config{
		App:   core.App{Name: "acme", Version: "1.2.3"},
		Sinks: []core.SinkConfig{{Name: "stdout", Sink: printing, Reach: core.ReachLocal}},
	}, quiet()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = d.Track(ctx, "run", slog.Int("seconds", 45), slog.Bool("success", true), slog.String("password", "hunter2-hunter2"))
	if err := d.Close(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// run {"seconds":45,"success":true,"password":"[redacted:password]"}
}

type buildFinished struct {
	Seconds int    `json:"buildSeconds"`
	Target  string `json:"target"`
}

func (buildFinished) EventName() string { return "build" }

func ExampleDispatcher_Emit() {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "stdout", Sink: printing, Reach: core.ReachLocal}}}, quiet()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = d.Emit(context.Background(), buildFinished{Seconds: 3, Target: "linux"})
	_ = d.Close(context.Background())
	// Output:
	// build {"buildSeconds":3,"target":"linux"}
}

func ExampleDispatcher_Stats() {
	d, err := core.New(core.Config{DoNotTrack: true}, quiet()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = d.Track(context.Background(), "run")
	stats := d.Stats()
	fmt.Println(stats.DoNotTrack.Sources, stats.Books.Received, stats.Books.Denied)
	// Output:
	// [config do_not_track] 1 1
}

func ExampleSecret() {
	key := core.NewSecret("do-not-print-me")
	fmt.Printf("%v %+v %x %q\n", key, key, key, key)
	fmt.Println(len(key.Reveal()))
	// Output:
	// [redacted] [redacted] [redacted] [redacted]
	// 15
}

func ExampleBatchError() {
	failed := &core.BatchError{}
	failed.Fail(2, core.Permanent(errors.New("name is not allowed")))
	failed.Fail(5, core.RetryAfter(30*time.Second, errors.New("throttled")))
	fmt.Println(failed.OrNil())
	class, wait := core.Classify(failed.Failed[5])
	fmt.Println(class, wait)
	// Output:
	// 2 events failed, the first: name is not allowed
	// retry_after 30s
}
