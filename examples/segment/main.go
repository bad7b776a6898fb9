// Segment is a program written for Segment's analytics-go whose events now reach every sink:
// only the line that makes the client has changed.
package main

import (
	"context"
	"log/slog"

	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/sinks/segment"
)

func main() {
	telemetry, err := config.Open("") // or "sinks.yaml", with segment and whatever else among its sinks
	if err != nil {
		slog.Error("telemetry is off", "error", err) // the program goes on without
	}
	defer telemetry.Close(context.Background())
	client := segment.NewClient(telemetry) // was: analytics.New(writeKey)
	defer client.Close()

	client.Enqueue(analytics.Identify{
		UserId: "user-42",
		Traits: analytics.NewTraits().Set("plan", "Enterprise"),
	})
	client.Enqueue(analytics.Track{
		UserId:     "user-42",
		Event:      "run",
		Properties: analytics.NewProperties().Set("seconds", 3),
	})
}
