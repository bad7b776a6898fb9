package core_test

import (
	"fmt"
	"log"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// order is an event as a sink gets it.
func order() core.Sealed {
	sealed, err := core.Seal(core.Config{}, core.Event{
		ID: "order-1138", Name: "ordered", UserID: "u-1",
		Time:    time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
		Props:   core.Props{"total": 19.5, "tags": []string{"new", "gift"}, "card": map[string]any{"brand": "visa"}},
		Context: core.Props{"locale": "de-DE"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return sealed
}

// A sink reads the parts of an event, or splices its JSON into a request as it is.
func ExampleSealed() {
	event := order()
	fmt.Println(event.Name(), event.UserID(), event.Time().Format(time.RFC3339))
	fmt.Println(string(event.Props().Raw()))
	fmt.Println(string(event.JSON()))
	// Output:
	// ordered u-1 2026-03-01T12:00:00Z
	// {"card":{"brand":"visa"},"tags":["new","gift"],"total":19.5}
	// {"id":"order-1138","name":"ordered","time":"2026-03-01T12:00:00Z","user_id":"u-1","properties":{"card":{"brand":"visa"},"tags":["new","gift"],"total":19.5},"context":{"locale":"de-DE"}}
}

// Properties can be walked through without being decoded, or decoded all at once.
func ExampleObject() {
	props := order().Props()
	for key, value := range props.All() {
		fmt.Println(key, string(value.Raw()))
	}
	total, ok := props.Lookup("total")
	fmt.Println(total.Text(), ok)

	var decoded struct {
		Total float64  `json:"total"`
		Tags  []string `json:"tags"`
	}
	err := props.Decode(&decoded)
	fmt.Println(decoded, err)
	// Output:
	// card {"brand":"visa"}
	// tags ["new","gift"]
	// total 19.5
	// 19.5 true
	// {19.5 [new gift]} <nil>
}

// flat returns a value as a destination has it that knows no nesting.
func flat(value core.Value) string {
	switch value.Kind() {
	case core.ValueObject:
		return fmt.Sprintf("object of %d bytes", len(value.Object().Raw()))
	case core.ValueArray:
		items := 0
		for range value.Items() {
			items++
		}
		return fmt.Sprintf("list of %d", items)
	}
	return value.Text()
}

// What a value is decides what a sink makes of it.
func ExampleValue() {
	for key, value := range order().Props().All() {
		fmt.Println(key, "is", flat(value))
	}
	// Output:
	// card is object of 16 bytes
	// tags is list of 2
	// total is 19.5
}
