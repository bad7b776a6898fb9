package config_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

type namedOptions struct {
	Greeting string `yaml:"greeting" doc:"What the sink says."`
}

// greeter is a sink whose requests say what its options are.
type greeter struct{ namedOptions }

func (greeter) Send(context.Context, []core.Sealed) error { return nil }
func (greeter) Close(context.Context) error               { return nil }
func (g greeter) Preview([]core.Sealed) ([]core.Request, error) {
	return []core.Request{{Target: g.Greeting, Body: "x"}}, nil
}

func TestCasesReadTheConfigurationOnceForEachEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(path, []byte("sinks: {greeter: {greeting: '${WHO:-nobody}'}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases, problems := config.ParseCases([]byte(`
env: {LANGUAGE: en}
tests:
- {name: one, event: {name: run}, expect: {sinks: {greeter: {target: nobody}}}}
- {name: two, event: {name: run}, expect: {sinks: {greeter: {target: nobody}}}}
- {name: three, env: {WHO: you}, event: {name: run}, expect: {sinks: {greeter: {target: you}}}}
- {name: four, env: {WHO: you, LANGUAGE: en}, event: {name: run}, expect: {sinks: {greeter: {target: you}}}}
- {name: five, env: {WHO: me}, event: {name: run}, expect: {sinks: {greeter: {target: you}}}}
- {name: six, env: {DO_NOT_TRACK: "1"}, event: {name: run}, expect: {denied: true}}
- {name: seven, env: {LANGUAGE: en}, event: {name: run}, expect: {sinks: {greeter: {target: nobody}}}}
`), "cases.yaml")
	if problems != nil {
		t.Fatal(problems)
	}
	read := 0
	r := registry.NewRegistry()
	registry.RegisterIn(r, registry.Sink[namedOptions]{
		Type: "greeter", Summary: "Says something.",
		Warn: func(namedOptions) []error { read++; return nil },
		New: func(_ context.Context, _ registry.Env, o namedOptions) (core.Sink, error) {
			return greeter{o}, nil
		},
	})
	results, problems := cases.Run(path, config.Options{Registry: r})
	if problems != nil || len(results) != 7 {
		t.Fatal(results, problems)
	}
	for _, result := range results {
		if holds := len(result.Failures) == 0; holds != (result.Name != "five") {
			t.Errorf("%s: holds: %v %v", result.Name, holds, result.Failures)
		}
	}
	if read != 4 {
		t.Errorf("the configuration was read %d times for 4 environments", read)
	}
}
