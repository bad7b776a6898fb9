package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"
)

// canary is a value that nothing may print, made here so that no file holds it.
var canary = strings.Repeat("hush", 6)

// printed returns v in every form it could leave the program by.
func printed(t *testing.T, v any) string {
	t.Helper()
	var b strings.Builder
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, format+"\n", v)
	}
	j, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "v", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "v", v)
	return b.String() + log.String()
}

func TestNoSecretIsPrinted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	f := mustLoad(t, `
privacy: {hash_key: "${CANARY}${CANARY}"}
server: {write_keys: ["${CANARY}", `+canary+`]}
sinks:
  ga4: {measurement_id: G-X, api_secret: "${file:`+file+`}"}
  kitchen:
    url: https://example.com
    tokens: ["${CANARY}"]
    headers: {X-Key: "${CANARY}", X-Literal: `+canary+`}
`, environ{"CANARY": canary})
	for name, v := range map[string]any{
		"the file": f, "the file by value": *f, "the settings": f.Settings, "the warnings": f.Warnings,
	} {
		out := printed(t, v)
		if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s print a secret", name)
		}
	}
	if text := f.String(); !strings.Contains(text, `"api_secret": "[redacted]"`) || fmt.Sprintf("%#v", *f) != text {
		t.Errorf("the file prints as %#v", *f)
	}
	if len(f.Warnings) != 2 {
		t.Errorf("want a warning for each secret in the file, got %v", f.Warnings)
	}
	if f = mustLoad(t, "privacy: {hash_key: ''}\nsinks:\n", nil); len(f.Warnings) > 0 {
		t.Errorf("an empty secret is none, but got %v", f.Warnings)
	}
}

func TestNoProblemHoldsASecretOrAValueFromElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environ{"CANARY": canary}
	references := []string{"${CANARY}", "'x${CANARY}'", "${file:" + file + "}"}
	var texts []string
	for _, place := range []string{
		"do_not_track: %s", "shutdown_timeout: %s", "mode: %s", "queue: {max_bytes: \"%s\"}", "server:\n  listen: %s", "admin:\n  listen: %s",
		"server: {cors: {allowed_origins: [\"*%s\"]}}", "privacy:\n  hash_key: %s\n  action: x", "privacy: {hash_key_file: \"%s\"}", "queue:\n  type: %s", "version: %s",
		"sinks: {log: {events: [\"[%s\"]}}", "sinks: {log: {sample: \"%s\"}}", "sinks:\n  log: {type: \"%s\"}", "sinks: {log: {concurrency: \"%s\"}}",
		"sinks: {kitchen: {url: \"%s\", panics: true}}", "sinks: {kitchen: {url: x, modes: [\"%s\"]}}", "sinks: {log: {events: \"%s\"}}",
		"sinks: {kitchen: {url: x, tls: {ca: a}, labels: {refused: \"%s\"}}}", "sinks: {kitchen: {url: \"%s\", tls: {ca: a}, labels: {a: refused}}}",
	} {
		for _, reference := range references {
			texts = append(texts, strings.ReplaceAll(place, "%s", strings.Trim(reference, "'")))
		}
	}
	// The secret itself in the file, where one belongs, but written wrongly.
	for _, place := range []string{
		"sinks:\n  ga4:\n    api_secret: *%s", "sinks:\n  ga4:\n    api_secret: !%s", "sinks:\n  ga4:\n    api_secret: !!int %s",
		"sinks:\n  ga4:\n    api_secret: [%s]", "sinks:\n  ga4:\n    api_secret: {a: %s}", "sinks:\n  ga4:\n    api_secret: ${%s",
		"sinks:\n  ga4:\n    api_secret: ${-%s}", "sinks:\n  ga4:\n    api_secret: ${A:-{%s}}", "sinks:\n  ga4:\n    api_secret: @%s",
		"sinks:\n  ga4:\n    api_secret: \"%s", "sinks:\n  ga4:\n    api_secret: %s: x", "sinks:\n  ga4:\n    api_secret: - %s",
		"sinks:\n  kitchen: {tokens: %s}", "sinks:\n  kitchen: {headers: %s}", "server: {write_keys: %s}",
	} {
		texts = append(texts, strings.ReplaceAll(place, "%s", canary))
	}
	for _, text := range texts {
		f, problems := load(text, env)
		if f != nil && strings.HasPrefix(text, "privacy") {
			t.Errorf("%s: loads", text)
		}
		if out := printed(t, problems); strings.Contains(out, canary) {
			t.Errorf("%s:\n%v", text, problems)
		}
	}
}

func TestWhatASinkTypeSaysOfAValueNamesWhereItCameFrom(t *testing.T) {
	for text, want := range map[string]string{
		"sinks: {kitchen: {url: '${A}', tls: {ca: a}, labels: {a: refused}}}":       "sinks.yaml:1:24: url: the value of ${A} is not for it",
		"sinks: {kitchen: {url: a, tls: {ca: a}, labels: {refused: 'v1.${B}/x'}}}":  `sinks.yaml:1:49: labels: want "" as all want it, not the value of ${B}`,
		"sinks: {kitchen: {url: a, tls: {ca: a}, labels: {part: 'v1.${B}/x'}}}":     `sinks.yaml:1:49: labels: the value of ${B} is no part`,
		"sinks: {kitchen: {url: a, tls: {ca: a}, labels: {a: refused}}}":            `sinks.yaml:1:24: url: "a" is not for it`,
		"sinks: {kitchen: {url: a, tls: {ca: '${A}'}, labels: {refused: '${B}'}}}":  `sinks.yaml:1:54: labels: want "" as all want it, not the value of ${B}`,
		"sinks: {kitchen: {url: a, tls: {ca: a}, labels: {refused: a, b: '${A}'}}}": `sinks.yaml:1:49: labels: want "" as all want it, not a`,
	} {
		if _, problems := load(text, environ{"A": "a", "B": canary}); problems.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %v", text, problems, want)
		}
	}
}

func TestASecretInAFileThatEverybodyCanReadIsAWarning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(path, []byte("sinks: {ga4: {measurement_id: G-X, api_secret: "+canary+"}}"), 0o644); err != nil {
		t.Fatal(err)
	}
	opts := config.Options{Registry: newRegistry(&recorder{})}
	f, problems := config.LoadFile(path, opts)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := path + ": the file holds secrets and every user can read it (mode 0644)\n" +
		path + ":1:48: api_secret: this secret is written in the file; use ${VARIABLE} or ${file:/path}"
	if f.Warnings.Error() != want {
		t.Errorf("got  %v\nwant %v", f.Warnings, want)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if f, _ = config.LoadFile(path, opts); len(f.Warnings) != 1 {
		t.Error(f.Warnings)
	}
}
