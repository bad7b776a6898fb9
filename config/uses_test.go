package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
)

func TestWhatAFileNeedsOfAProgramIsFoundWithoutKnowingItsSinks(t *testing.T) {
	for text, want := range map[string]config.Uses{
		"sinks:\n":                       {Types: []string{"log"}, Prometheus: true},
		"sinks: {log: {}, x: {type: y}}": {Types: []string{"log", "y"}, Prometheus: true},
		"admin: {prometheus: false}\nqueue: {type: disk}\nsinks: {a: {type: y}, b: {type: y}}": {Types: []string{"y"}, Queue: "disk"},
		"sinks: {a: {type: warehouse, driver: postgres}, warehouse: {path: x}}":                {Types: []string{"warehouse"}, Drivers: []string{"postgres", "sqlite"}, Prometheus: true},
		"sinks: {log: {when: props.a}}":           {Types: []string{"log"}, Expressions: true, Prometheus: true},
		"defaults: {set: {a: 1}}\nsinks: {log: }": {Types: []string{"log"}, Expressions: true, Prometheus: true},
	} {
		got, err := config.FindUses(write(t, text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"sinks: {a: {type: '${TYPE:-log}'}}":                    "sinks.yaml:1:19: the type of a sink is ${TYPE}, so it depends on the environment",
		"sinks: {a: {type: warehouse, driver: '${DRIVER:-x}'}}": "the driver of a warehouse is ${DRIVER}",
		"sinks: {a: b: c}":                                      "YAML",
	} {
		if _, err := config.FindUses(write(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
