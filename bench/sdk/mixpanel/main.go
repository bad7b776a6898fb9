// Command mixpanel reports the reference event to Mixpanel's SDK for Go, which sends when it is called. Its
// users form batches by hand, and so does this.
package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/mixpanel/mixpanel-go"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() { sdk.Main(sdk.Each(open)) }

func open(s sdk.Setup, url string) (sdk.Client, error) {
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return &client{api: mixpanel.NewApiClient("token", mixpanel.ProxyApiLocation(url), mixpanel.HttpClient(web)), size: s.Batch}, nil
}

type client struct {
	api  *mixpanel.ApiClient
	size int

	mu    sync.Mutex
	batch []*mixpanel.Event
}

func (c *client) Track(mark string) error {
	event := c.api.NewEvent(reference.Name, reference.UserID, reference.Props(mark))
	c.mu.Lock()
	c.batch = append(c.batch, event)
	if len(c.batch) < c.size {
		c.mu.Unlock()
		return nil
	}
	batch := c.batch
	c.batch = nil
	c.mu.Unlock()
	if err := c.send(context.Background(), batch); err != nil {
		return sdk.Lost(len(batch))
	}
	return nil
}

func (c *client) send(ctx context.Context, batch []*mixpanel.Event) error {
	_, err := c.api.Import(ctx, batch, mixpanel.ImportOptions{Strict: true, Compression: mixpanel.None})
	return err
}

func (c *client) Close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.batch) == 0 {
		return nil
	}
	return c.send(ctx, c.batch)
}
