package core

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// deployed is a payload with every class of field.
type deployed struct {
	Key     string         `json:"sessionKey" headgate:"public" doc:"a name that the scanner takes for a secret's"`
	Phone   int64          `json:"phone" headgate:"public"`
	Where   string         `json:"host" headgate:"public"`
	Error   string         `json:"errorText" headgate:"text" doc:"why"`
	Nick    *string        `json:"nick,omitempty" headgate:"public"`
	Inputs  map[string]any `json:"inputs,omitzero"`
	Unknown string
	Skipped string `json:"-"`
	hidden  string
}

func (deployed) EventName() string { return "deployed" }

// emitted returns the properties of a payload as a sink gets them.
func emitted(t *testing.T, privacy sanitize.Options, p Payload) string {
	t.Helper()
	s := &fakeSink{}
	d := newTest(t, Config{Privacy: privacy, Sinks: []SinkConfig{sinkOf("a", s)}})
	if err := d.Emit(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := d.Enqueue(t.Context(), Event{Name: "deployed", Props: Props{"sessionKey": "abc-12345678", "phone": 4915112345678, "errorText": "of ada@example.com", "more": 1}, Schema: SchemaOf(p)}); err != nil {
		t.Fatal(err)
	}
	closeOrFail(t, d)
	return strings.Join(s.json, "\n")
}

func TestDeclaredPropertiesPassAndDeclaredTextsAreScannedAllTheSame(t *testing.T) {
	nick := "zed"
	p := deployed{
		Key: "abc-12345678", Phone: 4915112345678, Where: "of ada@example.com", Error: "open /home/ada/x: mail ada@example.com", Nick: &nick,
		Inputs: map[string]any{"password": "hunter2hunter2"}, Unknown: "words", hidden: "x",
	}
	got := emitted(t, sanitize.Options{}, p)
	for _, want := range []string{`"sessionKey":"abc-12345678"`, `"phone":4915112345678`, `"nick":"zed"`, `"Unknown":"words"`, `"host":"of [redacted:email]"`, "[redacted:user]/x: mail [redacted:email]", `"inputs":{"password":"[redacted:password]"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if undeclared := emitted(t, sanitize.Options{}, struct{ deployedWithoutTags }{deployedWithoutTags{Key: p.Key, Phone: p.Phone}}); strings.Contains(strings.Split(undeclared, "\n")[0], "abc-12345678") {
		t.Errorf("the test shows nothing: %s", undeclared)
	}
	strict := emitted(t, sanitize.Options{Mode: "strict"}, p)
	for want, there := range map[string]bool{`"sessionKey":"abc-12345678"`: true, `"errorText":"of [redacted:email]"`: true, `"nick"`: true, "Unknown": false, "inputs": false, `"more"`: false, "ada@": false, `"host":"of [redacted:email]"`: true} {
		if strings.Contains(strict, want) != there {
			t.Errorf("strict: %s: %s there: %v", strict, want, !there)
		}
	}
	denied := emitted(t, sanitize.Options{DenyKeys: []string{"NICK", "session_key"}}, p)
	if strings.Contains(denied, "zed") || strings.Contains(denied, "abc-12345678") {
		t.Errorf("what is denied was declared, and passed: %s", denied)
	}
}

type deployedWithoutTags struct {
	Key   string `json:"sessionKey"`
	Phone int64  `json:"phone"`
}

func (deployedWithoutTags) EventName() string { return "deployed" }

func TestASchemaHasEveryPropertyThatJSONHas(t *testing.T) {
	want := []SchemaField{
		{Name: "sessionKey", Type: "text", Class: "public", Doc: "a name that the scanner takes for a secret's"}, {Name: "phone", Type: "integer", Class: "public"},
		{Name: "host", Type: "text", Class: "public"}, {Name: "errorText", Type: "text", Class: "text", Doc: "why"},
		{Name: "nick", Type: "text", Class: "public", Optional: true}, {Name: "inputs", Type: "object", Optional: true}, {Name: "Unknown", Type: "text"},
	}
	if diff := cmp.Diff(want, SchemaOf(&deployed{}).Fields); diff != "" {
		t.Error(diff)
	}
	for _, p := range []any{nil, 3, map[string]any{}, "x"} {
		if SchemaOf(p) != nil {
			t.Errorf("%v has a schema", p)
		}
	}
}

func TestOnlyAWordPassesUnscanned(t *testing.T) {
	for text, want := range map[string]bool{
		`1`: true, `-1.5e3`: true, `true`: true, `null`: true, `""`: true, `"deployment.create"`: true, `"ChatInput-aB3dE"`: true, `"2026-11-21T12:00:00+01:00"`: true,
		`"a b"`: false, `"a@b"`: false, `"/home/x"`: false, `"a=b"`: false, `"a\u0041"`: false, `{"a":1}`: false, `[1]`: false, `""x`: false, ``: false, `"` + strings.Repeat("a", 65) + `"`: false,
	} {
		if got := isWord([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// What is taken out of a declared text is told of, and counted, like all else.
func TestWhatIsTakenOutOfDeclaredTextsIsInPreviewsAndInTheCounts(t *testing.T) {
	p := deployed{Key: "abc-12345678", Where: "of ada@example.com", Error: "open /home/ada/x: mail ada@example.com", Unknown: "words"}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var props map[string]any
	if err := json.Unmarshal(text, &props); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Privacy: sanitize.Options{Mode: "strict"}}
	event := Event{Name: "deployed", Props: props, Schema: SchemaOf(p), Context: Props{"note": "of bob@example.com"}}
	got, err := Preview(cfg, event, WithEnviron(func(string) (string, bool) { return "", false }), WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string][]string)
	var paths []string
	for _, f := range got.Findings {
		kinds[f.Path] = append(kinds[f.Path], f.Kind)
		paths = append(paths, f.Path)
	}
	for path, want := range map[string]string{"properties.host": "email", "properties.errorText": "email", "properties.Unknown": "unknown"} {
		if !slices.Contains(kinds[path], want) && (want != "unknown" || kinds[path] == nil) {
			t.Errorf("%s is not told of as %s: %v", path, want, got.Findings)
		}
	}
	d := newTest(t, Config{Privacy: cfg.Privacy, Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
	enqueueAll(t, d, event)
	if n := d.Stats().Redactions["email"]; n != 2 {
		t.Errorf("%d addresses are counted, want those of the two declared texts", n)
	}
	closeOrFail(t, d)
	in := func(object string) int {
		return slices.IndexFunc(paths, func(path string) bool { return strings.HasPrefix(path, object) })
	}
	if in("context.") < in("properties.") || slices.Contains(paths[max(in("context."), 0):], "properties.host") {
		t.Errorf("they are not in the order of the event: %v", paths)
	}
}
