package core_test

import (
	"context"
	"fmt"
	"log"

	"github.com/headgate-dev/headgate/core"
)

// onTwo sends an event to a sink that gets everything, and to one that is configured as given.
func onTwo(other core.SinkConfig, event core.Event) {
	show := func(name string) core.Sink {
		return core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			fmt.Printf("%s: %q %s\n", name, batch[0].UserID(), batch[0].Props().Raw())
			return nil
		})
	}
	other.Name, other.Sink = "vendor", show("vendor")
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "warehouse", Sink: show("warehouse"), Reach: core.ReachNetwork}, other}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Enqueue(context.Background(), event)
	_ = d.Close(context.Background())
}

// A vendor can be given less of every event than a database of one's own.
func ExamplePolicy() {
	onTwo(
		core.SinkConfig{Privacy: core.Policy{IDs: "drop", DenyKeys: []string{"city"}, Action: "drop"}},
		core.Event{Name: "ordered", UserID: "u-1", Props: core.Props{"city": "Ghent", "items": 2}},
	)
	// Unordered output:
	// warehouse: "u-1" {"city":"Ghent","items":2}
	// vendor: "" {"items":2}
}

// A destination with other names for things, or another idea of them, is given its own.
func ExampleEdit() {
	onTwo(
		core.SinkConfig{Edit: core.Edit{
			Drop:   []string{"debug*"},
			Rename: map[string]string{"runSeconds": "duration_s"},
			Set: map[string]func(core.Sealed) (any, error){
				"slow": func(event core.Sealed) (any, error) {
					var run struct {
						Seconds int `json:"runSeconds"`
					}
					err := event.Props().Decode(&run) // as it was, not as it was renamed
					return run.Seconds > 60, err
				},
			},
		}},
		core.Event{Name: "run", Props: core.Props{"runSeconds": 90, "debugLevel": 3}},
	)
	// Unordered output:
	// warehouse: "" {"debugLevel":3,"runSeconds":90}
	// vendor: "" {"duration_s":90,"slow":true}
}

// Before anything is sent, one can see what would be: what the sanitiser changes, and who gets the event.
func ExamplePreview() {
	preview, err := core.Preview(core.Config{Sinks: []core.SinkConfig{
		{Name: "collector", Sink: collector{url: "https://collector.example.com/in"}},
		{Name: "runs", Sink: collector{}, Events: []string{"run"}},
	}}, core.Event{Name: "signup", Props: core.Props{"contact": "ann@example.com"}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for _, finding := range preview.Findings {
		fmt.Println(finding.Path, finding.Kind, finding.Action)
	}
	for _, sink := range preview.Sinks {
		fmt.Println(sink.Sink, sink.Filtered, len(sink.Requests))
	}
	// Output:
	// properties.contact email redact
	// collector  1
	// runs filtered.events 0
}
