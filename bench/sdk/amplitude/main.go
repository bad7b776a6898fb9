// Command amplitude reports the reference event to Amplitude's SDK for Go.
package main

import (
	"context"
	"time"

	"github.com/amplitude/analytics-go/amplitude"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() { sdk.Main(sdk.Each(open)) }

// open has batches of the size of the others; the variant default is the SDK as it comes.
func open(s sdk.Setup, url string) (sdk.Client, error) {
	cfg := amplitude.NewConfig("api-key")
	cfg.ServerURL, cfg.Logger = url+"/2/httpapi", silent{}
	if s.Variant != "default" {
		cfg.FlushQueueSize, cfg.FlushInterval, cfg.MaxStorageCapacity = s.Batch, 200*time.Millisecond, 100_000
	}
	return client{amplitude.NewClient(cfg)}, nil
}

type client struct{ amplitude.Client }

// Track cannot tell whether the event was taken.
func (c client) Track(mark string) error {
	c.Client.Track(amplitude.Event{EventType: reference.Name, UserID: reference.UserID, EventProperties: reference.Props(mark)})
	return nil
}

func (c client) Close(context.Context) error {
	c.Shutdown()
	return nil
}

type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
