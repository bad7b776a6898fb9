package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/headgate-dev/headgate/core"
)

// lines is a sink that writes each event as a line of JSON.
type lines struct{ out io.Writer }

// Send makes one attempt. It returns the first error as it is: the dispatcher tries the batch again.
func (s lines) Send(_ context.Context, batch []core.Sealed) error {
	for _, event := range batch {
		if _, err := fmt.Fprintf(s.out, "%s %s\n", event.Name(), event.Props().Raw()); err != nil {
			return fmt.Errorf("write a line: %w", err)
		}
	}
	return nil
}

// Close is called once, after the last Send.
func (s lines) Close(context.Context) error {
	_, err := fmt.Fprintln(s.out, "closed")
	return err
}

// A destination of one's own takes two methods. What it gets is sanitised already, and what it fails to
// deliver is tried again, so that it has neither to look for secrets nor to wait.
func ExampleSink() {
	d, err := core.New(core.Config{
		Sinks: []core.SinkConfig{{Name: "lines", Sink: lines{os.Stdout}, Reach: core.ReachLocal}},
	}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Enqueue(context.Background(), core.Event{
		Name: "signup", Props: core.Props{"plan": "pro", "note": "write to ann@example.com"},
	})
	_ = d.Close(context.Background())
	// Output:
	// signup {"note":"write to [redacted:email]","plan":"pro"}
	// closed
}

// For a test, or a destination without anything to close, a function is enough.
func ExampleSinkFunc() {
	var names []string
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "names",
		Sink: core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			for _, event := range batch {
				names = append(names, event.Name())
			}
			return nil
		}),
	}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "opened")
	_ = d.Track(context.Background(), "saved")
	_ = d.Close(context.Background())
	fmt.Println(names)
	// Output: [opened saved]
}

// pairs is a sink whose destination takes no more than two events in a request.
type pairs struct{ lines }

func (pairs) Limits() core.Limits { return core.Limits{MaxEvents: 2} }

func (pairs) Send(_ context.Context, batch []core.Sealed) error {
	fmt.Println(len(batch), "events")
	return nil
}

// A sink that has a Limits method is never given more than it says.
func ExampleLimiter() {
	d, err := core.New(core.Config{
		Sinks: []core.SinkConfig{{Name: "pairs", Sink: pairs{lines{os.Stdout}}, Reach: core.ReachLocal}},
	}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for range 5 {
		_ = d.Track(context.Background(), "click")
	}
	_ = d.Close(context.Background())
	// Output:
	// 2 events
	// 2 events
	// 1 events
	// closed
}

// collector is a sink that posts events to a collector.
type collector struct{ url, token string }

func (collector) Send(context.Context, []core.Sealed) error { return nil }
func (collector) Close(context.Context) error               { return nil }

// Preview returns the very request that Send would make, its secrets masked.
func (c collector) Preview(batch []core.Sealed) ([]core.Request, error) {
	events := make([]json.RawMessage, len(batch))
	for i, event := range batch {
		events[i] = event.Props().Raw()
	}
	body, err := json.Marshal(events)
	return []core.Request{{Method: "POST", URL: c.url, Body: string(body)}}, err
}

// Check tries the token. An error that says "unauthorized" has "headgate validate --connect" name the cure.
func (c collector) Check(context.Context) error {
	if c.token == "" {
		return core.Unauthorized(fmt.Errorf("the collector at %s wants a token", c.url))
	}
	return nil
}

// A sink that can preview its requests is shown by "headgate preview", before anything is sent.
func ExamplePreviewer() {
	preview, err := core.Preview(core.Config{
		Sinks: []core.SinkConfig{{Name: "collector", Sink: collector{url: "https://collector.example.com/in"}}},
	}, core.Event{Name: "signup", Props: core.Props{"plan": "pro"}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for _, request := range preview.Sinks[0].Requests {
		fmt.Println(request.Method, request.URL, request.Body)
	}
	// Output: POST https://collector.example.com/in [{"plan":"pro"}]
}

// A sink that can check itself is asked by "headgate validate --connect".
func ExampleChecker() {
	var sink core.Sink = collector{url: "https://collector.example.com/in"}
	if checker, ok := sink.(core.Checker); ok {
		err := checker.Check(context.Background())
		class, _ := core.Classify(err)
		fmt.Println(class, "-", err)
	}
	// Output: unauthorized - the collector at https://collector.example.com/in wants a token
}
