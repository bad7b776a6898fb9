package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// goodEnv is the environment of the files in testdata/good.
var goodEnv = environ{"GA4_API_SECRET": "secret-of-ga4", "KEY": "0123456789abcdef"}

func mustLoad(t testing.TB, text string, env environ) *config.File {
	t.Helper()
	f, problems := load(text, env)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return f
}

func TestGoodFilesLoad(t *testing.T) {
	for _, path := range glob(t, "testdata/good/*.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		mustLoad(t, string(data), goodEnv)
	}
}

func TestWhatTheFileDoesNotSayHasItsDefault(t *testing.T) {
	f := mustLoad(t, "sinks:\n", nil)
	want := config.Settings{
		Version: 1, Mode: "on", ShutdownTimeout: 10 * time.Second,
		Privacy: config.Privacy{Sanitize: "standard", Action: "redact", ErrorMessages: "scrub", RespectGPC: true},
		Queue: config.Queue{
			Type: "memory", Dir: "./headgate-data", MaxBytes: 64 << 20, OnFull: core.DropOldest, Sync: "batch",
			QueueOptions: registry.QueueOptions{Stream: "HEADGATE", Replicas: 1},
		},
		Server: config.Server{Listen: "127.0.0.1:8430", MaxBody: 5 << 20},
		Admin:  config.Admin{Listen: "127.0.0.1:8431", Prometheus: true},
	}
	if diff := cmp.Diff(want, f.Settings, cmp.Comparer(func(a, b core.Secret) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestTextThatLooksLikeANumberStaysAsItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"1.80": "1.80", "1.8": "1.8", "1.8.0": "1.8.0", "010": "010", "1e3": "1e3", "0x1F": "0x1F", "1_000": "1_000",
		"2024-01-01": "2024-01-01", "'true'": "true", `"null"`: "null", "yes": "yes", ".5": ".5", "12345678901234567890": "12345678901234567890",
	} {
		f := mustLoad(t, "app: {version: "+written+"}\nsinks:\n", nil)
		if f.App.Version != want {
			t.Errorf("%s became %q", written, f.App.Version)
		}
	}
}

func TestReferencesAreReplacedOnceAndOnlyInValues(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("from ${KEY} file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environ{
		"KEY": "k", "EMPTY": "", "DOLLAR": "$${KEY} ${KEY} $", "YAML": "x\ndo_not_track: true\nsinks: {}", "QUOTES": `"'#: {}[]`, "DASH": "- a",
	}
	for written, want := range map[string]string{
		"${KEY}":                     "k",
		"${env:KEY}":                 "k",
		"a${KEY}b${KEY}":             "akbk",
		"${MISSING:-}":               "",
		"${MISSING:-a:b-c}":          "a:b-c",
		"${EMPTY:-default}":          "default",
		"${KEY:-default}":            "k",
		"x${EMPTY}y":                 "xy",
		"${DOLLAR}":                  "$${KEY} ${KEY} $",
		"${YAML}":                    "x\ndo_not_track: true\nsinks: {}",
		"${QUOTES}":                  `"'#: {}[]`,
		"${DASH}":                    "- a",
		"$${KEY}":                    "${KEY}",
		"$$${KEY}":                   "$${KEY}",
		"$KEY $ $$ $}":               "$KEY $ $$ $}",
		"p$a}ss{w":                   "p$a}ss{w",
		"'${KEY}'":                   "k",
		`"${KEY}\n"`:                 "k\n",
		"${file:" + secret + "}":     "from ${KEY} file",
		"[${KEY}]":                   "", // a list, see below
		"|\n  ${KEY}\n  ${KEY}\n":    "k\nk\n",
		"${MISSING:-:-}":             ":-",
		"${MISSING:-${KEY":           "", // broken, see below
		"a ${KEY} # and a comment":   "a k",
		"'single '' quote ${KEY}'":   "single ' quote k",
		"${KEY}${MISSING:-d}$${KEY}": "kd${KEY}",
	} {
		f, problems := load("event_prefix: "+written+"\nsinks:\n", env)
		if written[0] == '[' || strings.HasSuffix(written, "${KEY") {
			if f != nil {
				t.Errorf("%s loaded as %q", written, f.EventPrefix)
			}
			continue
		}
		if f == nil {
			t.Errorf("%s: %v", written, problems)
		} else if f.EventPrefix != want || f.DoNotTrack {
			t.Errorf("%s became %q; want %q", written, f.EventPrefix, want)
		}
	}
	if f, problems := load("sinks: {'${KEY}': {type: log}}", env); f != nil || !strings.Contains(problems.Error(), "no name for a sink") {
		t.Errorf("a key was replaced: %v", problems)
	}
}

func TestFilesThatValuesComeFromAreBounded(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("a", size)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	largest, larger, binary := write("largest", 64<<10), write("larger", 64<<10+1), write("binary", 0)
	if err := os.WriteFile(binary, []byte("a\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := mustLoad(t, "event_prefix: ${file:"+largest+"}", nil); len(f.EventPrefix) != 64<<10 {
		t.Error(len(f.EventPrefix))
	}
	for path, want := range map[string]string{
		larger: "larger than 64 KiB", dir: "not a regular file", filepath.Join(dir, "none"): "no such file", binary: "not UTF-8", "/dev/null": "not a regular file",
	} {
		f, problems := load("event_prefix: a ${file:"+path+"}", nil)
		if f != nil || len(problems) != 1 || !strings.Contains(problems.Error(), want) || !strings.HasPrefix(problems.Error(), "sinks.yaml:1:17: ") {
			t.Errorf("%s: %v", path, problems)
		}
	}
}

func TestAFileCanBeCheckedWhereItsSecretsAreNot(t *testing.T) {
	text := `
privacy: {action: hash, hash_key: "${HASH_KEY}"}
server: {listen: "${LISTEN}"}
sinks:
  ga4:
    measurement_id: ${ID}
    api_secret: ${file:/does/not/exist}
    batch: {max_events: "${N}"}
    region: europe
`
	opts := config.Options{Registry: newRegistry(&recorder{}), LookupEnv: environ{}.lookup, Tolerant: true}
	_, problems := config.Load([]byte(text), opts)
	if want := `sinks.yaml:9:13: region: want "global" or "eu", got "europe"`; problems.Error() != want {
		t.Errorf("got %v\nwant %v", problems, want)
	}
	f, problems := config.Load([]byte(strings.Replace(text, "europe", "eu", 1)), opts)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	cfg := f.Core()
	if !cfg.DoNotTrack {
		t.Error("a file with values that are not known would send events")
	}
	if _, err := cfg.Sinks[0].Open(); err == nil {
		t.Error("a sink was made of values that are not known")
	}
}

func TestDefaultsStandForWhatASinkDoesNotSay(t *testing.T) {
	f := mustLoad(t, `
defaults:
  timeout: 3s
  events: [a, b]
  sample: 0.5
  batch: {max_events: 100, max_bytes: 1MB, max_wait: 1s}
  concurrency: 3
  retry: {max_age: 1h, max_attempts: 3}
  dead_letter: {max_bytes: 1MiB}
  purposes: [analytics, ads]
sinks:
  one: {type: log}
  two:
    type: log
    timeout: 4s
    events: [c]
    sample: 1
    batch: {max_wait: 0s}
    retry: {max_age: 2h}
    purposes: []
  ga4: {measurement_id: G-X, api_secret: "${KEY}"}
  kitchen: {url: https://example.com}
`, goodEnv)
	sinks := f.Core().Sinks
	half, whole := 0.5, 1.0
	want := []core.SinkConfig{{
		Name: "one", Type: "log", Reach: core.ReachLocal, Timeout: 3 * time.Second, Events: []string{"a", "b"}, Sample: &half,
		Batch:       core.BatchConfig{MaxEvents: 100, MaxBytes: 1e6, MaxWait: time.Second},
		Retry:       core.RetryConfig{Initial: 500 * time.Millisecond, Max: 5 * time.Minute, MaxAge: time.Hour, MaxAttempts: 3},
		Concurrency: 3, Purposes: []string{"analytics", "ads"},
		DeadLetter: core.DeadLetterConfig{MaxAge: 720 * time.Hour, MaxBytes: 1 << 20},
	}, {
		Name: "two", Type: "log", Reach: core.ReachLocal, Timeout: 4 * time.Second, Events: []string{"c"}, Sample: &whole,
		Batch:       core.BatchConfig{MaxEvents: 100, MaxBytes: 1e6, MaxWait: -1},
		Retry:       core.RetryConfig{Initial: 500 * time.Millisecond, Max: 5 * time.Minute, MaxAge: 2 * time.Hour, MaxAttempts: 3},
		Concurrency: 3, Purposes: []string{},
		DeadLetter: core.DeadLetterConfig{MaxAge: 720 * time.Hour, MaxBytes: 1 << 20},
	}}
	ignoreOpen := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Open" || p.Last().String() == ".Fingerprint" }, cmp.Ignore())
	if diff := cmp.Diff(want, sinks[:2], ignoreOpen); diff != "" {
		t.Error(diff)
	}
	// What is said for all sinks is cut to what one takes; the others are not touched.
	if got, want := sinks[2].Batch, (core.BatchConfig{MaxEvents: 25, MaxBytes: 130_000, MaxWait: time.Second}); got != want {
		t.Errorf("ga4 has the batch %+v, want %+v", got, want)
	}
	if sinks[2].Concurrency != 3 || sinks[3].Concurrency != 2 {
		t.Errorf("concurrency is %d and %d", sinks[2].Concurrency, sinks[3].Concurrency)
	}
	warnings := `sinks.yaml:6:23: max_events: cut for sink "ga4": ga4 takes at most 25 events
sinks.yaml:6:39: max_bytes: cut for sink "ga4": ga4 takes at most 130kB
sinks.yaml:7:16: concurrency: cut for sink "kitchen": kitchen takes at most 2 requests at once`
	if f.Warnings.Error() != warnings {
		t.Errorf("got warnings %v\nwant %v", f.Warnings, warnings)
	}
}

func TestPrometheusIsTurnedOffByTheEnvironment(t *testing.T) {
	for name, want := range map[string]bool{
		"PROMETHEUS_ENABLED=false": false, "PROMETHEUS_ENABLED=0": false, "MY_APP_PROMETHEUS_ENABLED=False": false,
		"PROMETHEUS_ENABLED=true": true, "PROMETHEUS_ENABLED=": true, "OTHER_PROMETHEUS_ENABLED=false": true,
	} {
		key, value, _ := strings.Cut(name, "=")
		if f := mustLoad(t, "app: {name: my-app}\nsinks:\n", environ{key: value}); f.Admin.Prometheus != want {
			t.Errorf("%s: prometheus is %v", name, f.Admin.Prometheus)
		}
	}
}

func TestUnsanitizedNeedsTheEnvironmentToAgree(t *testing.T) {
	const text = "privacy: {sanitize: off}\nsinks:\n"
	if f, _ := load(text, environ{"HEADGATE_ALLOW_UNSANITIZED": "true"}); f != nil {
		t.Error("only 1 allows it")
	}
	if f := mustLoad(t, text, environ{"HEADGATE_ALLOW_UNSANITIZED": "1"}); f.Core().Privacy.Mode != "off" {
		t.Error(f.Core().Privacy.Mode)
	}
}

func TestAFileThatIsTooLargeIsNotParsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(path, []byte(strings.Repeat("# 0123456789\n", 10<<20/13)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, problems := config.LoadFile(path, config.Options{}); problems.Error() != path+":1:1: the file is larger than 1024 KiB; this is no configuration" {
		t.Error(problems)
	}
}

func TestAFileThatCannotBeReadIsAProblemWithItsName(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "no such file or directory (headgate init prints one to start from)", dir: "it is a directory",
	} {
		f, problems := config.LoadFile(path, config.Options{Registry: newRegistry(&recorder{})})
		if f != nil || problems.Error() != path+": cannot read the configuration: "+want {
			t.Error(problems)
		}
	}
}

func TestWithoutAFileTheLogSinkRunsAlone(t *testing.T) {
	f, problems := config.LoadFile("", config.Options{Registry: newRegistry(&recorder{})})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	sinks := f.Core().Sinks
	if f.Path != "" || len(sinks) != 1 || sinks[0].Name != "log" || sinks[0].Type != "log" || sinks[0].Reach != core.ReachLocal {
		t.Errorf("%+v", sinks)
	}
}

func TestTheFileIsFoundByFlagThenPlaceThenEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	env := environ{"HEADGATE_CONFIG": "/etc/other.yaml"}
	for _, step := range []struct {
		flag, want string
		env        environ
	}{
		{"", "", nil}, {"", "/etc/other.yaml", env}, {"mine.yaml", "mine.yaml", env},
	} {
		if got := config.Find(step.flag, step.env.lookup); got != step.want {
			t.Errorf("Find(%q) = %q; want %q", step.flag, got, step.want)
		}
	}
	if err := os.WriteFile("sinks.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := config.Find("", env.lookup); got != "sinks.yaml" {
		t.Errorf("got %q", got)
	}
}

// A file of the largest size with nothing but mistakes must not take longer than
// reading it: a quadratic search for places would take minutes here.
func TestManyProblemsAreFoundInLinearTime(t *testing.T) {
	text := "event_prefix: \"" + strings.Repeat("${A}", 1<<20/4-10) + "\"\n"
	if _, problems := load(text, nil); len(problems) != 1<<20/4-10 || problems[len(problems)-1].Column != len(text)-len("${A}\"\n")+1 {
		t.Errorf("%d problems, the last %v", len(problems), problems[len(problems)-1])
	}
}

func TestAKeyWithoutAValueIsLeftAtItsDefault(t *testing.T) {
	f, problems := config.Load([]byte("do_not_track:\nevent_prefix: ~\nserver: {listen: }\napp:\nsinks:\n  log: {format: null, events: }\n"), config.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if f.DoNotTrack || f.Server.Listen != "127.0.0.1:8430" || len(f.Core().Sinks) != 1 {
		t.Errorf("loaded %v", f)
	}
	if _, problems := config.Load([]byte("sinks:\n  http:\n    url:\n"), config.Options{}); len(problems) != 1 {
		t.Errorf("a required key without a value: %v", problems)
	}
}

func TestAListOrMappingWithoutAValueIsLeftAtItsDefault(t *testing.T) {
	const defaults = "defaults: {events: [run], drop: [debug], rename: {a: b}, set: {c: '1'}}\n"
	f, problems := load(defaults+"sinks:\n  kitchen: {url: x, purposes: , events: , drop: , rename: , set: , modes: , privacy: {allow_keys: }}\n", goodEnv)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := f.Core().Sinks[0]
	if s.Purposes != nil { // none at all would ask for no consent
		t.Errorf("the purposes are %q, want those of a sink that names none", s.Purposes)
	}
	if len(s.Events) != 1 || len(s.Edit.Drop) != 1 || s.Edit.Rename["a"] != "b" || len(s.Edit.Set) != 1 {
		t.Errorf("events %q, drop %q, rename %q, set %v: want those of all sinks", s.Events, s.Edit.Drop, s.Edit.Rename, s.Edit.Set)
	}
	if !strings.Contains(strings.Join(strings.Fields(f.String()), ""), `"modes":["safe"]`) {
		t.Errorf("a list with a default: %v", f)
	}
}
