package config_test

import (
	"context"
	"errors"
	"fmt"
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

// TestASinkIsOpenedAtTheSameCostBesideMany has files with ever more secrets, all of which are kept out
// of what every sink logs.
func TestASinkIsOpenedAtTheSameCostBesideMany(t *testing.T) {
	allocations := func(sinks int) float64 {
		text := "sinks:\n"
		for i := range sinks {
			text += fmt.Sprintf("  s%d: {type: kitchen, url: 'https://x', tls: {ca: a}, tokens: ['%s%d']}\n", i, canary, i)
		}
		var rec recorder
		first := loadWith(t, &rec, text).Core().Sinks[0]
		return testing.AllocsPerRun(10, func() {
			if _, err := first.Open(); err != nil {
				t.Fatal(err)
			}
		})
	}
	if one, many := allocations(1), allocations(100); many > one+5 {
		t.Errorf("%v allocations open a sink that is alone, and %v one of a hundred", one, many)
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
shutdown_timeout: 3s
sinks:
`).Core()
	cfg.Sinks = nil
	want := core.Config{
		App: core.App{Name: "acme"}, DoNotTrack: true, Mode: "local", ConsentRequired: true, DisableInCI: true, IgnoreGPC: true,
		Privacy: sanitize.Options{
			Mode: "strict", Action: "hash", HashKey: []byte(goodEnv["KEY"] + goodEnv["KEY"]),
			AllowKeys: []string{"a"}, DenyKeys: []string{"b"}, ErrorMessages: "drop",
		},
		Credentials: []core.Secret{core.NewSecret(goodEnv["KEY"] + goodEnv["KEY"])},
		Queue:       core.QueueConfig{MaxBytes: 1e6, OnFull: core.Block}, CloseTimeout: 3 * time.Second,
	}
	if diff := cmp.Diff(want, cfg, cmp.Comparer(func(a, b core.Secret) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestNoTimeToShutDownIsNotTheDefault(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": -1, "0s": -1, "1ms": time.Millisecond} {
		if got := loadWith(t, &recorder{}, "shutdown_timeout: "+text+"\nsinks:\n").Core().CloseTimeout; got != want {
			t.Errorf("shutdown_timeout: %s is %v for the core, want %v", text, got, want)
		}
	}
	if _, problems := load("shutdown_timeout: -1s\nsinks:\n", nil); len(problems) != 1 || !strings.Contains(problems.Error(), "shutdown_timeout: want at least 0, got \"-1s\"") {
		t.Errorf("got %v", problems)
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

// slowOptions are those of a sink that is better written to seldom.
type slowOptions struct {
	Mode  string  `yaml:"mode" default:"often" enum:"often,seldom" doc:"How often."`
	Size  *string `yaml:"size" enum:"small,large" doc:"How much."`
	Panic string  `yaml:"panic" doc:"Where to panic."`
}

func slowRegistry() *registry.Registry {
	r := newRegistry(&recorder{})
	registry.RegisterIn(r, registry.Sink[slowOptions]{
		Type: "slow", Summary: "A store.",
		DefaultsOf: func(o slowOptions) (d registry.Defaults) {
			if o.Panic == "defaults" {
				panic("in DefaultsOf")
			}
			if o.Mode == "seldom" {
				d.Batch.MaxWait, d.Timeout = time.Minute, 90*time.Second
				if o.Size != nil && *o.Size == "large" {
					d.Batch.MaxEvents, d.Batch.MaxBytes = 2000, 4<<20
				}
			}
			return d
		},
		Warn: func(o slowOptions) []error {
			if o.Panic == "warn" {
				panic("in Warn")
			}
			if o.Mode == "seldom" {
				return []error{registry.Field("mode", "seldom is a word that not everybody knows")}
			}
			return nil
		},
		New: func(context.Context, registry.Env, slowOptions) (core.Sink, error) { return nil, nil },
	})
	return r
}

func TestASinkTypeMayHaveOtherDefaults(t *testing.T) {
	large := core.BatchConfig{MaxEvents: 2000, MaxBytes: 4 << 20, MaxWait: time.Minute}
	for _, c := range []struct {
		text    string
		batch   core.BatchConfig
		timeout time.Duration
	}{
		{"{}", core.BatchConfig{}, 10 * time.Second},
		{"{mode: seldom}", core.BatchConfig{MaxWait: time.Minute}, 90 * time.Second},
		{"{mode: seldom, size: large}", large, 90 * time.Second},
		{"{mode: seldom, size: large, batch: {max_wait: 5s}, timeout: 10s}", core.BatchConfig{MaxEvents: 2000, MaxBytes: 4 << 20, MaxWait: 5 * time.Second}, 10 * time.Second},
		{"{mode: seldom, size: large, batch: {max_events: 7, max_bytes: 1MiB}}", core.BatchConfig{MaxEvents: 7, MaxBytes: 1 << 20, MaxWait: time.Minute}, 90 * time.Second},
		{"{mode: seldom, batch: {max_wait: 0s}}", core.BatchConfig{MaxWait: -1}, 90 * time.Second},
		{"{mode: seldom}\ndefaults: {timeout: 3s, batch: {max_wait: 1s}}", core.BatchConfig{MaxWait: time.Second}, 3 * time.Second},
	} {
		f, problems := config.Load([]byte("sinks:\n  slow: "+c.text+"\n"), config.Options{Registry: slowRegistry()})
		if len(problems) > 0 {
			t.Fatal(c.text, problems)
		}
		got := f.Core().Sinks[0]
		if got.Batch != c.batch || got.Timeout != c.timeout {
			t.Errorf("%s: %+v, %v", c.text, got.Batch, got.Timeout)
		}
	}
	text, _ := config.Reference(slowRegistry(), "slow")
	want := "\nDEFAULTS OF THIS SINK\n  With mode: seldom, if absent, batch.max_wait is 1m and timeout is 1m30s.\n" +
		"  With mode: seldom and size: large, if absent, batch.max_events is 2000 and batch.max_bytes is 4MiB and batch.max_wait is 1m and timeout is 1m30s.\n"
	if !strings.Contains(text, want) {
		t.Errorf("the reference says\n%s", text)
	}
}

func TestASinkTypeMayWarn(t *testing.T) {
	load := func(text string) (*config.File, config.Problems) {
		return config.Load([]byte("sinks:\n  slow: "+text+"\n"), config.Options{Registry: slowRegistry(), Path: "x.yaml"})
	}
	f, problems := load("{mode: seldom}")
	if len(problems) > 0 || len(f.Warnings) != 1 || f.Warnings[0].String() != `x.yaml:2:16: mode: seldom is a word that not everybody knows (sink "slow")` {
		t.Errorf("%v, %v", problems, f.Warnings)
	}
	if f, problems := load("{mode: seldom, enabled: false}"); len(problems) > 0 || len(f.Warnings) > 0 {
		t.Errorf("of a sink that is not enabled: %v, %v", problems, f.Warnings)
	}
	for _, where := range []string{"defaults", "warn"} {
		if _, problems := load("{panic: " + where + "}"); len(problems) != 1 || !strings.Contains(problems[0].Message, "the sink type panicked with a string") {
			t.Errorf("%s: %v", where, problems)
		}
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

func TestASinkGetsThePolicyThatItAsksFor(t *testing.T) {
	file := mustLoad(t, `
privacy: {hash_key: "${KEY}${KEY}"}
defaults: {privacy: {ids: hash}}
sinks:
  a: {type: log, privacy: {sanitize: strict, allow_keys: [x], action: drop, pseudonyms: own, unlinkable: true}}
  log: {}
`, goodEnv)
	cfg := file.Core()
	if diff := cmp.Diff(core.Policy{Sanitize: "strict", AllowKeys: []string{"x"}, Action: "drop", IDs: "hash", Pseudonyms: "own", Unlinkable: true}, cfg.Sinks[0].Privacy); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(core.Policy{IDs: "hash"}, cfg.Sinks[1].Privacy); diff != "" {
		t.Error(diff)
	}
	if _, problems := config.Load([]byte("sinks:\n  log:\n    privacy: {ids: hash}\n"), config.Options{}); len(problems) != 1 || problems[0].Line != 3 || !strings.Contains(problems[0].Message, "hash_key") {
		t.Errorf("%v", problems)
	}
}
