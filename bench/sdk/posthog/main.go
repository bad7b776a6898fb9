// Command posthog reports the reference event to PostHog's SDK for Go.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/posthog/posthog-go"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() { sdk.Main(sdk.Each(open)) }

// open has batches of the size of the others and a transport that keeps its connections; the variant
// default is the SDK as it comes.
func open(s sdk.Setup, url string) (sdk.Client, error) {
	cfg := posthog.Config{Endpoint: url, Logger: posthog.StdLogger(log.New(sdk.Silent{}, "", 0))}
	if s.Variant != "default" {
		cfg.BatchSize, cfg.Interval = s.Batch, 200*time.Millisecond
		cfg.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	}
	c, err := posthog.NewWithConfig("project-key", cfg)
	return client{c}, err
}

type client struct{ posthog.Client }

func (c client) Track(mark string) error {
	return c.Enqueue(posthog.Capture{Event: reference.Name, DistinctId: reference.UserID, Properties: reference.Props(mark)})
}

func (c client) Close(context.Context) error { return c.Client.Close() }
