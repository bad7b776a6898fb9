package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"
)

func TestTheReferenceSaysAllThereIsToKnow(t *testing.T) {
	text, ok := config.Reference(newRegistry(&recorder{}), "ga4")
	if !ok {
		t.Fatal("not found")
	}
	for _, want := range []string{
		"ga4: Google Analytics 4.\nEvents go to a third party.\nA batch has at most 25 events and at most 130kB.\n",
		"  api_secret  (string, required, secret)\n      Secret of the stream. For example ${GA4_API_SECRET}.\n",
		"  region  (global | eu, default global)\n",
		"  consent.ad_user_data  (GRANTED | DENIED, default DENIED)\n",
		"  sample  (number, more than 0 and at most 1)\n",
		"LIMITS\n  value | name: 100 characters (cut)\n      https://vendor.example.com/limits\n",
		`For example ["run", "component*", "!component_debug"].`,
		"  retry.max_age  (duration, at least 1ms, default 72h)\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
	if _, ok := config.Reference(nil, "ga5"); ok {
		t.Error("found what there is not")
	}
	if text, _ := config.Reference(nil, "log"); !strings.Contains(text, "EXAMPLE\n  sinks:\n    log:\n      format: json\n") {
		t.Errorf("no example:\n%s", text)
	}
}

func TestTheReferenceSaysWhichOptionKeepsEventsNearer(t *testing.T) {
	for typ, want := range map[string]string{
		"log":  "Events stay on this machine.\n",
		"http": "Events leave this machine for a place that its operator runs.\n",
		"exec": "Events go to a third party; with reach: network they leave this machine for a place that its operator runs; " +
			"with reach: local they stay on this machine.\n",
		"warehouse": "Events leave this machine for a place that its operator runs; with driver: sqlite they stay on this machine.\n",
	} {
		if text, _ := config.Reference(nil, typ); !strings.Contains(text, "\n"+want) {
			t.Errorf("%s: it lacks %q:\n%.400s", typ, want, text)
		}
	}
}

func TestThePagesEscapeWhatWouldEndACell(t *testing.T) {
	pages := config.Pages(newRegistry(&recorder{}))
	if len(pages) != 4 {
		t.Errorf("%d pages, want one for each type and README.md", len(pages))
	}
	if want := "| `region` | global \\| eu | `global` | Where data is processed. |\n"; !strings.Contains(pages["ga4.md"], want) {
		t.Errorf("ga4.md lacks %q:\n%s", want, pages["ga4.md"])
	}
	if want := "| value \\| name | 100 characters | cut | [source](https://vendor.example.com/limits) |\n"; !strings.Contains(pages["ga4.md"], want) {
		t.Errorf("ga4.md lacks %q:\n%s", want, pages["ga4.md"])
	}
	if strings.Contains(pages["log.md"], "## Limits") {
		t.Error("log.md has a table of limits though there are none")
	}
	if want := "| `api_secret` | string, secret | **required** |"; !strings.Contains(pages["ga4.md"], want) {
		t.Errorf("ga4.md lacks %q", want)
	}
}

// TestTheKeysOfTheCoreAreReserved has no sink type take a key that would be the core's.
func TestTheKeysOfTheCoreAreReserved(t *testing.T) {
	_, delivery := config.Keys()
	keys := []string{"type"}
	for _, o := range delivery {
		keys = append(keys, o.Key)
	}
	reserved := registry.ReservedKeys()
	slices.Sort(keys)
	slices.Sort(reserved)
	if diff := cmp.Diff(keys, reserved); diff != "" {
		t.Errorf("the keys of the core, and those that are reserved:\n%s", diff)
	}
}
