// Command floor is what reporting the reference event costs at least: it is appended to a buffer as JSON by hand, and
// the buffer posted. Nothing is cleaned, repeated or bounded.
package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/headgate-dev/headgate/bench/internal/post"
	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() { sdk.Main(sdk.Each(open)) }

func open(s sdk.Setup, url string) (sdk.Client, error) {
	c := &client{url: url, size: s.Batch, web: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	c.batches = make(chan []byte, 4)
	c.sending.Go(c.send)
	return c, nil
}

type client struct {
	url  string
	web  *http.Client
	size int

	mu     sync.Mutex
	buf    []byte
	events int

	batches chan []byte
	sending sync.WaitGroup
	spare   sync.Pool
	failed  error
}

func (c *client) Track(mark string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	lead := byte(',')
	if c.events == 0 {
		lead = '['
	}
	c.buf = reference.AppendEvent(append(c.buf, lead), mark)
	if c.events++; c.events == c.size {
		c.hand()
	}
	return nil
}

func (c *client) hand() {
	c.batches <- append(c.buf, ']')
	c.events, c.buf = 0, nil
	if b, ok := c.spare.Get().(*[]byte); ok {
		c.buf = (*b)[:0]
	}
}

func (c *client) send() {
	for batch := range c.batches {
		if err := post.Batch(c.web, c.url, batch); err != nil && c.failed == nil {
			c.failed = err
		}
		c.spare.Put(&batch)
	}
}

func (c *client) Close(context.Context) error {
	c.mu.Lock()
	if c.events > 0 {
		c.hand()
	}
	close(c.batches)
	c.mu.Unlock()
	c.sending.Wait()
	return c.failed
}
