package registry_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"reflect"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// webhookOptions are the options of a sink in a module of its own.
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

// newWebhook makes the sink. It touches neither network nor file: Send does.
func newWebhook(_ context.Context, env registry.Env, o webhookOptions) (core.Sink, error) {
	env.Logger.Info("made", "sink", env.Name, "url", o.URL, "token", o.Token)
	return core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
		for _, event := range batch {
			fmt.Println("POST", o.URL, env.EventPrefix+event.Name())
		}
		return nil
	}), nil
}

// webhook describes the sink type. A module hands it to Register from init.
func webhook() registry.Sink[webhookOptions] {
	return registry.Sink[webhookOptions]{
		Type:    "webhook",
		Summary: "JSON to a URL.",
		Reach:   core.ReachNetwork,
		Limits:  core.Limits{MaxEvents: 100},
		DefaultsOf: func(webhookOptions) registry.Defaults {
			return registry.Defaults{Timeout: 30 * time.Second}
		},
		Example: "url: https://example.com/in\ntoken: ${WEBHOOK_TOKEN}\n",
		New:     newWebhook,
	}
}

// A sink type is a struct of options and a function that makes the sink. The tags of the options are
// all there is to its keys in sinks.yaml, its JSON Schema and its reference text.
func ExampleSink() {
	r := registry.NewRegistry() // a module registers in the one that all programs use, with Register
	registry.RegisterIn(r, webhook())
	d, _ := r.Lookup("webhook")
	for _, o := range d.Options {
		fmt.Printf("%s: %s %q\n", o.Key, o.Kind, o.Default)
	}
	fmt.Println("timeout:", d.DefaultsOf(d.NewOptions()).Timeout)
	// Output:
	// url: string ""
	// token: string ""
	// backlog: size "1MiB"
	// pause: duration "1s"
	// timeout: 30s
}

// A program that has no sinks.yaml can make a registered sink by its name all the same.
func ExampleDescriptor() {
	r := registry.NewRegistry()
	registry.RegisterIn(r, webhook())
	d, ok := r.Lookup("webhook")
	if !ok {
		log.Fatal("there is no such type")
	}
	options := d.NewOptions() // with their defaults
	for i := range d.Options {
		if o := &d.Options[i]; o.Key == "url" {
			if err := o.Set(reflect.ValueOf(options).Elem(), "https://example.com/in"); err != nil {
				log.Fatal(err)
			}
		}
	}
	sink, err := d.New(context.Background(), registry.Env{Name: "webhook", EventPrefix: "acme_"}, options)
	if err != nil {
		log.Fatal(err)
	}
	event, err := core.Seal(core.Config{}, core.Event{Name: "signup"})
	if err != nil {
		log.Fatal(err)
	}
	_ = sink.Send(context.Background(), []core.Sealed{event})
	// Output: POST https://example.com/in acme_signup
}

// lines is a handler without times, so that what is logged is the same every time.
func lines() *slog.Logger {
	return slog.New(slog.NewTextHandler(printer{}, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

type printer struct{}

func (printer) Write(p []byte) (int, error) { return fmt.Print(string(p)) }

// A sink's constructor is told what it is called in the file, and logs under that. Secrets among its
// options cannot be logged.
func ExampleEnv() {
	env := registry.Env{Name: "eu-webhook", App: core.App{Name: "acme"}, Logger: lines(), Timeout: 10 * time.Second}
	_, err := newWebhook(context.Background(), env, webhookOptions{
		URL: "https://example.com/in", Token: core.NewSecret("tok-4f1c0a9e"),
	})
	fmt.Println(err)
	// Output:
	// level=INFO msg=made sink=eu-webhook url=https://example.com/in token=[redacted]
	// <nil>
}

// Tests of a sink module have a registry of their own, so that they neither see nor disturb others.
func ExampleRegistry() {
	r := registry.NewRegistry()
	registry.RegisterIn(r, webhook())
	fmt.Println(r.Types())
	_, ok := r.Lookup("webhoook")
	fmt.Println(ok)
	// Output:
	// [webhook]
	// false
}
