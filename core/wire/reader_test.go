package wire

import (
	"encoding/json"
	"strings"
	"testing"
)

// What is cut off a text is valid exactly if encoding/json says so.
func FuzzCutJudgesAsEncodingJSON(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `[]`, `{"a":[1,-0.5e+10,true,false,null,"x\u00e9\n"]} `, `{"a":1,}`, `[1,]`, `{"a"}`, `{1:2}`, `01`, `1.`, `-`, `1e`, `1e+`, `.5`, `tru`, `nul`,
		`"\x"`, `"\u12g4"`, `"\`, `"`, "\"\x01\"", "\"\xff\"", `{"a":1}x`, `[[[]]]`, `{"a":{"b":{}}}`, `[}`, `{]`, `+1`, `-01`, `1E5`, "\ufeff1", `"\u123`,
		`{"a":1},{}`, `"twelve bytes\\", "and more"`, `"a\"longer text than a word, with a quote at its end\""`, "\"1234567\x1f\"", "\"é1234567890\x7f\"", `1]`, `"x"}`, `1 2`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e Event
		s, end, ok := e.Cut(data)
		if !ok {
			if json.Valid(data) && !exceeds(data) {
				t.Fatalf("%q is valid", data)
			}
			return
		}
		if !json.Valid(e.Text) || string(e.Text) != strings.Trim(string(data[:end]), " \t\r\n") {
			t.Fatalf("%q is cut to %q", data, e.Text)
		}
		if end < len(data) && !strings.ContainsRune(",]}", rune(data[end])) {
			t.Fatalf("%q is cut at %d", data, end)
		}
		if err := s.Check(); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
	})
}

// exceeds reports whether a text may exceed a bound, however generously counted.
func exceeds(data []byte) bool {
	return strings.Count(string(data), "[")+strings.Count(string(data), "{") > MaxDepth || len(data) > MaxValues
}

func TestWhatIsTooDeepIsNotFollowed(t *testing.T) {
	if _, _, valid := new(Event).Cut([]byte(strings.Repeat("[", 10_000_000))); valid {
		t.Error("it is valid")
	}
}

func BenchmarkCut(b *testing.B) {
	data := []byte(`{"name":"flow_run","time":"2026-11-21T12:00:00.123456789Z","user_id":"user-4711-of-the-comparison","properties":{"run":"mark-00000000","seconds":45.25,"success":true,` +
		`"tokens":7410,"model":"gpt-4o-mini","component":"OpenAIEmbeddings","note":"The run read twelve pages and wrote a summary of three short paragraphs","flow":"0b8babf3-7d26-4ec6-9200-023000532978"}}`)
	var e Event
	for name, valid := range map[string]func([]byte) bool{"json": json.Valid, "wire": func(data []byte) bool {
		_, _, ok := e.Cut(data)
		return ok
	}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if !valid(data) {
					b.Fatal("it is not valid")
				}
			}
		})
	}
}
