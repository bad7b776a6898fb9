package config_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

// write returns the path of a file with text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenDeliversWhereTheFileSays(t *testing.T) {
	out := filepath.Join(t.TempDir(), "events.jsonl")
	d, err := config.Open(write(t, "app: {name: acme}\nsinks: {log: {format: json, path: '${OUT}'}}\n"),
		core.WithEnviron(environ{"OUT": out}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Track(t.Context(), "run", slog.Int("seconds", 45)); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(line), `"name":"run"`) || !strings.Contains(string(line), `"seconds":45`) {
		t.Errorf("%s, %v", line, err)
	}
}

func TestUnderDoNotTrackOpenMakesNothing(t *testing.T) {
	dir := t.TempDir()
	path := write(t, "sinks: {log: {format: json, path: '"+filepath.Join(dir, "made", "events.jsonl")+"'}}\n")
	d, err := config.Open(path, core.WithEnviron(environ{"DO_NOT_TRACK": "1"}.lookup), core.WithStateDir(filepath.Join(dir, "state")))
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Track(t.Context(), "run")
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("made %v, %v", made, err)
	}
}

func TestOpenWithoutAFileRunsTheLogSinkAlone(t *testing.T) {
	d, err := config.Open("", core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	if s, ok := d.Stats().Sinks["log"]; !ok || s.Type != "log" || len(d.Stats().Sinks) != 1 {
		t.Errorf("%+v", d.Stats().Sinks)
	}
}

func TestOpenReturnsEveryProblemAndLogsWarnings(t *testing.T) {
	_, err := config.Open(write(t, "sinks: {log: {formt: json}, http: {}}\n"))
	if problems, ok := err.(config.Problems); !ok || len(problems) != 2 {
		t.Errorf("got %v", err)
	}
	var log bytes.Buffer
	text := "server: {write_keys: [" + canary + "]}\nsinks: {log: {enabled: false}}\n"
	d, err := config.Open(write(t, text), core.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(t.Context())
	if !strings.Contains(log.String(), "sinks.yaml:1:23: write_keys: this secret is written in the file") || strings.Contains(log.String(), canary) {
		t.Error(log.String())
	}
}

// TestAProgramGoesOnWhateverOpenSays has it use what it was given without a look at the error.
func TestAProgramGoesOnWhateverOpenSays(t *testing.T) {
	onDisk := write(t, "queue: {type: disk, dir: '"+t.TempDir()+"'}\nsinks:\n")
	other, err := config.Open(onDisk, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	for name, path := range map[string]string{
		"a problem": write(t, "sinks: {log: {formt: json}}\n"), "no file": filepath.Join(t.TempDir(), "sinks.yaml"),
		"another process uses the queue": onDisk,
	} {
		d, err := config.Open(path, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := d.Track(t.Context(), "run"); err != nil {
			t.Errorf("%s: Track returned %v", name, err)
		}
		if books := d.Stats().Books; d.Tracking() || books.Denied != 1 || books.Received != 1 {
			t.Errorf("%s: the books are %+v", name, books)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Errorf("%s: Close returned %v", name, err)
		}
	}
}
