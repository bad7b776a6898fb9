package config_test

import "testing"

func TestANameThatASinkCannotSendIsAWarning(t *testing.T) {
	const sink = "sinks:\n  ga4:\n    measurement_id: G-1\n    api_secret: ${S}\n"
	env := environ{"S": "s", "NAME": "error"}
	for _, c := range []struct{ name, text, want string }{
		{"a name", sink + "    events: [run, error]\n", `sinks.yaml:5:13: events: "error" is sent as "x_error" (sink "ga4")`},
		{"globs and exclusions", sink + "    events: ['err*', '!error']\n", ""},
		{"with a prefix", "event_prefix: app_\n" + sink + "    events: [error]\n", ""},
		{"in the defaults", "defaults: {events: [error]}\n" + sink, `sinks.yaml:1:20: events: "error" is sent as "x_error" (sink "ga4")`},
		{"of a sink that is off", sink + "    events: [error]\n    enabled: false\n", ""},
	} {
		f := mustLoad(t, c.text, env)
		if got := f.Warnings.Error(); got != c.want {
			t.Errorf("%s: got warnings %q, want %q", c.name, got, c.want)
		}
	}
	if _, problems := load(sink+"    events: [panic]\n", env); len(problems) != 1 || problems[0].Line != 5 {
		t.Errorf("a panic: got %v", problems)
	}
}
