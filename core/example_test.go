package core_test

import (
	"context"
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

// A dispatcher takes events, cleans them, keeps them until they are delivered, and hands them to its sinks.
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

// Who has turned tracking off, and what that has kept from being collected, is in the books.
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
