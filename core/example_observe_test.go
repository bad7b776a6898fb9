package core_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// What becomes of events can be watched while it happens, for a log or a page of one's own.
func ExampleObservation() {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: &picky{}, Events: []string{"run"}}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	stop := d.Observe(func(o core.Observation) {
		for i := range o.Len() {
			fmt.Printf("%s: %s %s %q\n", o.Sink, o.Event(i).Name(), o.Result, o.Reason)
		}
	})
	defer stop()
	ctx := context.Background()
	_ = d.Track(ctx, "run")
	_ = d.Flush(ctx)
	_ = d.Track(ctx, "debug")
	_ = d.Close(ctx)
	// Output:
	// vendor: run delivered ""
	// vendor: debug filtered "filtered.events"
}

// Attempts are what durations and failures are measured by.
func ExampleAttempt() {
	d := started(&picky{}, core.ReachThirdParty)
	stop := d.ObserveAttempts(func(a core.Attempt) {
		fmt.Println(a.Sink, a.Events, a.Result, a.Took < time.Minute, a.Repeated)
	})
	defer stop()
	_ = d.Track(context.Background(), "run")
	_ = d.Close(context.Background())
	// Output: sink 1 ok true false
}
