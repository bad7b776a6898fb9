// File reports an event to the sinks that sinks.yaml names.
package main

import (
	"context"
	"log/slog"

	"github.com/headgate-dev/headgate/config"
	_ "github.com/headgate-dev/headgate/sinks/lite"
)

func main() {
	telemetry, err := config.Open("sinks.yaml")
	if err != nil {
		slog.Error("telemetry is off", "error", err) // the program goes on without
	}
	defer telemetry.Close(context.Background())
	telemetry.Track(context.Background(), "run", slog.Int("seconds", 3))
}
