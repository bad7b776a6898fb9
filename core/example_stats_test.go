package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Whoever asks where events went is told of every one.
func ExampleStats() {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "vendor", Sink: printing, Events: []string{"run"},
	}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = d.Track(ctx, "run")
	_ = d.Track(ctx, "debug")
	_ = d.Track(ctx, "") // no name, no event
	_ = d.Flush(ctx)

	stats := d.Stats()
	fmt.Printf("%d received = %d accepted + %d rejected\n", stats.Books.Received, stats.Books.Accepted, stats.Books.Rejected)
	sink := stats.Sinks["vendor"]
	fmt.Printf("%d accepted = %d delivered + %d filtered\n", stats.Books.Accepted, sink.Delivered, sink.Filtered)
	_ = d.Close(ctx)
	// Output:
	// run {}
	// 3 received = 2 accepted + 1 rejected
	// 2 accepted = 1 delivered + 1 filtered
}

// A program that watches itself looks at the state of its sinks.
func ExampleSinkState() {
	d := started(core.SinkFunc(func(context.Context, []core.Sealed) error {
		return core.Unauthorized(errors.New("401: the key was revoked"))
	}), core.ReachThirdParty)
	_ = d.Track(context.Background(), "run")

	sink := d.Stats().Sinks["sink"]
	for ; sink.LastError == ""; sink = d.Stats().Sinks["sink"] { // it is noted last
		time.Sleep(time.Millisecond)
	}
	fmt.Println(sink.State == core.StateFailed, sink.LastError, sink.Queued)
	_ = d.Close(context.Background())
	// Output: true 401: the key was revoked 1
}
