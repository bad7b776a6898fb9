// Nofile reports an event without any file: the log sink writes it to stderr.
package main

import (
	"context"
	"log/slog"

	"github.com/headgate-dev/headgate/config"
)

func main() {
	telemetry, err := config.Open("")
	if err != nil {
		slog.Error("telemetry is off", "error", err) // the program goes on without
	}
	defer telemetry.Close(context.Background())
	telemetry.Track(context.Background(), "run", slog.Int("seconds", 3))
}
