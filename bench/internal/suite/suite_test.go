package suite

import (
	"strings"
	"testing"
	"text/template"

	"github.com/headgate-dev/headgate/bench/internal/tally"
)

func TestALostOrDoubledEventVoidsARun(t *testing.T) {
	good := tally.Count{Distinct: 10}
	for name, c := range map[string]tally.Count{
		"lost": {Distinct: 9}, "doubled": {Distinct: 10, Duplicates: 1}, "unknown": {Distinct: 10, Strangers: 1},
	} {
		if whole(tally.Report{Sinks: []tally.Count{good, c, good}}, 3, 10) == nil {
			t.Errorf("an event that was %s does not void the run", name)
		}
		if err := whole(tally.Report{Sinks: []tally.Count{good, c, good}}, 1, 10); err != nil {
			t.Errorf("a sink that was not used voids the run: %v", err)
		}
	}
}

func TestEveryConfigurationNamesEverySink(t *testing.T) {
	s := setting{Sinks: []string{"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"}, Batch: 500, Listen: "127.0.0.1:4", Dir: "/nowhere"}
	for _, d := range []daemon{headgateDaemon, collector, benthos, telegraf} {
		for _, durable := range []bool{false, true} {
			s.Durable, s.Batched, s.EndToEnd = durable, durable, durable
			parsed, err := template.ParseFS(configs, "configs/"+d.config+".tmpl")
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			if err := parsed.Execute(&text, s); err != nil {
				t.Fatal(err)
			}
			for _, url := range s.Sinks {
				if !strings.Contains(text.String(), url) {
					t.Errorf("%s does not name %s", d.config, url)
				}
			}
		}
	}
}
