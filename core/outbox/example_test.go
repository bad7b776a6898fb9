package outbox_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/outbox"
)

// printing stands for a destination.
var printing = core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
	for _, event := range batch {
		fmt.Printf("%s %s\n", event.Name(), event.Props().Raw())
	}
	return nil
})

// A run of a command only stores what it reports; a process that it starts as it ends delivers that, after it.
func ExampleBox() {
	dir, err := os.MkdirTemp("", "headgate-outbox-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	box := outbox.Box{
		Dir: dir, // see DefaultDir
		Config: func() core.Config {
			return core.Config{Sinks: []core.SinkConfig{{
				Name: "print", Reach: core.ReachLocal, Open: func() (core.Sink, error) { return printing, nil },
			}}}
		},
		FlushArgs: []string{"-test.run=^$"}, // those that have main call Flush, as below; here, for a test, they do nothing
		Options: []core.Option{
			core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(dir + "-state"),
		},
		Gather: time.Millisecond,
	}
	ctx := context.Background()

	run, _ := box.Open()
	_ = run.Track(ctx, "greeted", slog.Bool("success", true))
	_ = run.Close(ctx)
	fmt.Println("the run is over")

	if err := box.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// the run is over
	// greeted {"success":true}
}

// A program does not fail for want of telemetry: a run can be used whatever went wrong.
func ExampleRun() {
	run, err := outbox.Box{Dir: "not/absolute", Config: func() core.Config { return core.Config{} }}.Open()
	fmt.Println(err)
	_ = run.Track(context.Background(), "greeted")
	fmt.Println(run.Tracking(), run.Close(context.Background()))
	// Output:
	// outbox: Dir "not/absolute" is not an absolute path
	// false <nil>
}
