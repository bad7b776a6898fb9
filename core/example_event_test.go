package core_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

// wire shows events as sinks send them, without what differs from run to run.
var wire = core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
	for _, event := range batch {
		fmt.Println(event.Kind(), event.Name(), event.UserID(), string(event.Props().Raw()))
	}
	return nil
})

// started returns a dispatcher with one sink.
func started(sink core.Sink, reach core.Reach) *core.Dispatcher {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "sink", Sink: sink, Reach: reach}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	return d
}

// An event has a name. Whom it is about, when it was and what else there is to say is for who knows it.
func ExampleEvent() {
	d := started(wire, core.ReachLocal)
	_ = d.Enqueue(context.Background(), core.Event{
		ID:     "order-1138", // reported twice, it is delivered once
		Name:   "ordered",
		Time:   time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
		UserID: "u-1",
		Props:  core.Props{"items": 2, "total": 19.5, "coupon": nil},
	})
	_ = d.Close(context.Background())
	// Output: track ordered u-1 {"coupon":null,"items":2,"total":19.5}
}

// Props take what encoding/json does, and are encoded in the order of their keys.
func ExampleProps() {
	d := started(wire, core.ReachLocal)
	_ = d.Enqueue(context.Background(), core.Event{Name: "exported", Props: core.Props{
		"formats": []string{"csv", "json"},
		"took":    1500 * time.Millisecond,
		"size":    map[string]any{"rows": 10, "bytes": 2048},
	}})
	_ = d.Close(context.Background())
	// Output: track exported  {"formats":["csv","json"],"size":{"bytes":2048,"rows":10},"took":"1.5s"}
}

// Who a person is, is an event of its own kind, which analytics services keep as a profile.
func ExampleKind() {
	d := started(wire, core.ReachLocal)
	_ = d.Enqueue(context.Background(), core.Event{
		Kind: core.KindIdentify, Name: "identify", UserID: "u-1", Props: core.Props{"plan": "pro"},
	})
	_ = d.Close(context.Background())
	kind, known := core.ParseKind("screen")
	fmt.Println(kind, known)
	// Output:
	// identify identify u-1 {"plan":"pro"}
	// screen true
}

// buildFinished is an event of a program: the tags say what its properties are called, and that they
// tell nothing of a person.
type buildFinished struct {
	Seconds int    `json:"buildSeconds" headgate:"public" doc:"how long it took"`
	Target  string `json:"target" headgate:"public" doc:"for which system"`
	Error   string `json:"error,omitempty" headgate:"text" doc:"why it failed"`
}

func (buildFinished) EventName() string { return "build" }

// A struct with a name is an event whose properties cannot be misspelt.
func ExamplePayload() {
	d := started(wire, core.ReachLocal)
	_ = d.Emit(context.Background(), buildFinished{Seconds: 3, Target: "linux"})
	_ = d.Close(context.Background())
	// Output: track build  {"buildSeconds":3,"target":"linux"}
}

// The tags of a payload are also what its documentation can be made of.
func ExampleSchema() {
	var field core.SchemaField
	for _, field = range core.SchemaOf(buildFinished{}).Fields {
		fmt.Printf("%s (%s, %s): %s\n", field.Name, field.Type, field.Class, field.Doc)
	}
	fmt.Println("the last may be left out:", field.Optional)
	// Output:
	// buildSeconds (integer, public): how long it took
	// target (text, public): for which system
	// error (text, text): why it failed
	// the last may be left out: true
}

// What a person has said goes with the event, and decides how far it gets.
func ExampleReach() {
	for _, reach := range []core.Reach{core.ReachLocal, core.ReachNetwork, core.ReachThirdParty} {
		got := 0
		d := started(core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
			got += len(batch)
			return nil
		}), reach)
		_ = d.Enqueue(context.Background(), core.Event{Name: "opened", Consent: consent.Signals{GPC: true}})
		_ = d.Close(context.Background())
		fmt.Println(reach, got)
	}
	// Output:
	// local 1
	// network 1
	// third_party 0
}
