package config_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/config/expressions"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// The sink types of these tests have options of every kind there is.

type logOptions struct {
	Format string        `yaml:"format" default:"text" enum:"text,json" doc:"How a line looks."`
	Path   string        `yaml:"path" default:"stderr" doc:"Where lines go."`
	Level  string        `yaml:"level" default:"info" enum:"debug,info,warn,error" doc:"Level of the lines."`
	MaxAge time.Duration `yaml:"max_age" default:"0" max:"8760h" doc:"How long files are kept."`
}

type ga4Options struct {
	MeasurementID string      `yaml:"measurement_id" doc:"Web data stream." example:"G-XXXXXXXXXX"`
	FirebaseAppID string      `yaml:"firebase_app_id" doc:"App data stream."`
	APISecret     core.Secret `yaml:"api_secret" required:"true" doc:"Secret of the stream." example:"${GA4_API_SECRET}"`
	Region        string      `yaml:"region" default:"global" enum:"global,eu" doc:"Where data is processed."`
	Consent       struct {
		AdUserData string `yaml:"ad_user_data" default:"DENIED" enum:"GRANTED,DENIED" doc:"Consent for ads."`
	} `yaml:"consent" doc:"Consent that is sent along."`
}

func (o *ga4Options) Validate() error {
	var errs []error
	if (o.MeasurementID == "") == (o.FirebaseAppID == "") {
		errs = append(errs, registry.Field("measurement_id", "give it or firebase_app_id, not both"))
	}
	if o.Region == "eu" && o.Consent.AdUserData == "GRANTED" {
		errs = append(errs, registry.Field("consent.ad_user_data", "cannot be GRANTED in region eu"))
	}
	return errors.Join(errs...)
}

type kitchenOptions struct {
	URL     string                 `yaml:"url" required:"true" doc:"Where to post." example:"https://example.com/in"`
	Tokens  []core.Secret          `yaml:"tokens" doc:"Tried in turn."`
	Headers map[string]core.Secret `yaml:"headers" doc:"Sent along."`
	Labels  map[string]string      `yaml:"labels" doc:"Sent along too."`
	Modes   []string               `yaml:"modes" enum:"fast,safe" default:"safe" doc:"What to do."`
	Small   int8                   `yaml:"small" default:"1" doc:"A small number."`
	Big     uint64                 `yaml:"big" doc:"A large number."`
	Ratio   *float64               `yaml:"ratio" min:">0" max:"1" doc:"A part."`
	Strict  bool                   `yaml:"strict" default:"true" doc:"Whether."`
	Maybe   *bool                  `yaml:"maybe" doc:"Whether, if at all."`
	Buffer  registry.Size          `yaml:"buffer" default:"1MiB" max:"1GiB" doc:"How much."`
	Wait    time.Duration          `yaml:"wait" default:"1s" min:"10ms" max:"1h" doc:"How long."`
	Panics  bool                   `yaml:"panics" doc:"Whether to panic when asked."`
	TLS     struct {
		CA     string `yaml:"ca" required:"true" doc:"Certificate authority."`
		Server struct {
			Name string `yaml:"name" doc:"Name."`
		} `yaml:"server" doc:"Server."`
	} `yaml:"tls" doc:"Certificates."`
}

func (o *kitchenOptions) Validate() error {
	if o.Panics {
		panic("a value that must not be shown: " + o.URL)
	}
	var errs []error
	for name, label := range o.Labels {
		if name == "refused" {
			errs = append(errs, registry.Field("labels", fmt.Sprintf("want %q as all want it, not %s", "", label)))
		}
		if name == "part" {
			errs = append(errs, registry.Field("labels", strings.TrimSuffix(strings.TrimPrefix(label, "v1."), "/x")+" is no part"))
		}
		if label == "refused" {
			errs = append(errs, registry.Field("url", fmt.Sprintf("%q is not for it", o.URL)))
		}
	}
	return errors.Join(errs...)
}

// recorder keeps what constructors were given.
type recorder struct {
	envs    []registry.Env
	options []any
	closed  int
}

func (r *recorder) Send(context.Context, []core.Sealed) error { return nil }
func (r *recorder) Close(context.Context) error               { r.closed++; return nil }

func open[C any](r *recorder) func(context.Context, registry.Env, C) (core.Sink, error) {
	return func(_ context.Context, env registry.Env, cfg C) (core.Sink, error) {
		r.envs, r.options = append(r.envs, env), append(r.options, cfg)
		return r, nil
	}
}

func newRegistry(rec *recorder) *registry.Registry {
	r := registry.NewRegistry()
	registry.RegisterLanguageIn(r, expressions.Language())
	registry.RegisterIn(r, registry.Sink[logOptions]{Type: "log", Summary: "Lines.", Reach: core.ReachLocal, New: open[logOptions](rec)})
	registry.RegisterIn(r, registry.Sink[ga4Options]{Type: "ga4", Summary: "Google Analytics 4.", Limits: core.Limits{MaxEvents: 25, MaxBytes: 130_000},
		VendorLimits: []registry.Limit{{What: "value | name", Max: 100, Unit: "characters", Kept: "cut", Source: "https://vendor.example.com/limits"}},
		CheckName: func(_ ga4Options, prefix, name string) string {
			switch prefix + name {
			case "error":
				return `is sent as "x_error"`
			case "panic":
				panic("in CheckName")
			}
			return ""
		},
		New: open[ga4Options](rec)})
	registry.RegisterIn(r, registry.Sink[kitchenOptions]{
		Type: "kitchen", Summary: "Everything there is.", Reach: core.ReachNetwork, New: func(ctx context.Context, env registry.Env, o kitchenOptions) (core.Sink, error) {
			if o.URL[:5] == "http:" && !env.AllowInsecure {
				return nil, registry.Field("url", "plain http needs allow_insecure: true")
			}
			return open[kitchenOptions](rec)(ctx, env, o)
		},
		LimitsOf: func(o kitchenOptions) core.Limits {
			if o.Strict {
				return core.Limits{MaxEvents: 100, MaxConcurrency: 2}
			}
			return core.Limits{}
		},
	})
	return r
}

// environ is an environment of its own.
type environ map[string]string

func (e environ) lookup(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

func load(text string, env environ) (*config.File, config.Problems) {
	return config.Load([]byte(text), config.Options{Registry: newRegistry(&recorder{}), LookupEnv: env.lookup})
}
