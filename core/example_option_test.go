package core_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/headgate-dev/headgate/core"
)

// A test does not want the opt-outs, the identity nor the log of the machine it runs on.
func ExampleOption() {
	d, err := core.New(core.Config{},
		core.WithEnviron(func(key string) (string, bool) { return "1", key == "DO_NOT_TRACK" }),
		core.WithStateDir("testdata/none"),
		core.WithLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Tracking(), d.Stats().DoNotTrack.Sources)
	_ = d.Close(context.Background())
	// Output: false [environment DO_NOT_TRACK]
}

// A package that makes a configuration takes the options of a dispatcher, and reads what it needs of them.
func ExampleEnvironment() {
	open := func(opts ...core.Option) (*core.Dispatcher, error) {
		env := core.NewEnvironment(opts...)
		region, _ := env.Lookup("REGION")
		return core.New(core.Config{Sinks: []core.SinkConfig{{Name: "region-" + region, Sink: printing}}}, opts...)
	}
	d, err := open(core.WithEnviron(func(key string) (string, bool) { return "eu", key == "REGION" }))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.SinkNames())
	_ = d.Close(context.Background())
	// Output: [region-eu]
}
