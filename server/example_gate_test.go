package server_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// choosy is a gate before that of the dispatcher.
type choosy struct{ server.Gate }

func (g choosy) Offer(ctx context.Context, e core.Event) (core.Verdict, error) {
	if strings.HasPrefix(e.Name, "debug_") {
		return core.Denied, nil
	}
	return g.Gate.Offer(ctx, e)
}

// A program decides itself what becomes of an event that comes over HTTP.
func ExampleGate() {
	ctx := context.Background()
	d := dispatcher("print", func(_ context.Context, batch []core.Sealed) error {
		for _, e := range batch {
			fmt.Println(e.Name())
		}
		return nil
	})
	front, err := server.New(server.Options{Gate: choosy{d}})
	if err != nil {
		log.Fatal(err)
	}
	defer front.Shutdown(ctx)
	fmt.Println(ask(front.Handler(), "POST", "/v1/events", "application/json", `[{"name":"run"},{"name":"debug_run"}]`))
	_ = d.Close(ctx)
	// Output:
	// 200 {"accepted":1,"denied":1,"rejected":[]}
	// run
}

// Requests that are refused before there is an event are in no books; the front door counts them.
func ExampleServer_Counters() {
	ctx := context.Background()
	d := dispatcher("none", func(context.Context, []core.Sealed) error { return nil })
	defer d.Close(ctx)
	front, err := server.New(server.Options{Gate: d})
	if err != nil {
		log.Fatal(err)
	}
	defer front.Shutdown(ctx)
	fmt.Println(ask(front.Handler(), "POST", "/v1/events", "text/html", "<p>"))
	fmt.Println(ask(front.Handler(), "POST", "/v1/events", "application/json", "{"))
	var counters server.Counters = front.Counters()
	fmt.Println(counters.Refused, counters.Panics, d.Stats().Books.Received)
	// Output:
	// 415 {"error":"the Content-Type must be application/json or application/x-ndjson, in UTF-8"}
	// 400 {"error":"the body is neither a JSON object nor an array of them"}
	// map[400:1 415:1] 0 0
}
