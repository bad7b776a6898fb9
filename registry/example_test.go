package registry_test

import (
	"fmt"

	"github.com/headgate-dev/headgate/registry"
)

// Sizes are written with units of 1000 or of 1024, and read exactly.
func ExampleParseSize() {
	for _, text := range []string{"64MiB", "10MB", "4096", "64mb"} {
		size, err := registry.ParseSize(text)
		fmt.Println(int64(size), err)
	}
	// Output:
	// 67108864 <nil>
	// 10000000 <nil>
	// 4096 <nil>
	// 0 want a size such as 64MiB, 10MB or 4096, got 64mb
}

// What a vendor bounds is told with its source by "headgate sinks TYPE".
func ExampleLimit() {
	fmt.Println(registry.Limit{
		What: "events in a request", Max: 100, Unit: "events", Kept: "more requests",
		Source: "https://docs.example.com/limits",
	})
	// Output: events in a request: 100 events (more requests)
}
