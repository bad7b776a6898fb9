// Command segment reports the reference event to Segment's SDK for Go.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() { sdk.Main(sdk.Each(open)) }

// open has batches of the size of the others and a transport that keeps its connections; the variant
// default is the SDK as it comes.
func open(s sdk.Setup, url string) (sdk.Client, error) {
	cfg := analytics.Config{Endpoint: url, Logger: analytics.StdLogger(log.New(sdk.Silent{}, "", 0))}
	if s.Variant != "default" {
		cfg.BatchSize, cfg.Interval = s.Batch, 200*time.Millisecond
		cfg.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	}
	c, err := analytics.NewWithConfig("write-key", cfg)
	return client{c}, err
}

type client struct{ analytics.Client }

func (c client) Track(mark string) error {
	return c.Enqueue(analytics.Track{Event: reference.Name, UserId: reference.UserID, Properties: reference.Props(mark)})
}

func (c client) Close(context.Context) error { return c.Client.Close() }
