package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

// filesIn finds what refers to a file that is not on this machine.
var filesIn = regexp.MustCompile(`\$\{file:[^}]*\}`)

// exampleOptions give every variable a value that stands for a secret.
func exampleOptions() config.Options {
	secret := regexp.MustCompile(`_(KEY|TOKEN|SECRET|PASSWORD|DSN)$`)
	return config.Options{LookupEnv: func(name string) (string, bool) {
		return strings.Repeat("x", 32), secret.MatchString(name)
	}}
}

func TestEveryExampleLoadsAndAgreesWithTheSchema(t *testing.T) {
	data, err := config.Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, data)
	paths := glob(t, "../examples/config/*.yaml")
	for _, name := range []string{"minimal", "typical", "full", "quickstart"} {
		if !slices.Contains(paths, filepath.Join("..", "examples", "config", name+".yaml")) {
			t.Errorf("there is no %s.yaml", name)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, ".test.yaml") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = filesIn.ReplaceAll(text, []byte("$${file:"+secret+"}"))
		f, problems := config.Load(text, exampleOptions())
		if len(problems) > 0 {
			t.Errorf("%s:\n%v", path, problems)
			continue
		}
		if problems := f.Try(t.Context()); len(problems) > 0 || len(f.Warnings) > 0 {
			t.Errorf("%s:\n%v\n%v", path, problems, f.Warnings)
		}
		var doc any
		if err := yaml.Load(text, &doc); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(doc)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestTheFullExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile("../examples/config/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	var walk func(v any)
	walk = func(v any) {
		m, _ := v.(map[string]any)
		for k, v := range m {
			keys[k] = true
			walk(v)
		}
	}
	var doc any
	if err := yaml.Load(text, &doc); err != nil {
		t.Fatal(err)
	}
	walk(doc)
	var want func(options []registry.Option)
	want = func(options []registry.Option) {
		for _, o := range options {
			if !keys[o.Key] {
				t.Errorf("it does not have the key %s", o.Key)
			}
			want(o.Options)
		}
	}
	settings, delivery := config.Keys()
	want(settings)
	want(delivery)
	for _, typ := range []string{"log", "http"} {
		d, ok := registry.Default.Lookup(typ)
		if !ok {
			t.Fatal(typ)
		}
		want(d.Options)
	}
}

func TestTheExampleOfEverySinkTypeLoads(t *testing.T) {
	for _, typ := range registry.Default.Types() {
		d, _ := registry.Default.Lookup(typ)
		if d.Example == "" {
			t.Errorf("%s has no example", typ)
			continue
		}
		text := "sinks:\n  " + typ + ":\n    " + strings.ReplaceAll(strings.TrimSpace(d.Example), "\n", "\n    ") + "\n"
		f, problems := config.Load([]byte(text), exampleOptions())
		if len(problems) > 0 {
			t.Errorf("%s\n%v", text, problems)
			continue
		}
		if problems := f.Try(t.Context()); len(problems) > 0 {
			t.Errorf("%s\n%v", text, problems)
		}
	}
}
