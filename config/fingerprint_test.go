package config

import (
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestASinksFingerprintChangesWithAllItIsMadeOf(t *testing.T) {
	const base = "sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: one, headers: {K: one}}}"
	of := func(text string) string {
		f, problems := Load([]byte(text), Options{LookupEnv: func(string) (string, bool) { return "", false }})
		if len(problems) > 0 {
			t.Fatalf("%s: %v", text, problems)
		}
		return sinkNamed(t, f.Core(), "a").Fingerprint
	}
	if of(base) == "" || of(base) != of("# another file\n"+base) {
		t.Error("the same configuration has two fingerprints")
	}
	seen := map[string]string{of(base): base}
	for _, changed := range []string{
		"sinks: {a: {type: http, url: 'https://b.example/x', bearer_token: one, headers: {K: one}}}",
		"sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: two, headers: {K: one}}}",
		"sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: one, headers: {K: two}}}",
		"sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: one, headers: {L: one}}}",
		"sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: one, headers: {K: one}, events: [run]}}",
		"sinks: {a: {type: http, url: 'https://a.example/x', bearer_token: one, headers: {K: one}, retry: {max_attempts: 3}}}",
		"defaults: {concurrency: 2}\n" + base,
		"event_prefix: x_\n" + base,
		"app: {name: other}\n" + base,
	} {
		if other, same := seen[of(changed)]; same {
			t.Errorf("these have the same fingerprint:\n%s\n%s", other, changed)
		}
		seen[of(changed)] = changed
	}
}

func sinkNamed(t *testing.T, cfg core.Config, name string) core.SinkConfig {
	t.Helper()
	for _, s := range cfg.Sinks {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no sink %q", name)
	return core.SinkConfig{}
}
