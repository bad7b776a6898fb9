package config_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/registry"
)

func loadWith(t *testing.T, rec *recorder, text string) *config.File {
	t.Helper()
	f, problems := config.Load([]byte(text), config.Options{
		Registry: newRegistry(rec), LookupEnv: goodEnv.lookup, Logger: slog.New(slog.DiscardHandler),
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return f
}

func TestSinksAreMadeOnlyWhenTheyAreOpened(t *testing.T) {
	var rec recorder
	f := loadWith(t, &rec, `
app: {name: acme, version: 1.80}
event_prefix: acme_
sinks:
  us:
    type: ga4
    measurement_id: G-X
    api_secret: ${GA4_API_SECRET}
    timeout: 3s
    allow_insecure: true
    consent: {ad_user_data: GRANTED}
  off: {type: log, enabled: false}
`)
	cfg := f.Core()
	if len(rec.envs) != 0 {
		t.Fatal("a sink was made by reading")
	}
	if len(cfg.Sinks) != 1 {
		t.Fatalf("want the one enabled sink, got %d", len(cfg.Sinks))
	}
	made, err := cfg.Sinks[0].Open()
	if err != nil || made != core.Sink(&rec) {
		t.Fatal(made, err)
	}
	if rec.envs[0].Logger == nil {
		t.Error("no logger")
	}
	rec.envs[0].Logger = nil
	want := registry.Env{Name: "us", App: core.App{Name: "acme", Version: "1.80"}, EventPrefix: "acme_", AllowInsecure: true, Timeout: 3 * time.Second}
	if diff := cmp.Diff(want, rec.envs[0]); diff != "" {
		t.Error(diff)
	}
	options := rec.options[0].(ga4Options)
	if options.APISecret.Reveal() != goodEnv["GA4_API_SECRET"] || options.Region != "global" || options.Consent.AdUserData != "GRANTED" {
		t.Errorf("%+v", options)
	}
}

func TestTheSettingsReachTheCore(t *testing.T) {
	cfg := loadWith(t, &recorder{}, `
app: {name: acme}
do_not_track: true
mode: local
consent_required: true
disable_in_ci: true
privacy: {sanitize: strict, action: hash, hash_key: "${KEY}${KEY}", allow_keys: [a], deny_keys: [b], error_messages: drop, respect_gpc: false}
queue: {max_bytes: 1MB, on_full: block}
sinks:
`).Core()
	cfg.Sinks = nil
	want := core.Config{
		App: core.App{Name: "acme"}, DoNotTrack: true, Mode: "local", ConsentRequired: true, DisableInCI: true, IgnoreGPC: true,
		Privacy: sanitize.Options{
			Mode: "strict", Action: "hash", HashKey: []byte(goodEnv["KEY"] + goodEnv["KEY"]),
			AllowKeys: []string{"a"}, DenyKeys: []string{"b"}, ErrorMessages: "drop",
		},
		Queue: core.QueueConfig{MaxBytes: 1e6, OnFull: core.Block},
	}
	if diff := cmp.Diff(want, cfg); diff != "" {
		t.Error(diff)
	}
}

func TestHowFarASinkCarriesEventsDependsOnItsOptions(t *testing.T) {
	type options struct {
		Here bool `yaml:"here" doc:"Whether nothing leaves the machine."`
	}
	r := newRegistry(&recorder{})
	registry.RegisterIn(r, registry.Sink[options]{
		Type: "store", Summary: "A store.", Reach: core.ReachNetwork,
		ReachOf: func(o options) core.Reach {
			if o.Here {
				return core.ReachLocal
			}
			return core.ReachNetwork
		},
		New: func(context.Context, registry.Env, options) (core.Sink, error) { return nil, nil },
	})
	f, problems := config.Load([]byte("sinks:\n  a: {type: store, here: true}\n  b: {type: store}\n"), config.Options{Registry: r})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	sinks := f.Core().Sinks
	if sinks[0].Reach != core.ReachLocal || sinks[1].Reach != core.ReachNetwork {
		t.Errorf("a is %v, b is %v", sinks[0].Reach, sinks[1].Reach)
	}
}

func TestWhatOnlyAConstructorFindsHasItsPlace(t *testing.T) {
	var rec recorder
	f := loadWith(t, &rec, `
sinks:
  log: {}
  kitchen:
    url: http://example.com/in
  fine: {type: kitchen, url: "http://example.com/in", allow_insecure: true}
  short: {type: kitchen, url: "x"}
  off: {type: kitchen, url: "http://example.com", enabled: false}
`)
	want := `sinks.yaml:5:10: url: plain http needs allow_insecure: true
sinks.yaml:7:3: the sink type panicked with a runtime.boundsError`
	if problems := f.Try(t.Context()); problems.Error() != want {
		t.Errorf("got  %v\nwant %v", problems, want)
	}
	if len(rec.envs) != 2 || rec.closed != 2 {
		t.Errorf("%d sinks were made and %d closed; want 2", len(rec.envs), rec.closed)
	}
	_, err := f.Core().Sinks[1].Open()
	var problems config.Problems
	if !errors.As(err, &problems) || problems[0].Line != 5 {
		t.Errorf("Open says %v", err)
	}
}

func TestASinkTypeThatMakesNoSinkIsAnError(t *testing.T) {
	r := registry.NewRegistry()
	registry.RegisterIn(r, registry.Sink[struct{}]{
		Type: "log", Summary: "Nothing.",
		New: func(context.Context, registry.Env, struct{}) (core.Sink, error) { return nil, nil },
	})
	f, problems := config.Load([]byte("sinks:\n"), config.Options{Registry: r})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s, err := f.Core().Sinks[0].Open(); s != nil || err == nil || !strings.Contains(err.Error(), "made no sink") {
		t.Error(s, err)
	}
}

func TestAProgramWithoutTheLogSinkSaysSo(t *testing.T) {
	f, problems := config.Load([]byte("sinks:\n"), config.Options{Registry: registry.NewRegistry()})
	if f != nil || !strings.HasPrefix(problems.Error(), "sinks.yaml:1:1: no sinks, and this program") {
		t.Error(problems)
	}
}
