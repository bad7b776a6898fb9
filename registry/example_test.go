package registry_test

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Options of a sink in a module of its own.
type webhookOptions struct {
	URL     string        `yaml:"url" required:"true" doc:"Where to post." example:"https://example.com/in"`
	Token   core.Secret   `yaml:"token" doc:"Sent as a bearer token."`
	Backlog registry.Size `yaml:"backlog" default:"1MiB" doc:"How much may wait."`
	Pause   time.Duration `yaml:"pause" default:"1s" min:"10ms" doc:"How long to wait between requests."`
}

// Validate says what tags cannot.
func (o webhookOptions) Validate() error {
	if o.Pause > time.Minute && o.Backlog < 1<<20 {
		return registry.Field("backlog", "must be at least 1MiB for so long a pause")
	}
	return nil
}

func newWebhook(_ context.Context, env registry.Env, o webhookOptions) (core.Sink, error) {
	env.Logger.Debug("made", "sink", env.Name, "url", o.URL)
	return core.SinkFunc(func(ctx context.Context, batch []core.Sealed) error {
		return nil // post the batch to o.URL
	}), nil
}

// A sink module calls Register from init; a registry of one's own is for tests.
func ExampleRegisterIn() {
	r := registry.NewRegistry()
	registry.RegisterIn(r, registry.Sink[webhookOptions]{
		Type:    "webhook",
		Summary: "JSON to a URL.",
		Reach:   core.ReachNetwork,
		Example: "url: https://example.com/in\ntoken: ${WEBHOOK_TOKEN}\n",
		New:     newWebhook,
	})
	d, _ := r.Lookup("webhook")
	for _, o := range d.Options {
		fmt.Printf("%s: %s %q\n", o.Key, o.Kind, o.Default)
	}
	// Output:
	// url: string ""
	// token: string ""
	// backlog: size "1MiB"
	// pause: duration "1s"
}

func ExampleField() {
	err := webhookOptions{Pause: time.Hour, Backlog: 1024}.Validate()
	fmt.Println(err)
	// Output: backlog: must be at least 1MiB for so long a pause
}

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
