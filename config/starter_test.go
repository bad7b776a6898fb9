package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"
)

func loaded(t *testing.T, text string) {
	t.Helper()
	file, problems := config.Load([]byte(text), config.Options{LookupEnv: environ{}.lookup, Tolerant: true})
	switch {
	case len(problems) > 0:
		t.Errorf("%v in:\n%s", problems, text)
	case len(file.Warnings) > 0:
		t.Errorf("it is no good example: %v in:\n%s", file.Warnings, text)
	}
}

func TestAStarterFileIsValidForEverySink(t *testing.T) {
	var all []string
	for _, typ := range registry.Default.Types() {
		text, err := config.Starter(nil, []string{typ})
		if err != nil {
			t.Fatal(err)
		}
		loaded(t, text)
		all = append(all, typ, "second-"+typ+"="+typ)
	}
	text, err := config.Starter(nil, all)
	if err != nil {
		t.Fatal(err)
	}
	loaded(t, text)
	text, err = config.Starter(nil, nil)
	if err != nil || !strings.Contains(text, "\n  log:") {
		t.Errorf("got %v, %s", err, text)
	}
	loaded(t, text)
}

// What stands in a comment is there to be uncommented.
func TestEveryCommentedOptionIsValid(t *testing.T) {
	tried := 0
	for _, typ := range registry.Default.Types() {
		text, err := config.Starter(nil, []string{typ})
		if err != nil {
			t.Fatal(err)
		}
		d, _ := registry.Default.Lookup(typ)
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			bare, commented := strings.CutPrefix(line, "    # ")
			key, _, option := strings.Cut(bare, ": ")
			isKey := slices.ContainsFunc(d.Options, func(o registry.Option) bool { return o.Key == key })
			if !commented || !option || !isKey {
				continue
			}
			tried++
			with := strings.Join(lines[:i], "\n") + "\n    " + bare + "\n" + strings.Join(lines[i+1:], "\n")
			_, problems := config.Load([]byte(with), config.Options{LookupEnv: environ{}.lookup, Tolerant: true})
			for _, p := range problems {
				if p.Line == i+1 && (strings.Contains(p.Message, "unknown key") || strings.Contains(p.Message, "want ")) {
					t.Errorf("%s: %s: %s", typ, bare, p.Message)
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d options were tried", tried)
	}
}

func TestAStarterFileRefusesWhatIsNoSink(t *testing.T) {
	for sinks, want := range map[string]string{
		"mixpannel":   `there is no sink type "mixpannel"; this program has`,
		"a b=log":     `"a b" is no name for a sink`,
		"log,log":     `two sinks would be called "log"; name one of them otherwise, as in log-2=log`,
		"log,LOG=log": `two sinks would be called "LOG"`,
	} {
		if _, err := config.Starter(nil, strings.Split(sinks, ",")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", sinks, err, want)
		}
	}
}
