package config_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// parsed returns what a dispatcher is told by a text of sinks.yaml.
func parsed(t *testing.T, text string) core.Config {
	t.Helper()
	f, problems := config.Load([]byte(text), config.Options{LookupEnv: environ{}.lookup})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return f.Core()
}

func preview(t *testing.T, cfg core.Config, e core.Event) map[string]core.SinkPreview {
	t.Helper()
	result, err := core.Preview(cfg, e, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	sinks := make(map[string]core.SinkPreview)
	for _, s := range result.Sinks {
		sinks[s.Sink] = s
	}
	return sinks
}

func TestAnEventIsFilteredAndEditedForEachSinkAsTheFileSays(t *testing.T) {
	cfg := parsed(t, `
defaults:
  when: name != "noise"
  drop: [internal_*]
sinks:
  plain: {type: log}
  slow:
    type: log
    when: 'props.runSeconds > 10'
  shaped:
    type: log
    drop: []
    rename: {runSeconds: duration_s}
    set:
      slow: props.runSeconds > 10
      label: '"run of " + string(props.runSeconds) + " s"'
      missing: props.nothing.deeper
`)
	sinks := preview(t, cfg, core.Event{Name: "run", Props: core.Props{"runSeconds": 3, "internal_id": 9}})
	got := map[string]string{}
	for name, s := range sinks {
		got[name] = s.Filtered
		if s.Filtered == "" {
			_, payload, _ := strings.Cut(s.Requests[0].Body, "Payload: ")
			got[name] = strings.TrimSpace(payload)
		}
	}
	want := map[string]string{
		"plain":  `{"runSeconds":3}`,
		"slow":   "filtered.when",
		"shaped": `{"internal_id":9,"duration_s":3,"label":"run of 3 s","slow":false}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, s := range preview(t, cfg, core.Event{Name: "noise"}) {
		// The sink has a condition of its own, which stands instead of the default.
		if filtered := s.Filtered == "filtered.when"; !filtered {
			t.Errorf("%s got an event without runSeconds, called noise", name)
		}
	}
}

// What is set is a property like any other: it must not carry out what may not leave.
func TestWhatIsSetIsSanitised(t *testing.T) {
	cfg := parsed(t, `
sinks:
  log: {set: {contact: props.user + "@" + props.host, password: '"swordfish"'}}
`)
	body := preview(t, cfg, core.Event{Name: "run", Props: core.Props{"user": "ada", "host": "example" + ".com"}})["log"].Requests[0].Body
	if !strings.Contains(body, `"contact":"[redacted:email]"`) || strings.Contains(body, "swordfish") {
		t.Errorf("got %s", body)
	}
}

func TestAFilterCountsWhatItKeepsBack(t *testing.T) {
	cfg := parsed(t, "sinks: {log: {when: props.n > 1, path: "+t.TempDir()+"/events.log}}")
	d, err := core.New(cfg, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if err := d.Enqueue(t.Context(), core.Event{Name: "run", Props: core.Props{"n": n}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := d.Stats().Sinks["log"]
	if s.Delivered != 2 || s.Filtered != 2 || s.Reasons["filtered.when"] != 2 {
		t.Errorf("delivered %d, filtered %d, reasons %v", s.Delivered, s.Filtered, s.Reasons)
	}
}

func TestAProgramWithoutTheLanguageSaysWhatToImport(t *testing.T) {
	r := registry.NewRegistry()
	registry.RegisterIn(r, registry.Sink[kitchenOptions]{Type: "kitchen", Summary: "Everything there is.", New: open[kitchenOptions](&recorder{})})
	_, problems := config.Load([]byte("sinks:\n  kitchen: {url: x, when: props.a, set: {b: '1'}, drop: [c]}\n"), config.Options{Registry: r})
	want := `sinks.yaml:2:21: when: this program has no expressions; import _ "github.com/headgate-dev/headgate/config/expressions"
sinks.yaml:2:42: set: b: this program has no expressions; import _ "github.com/headgate-dev/headgate/config/expressions"`
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
