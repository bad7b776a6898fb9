package registry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

type exampleConfig struct {
	URL     string                 `yaml:"url" required:"true" doc:"Where to post." example:"https://example.com/in"`
	Token   core.Secret            `yaml:"token" doc:"Sent as a bearer token."`
	MaxAge  time.Duration          `yaml:"max_age" default:"24h" min:"1s" max:"48h" doc:"How old an event may be."`
	Region  string                 `yaml:"region" default:"us" enum:"us,eu" doc:"Where the data is kept."`
	Size    registry.Size          `yaml:"size" default:"64MiB" doc:"How much."`
	Count   uint8                  `yaml:"count" default:"3" doc:"How many."`
	Ratio   *float64               `yaml:"ratio" min:"0" max:"1" doc:"What part."`
	Names   []string               `yaml:"names" default:"a,b" doc:"Which."`
	Headers map[string]core.Secret `yaml:"headers" doc:"Sent along."`
	Nested  struct {
		On bool `yaml:"on" default:"true" doc:"Whether."`
	} `yaml:"nested" doc:"More."`
	//lint:ignore U1000 a field that is not exported is no option
	internal int
}

func exampleSink(cfg *exampleConfig) registry.Sink[exampleConfig] {
	return registry.Sink[exampleConfig]{
		Type: "example", Summary: "JSON to a URL.",
		New: func(_ context.Context, env registry.Env, c exampleConfig) (core.Sink, error) {
			*cfg = c
			env.Logger.Info("a logger is always there")
			return core.SinkFunc(func(context.Context, []core.Sealed) error { return nil }), nil
		},
	}
}

func TestARegisteredSinkIsFoundAndMade(t *testing.T) {
	r := registry.NewRegistry()
	var got exampleConfig
	registry.RegisterIn(r, exampleSink(&got))
	if diff := cmp.Diff([]string{"example"}, r.Types()); diff != "" {
		t.Error(diff)
	}
	d, ok := r.Lookup("example")
	if !ok {
		t.Fatal("not found")
	}
	options := d.NewOptions()
	if _, err := d.New(t.Context(), registry.Env{}, options); err != nil {
		t.Fatal(err)
	}
	want := exampleConfig{MaxAge: 24 * time.Hour, Region: "us", Size: 64 << 20, Count: 3, Names: []string{"a", "b"}}
	want.Nested.On = true
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(exampleConfig{}), cmp.Comparer(func(a, b core.Secret) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if _, ok := r.Lookup("exampel"); ok {
		t.Error("found what was never registered")
	}
}
