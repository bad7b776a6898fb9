package shape

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzValidIsWhatEncodingJSONSays(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `[]`, `{"a":[1,-0.5e+10,true,false,null,"x\u00e9\n"]} `, `{"a":1,}`, `[1,]`, `{"a"}`, `{1:2}`, `01`, `1.`, `-`, `1e`, `1e+`, `.5`, `tru`, `nul`,
		`"\x"`, `"\u12g4"`, `"\`, `"`, "\"\x01\"", "\"\xff\"", `{"a":1}x`, `[[[]]]`, `{"a":{"b":{}}}`, `[}`, `{]`, `+1`, `-01`, `1E5`, "\ufeff1", `"\u123`,
		`{"a":1},{}`, `"twelve bytes\\", "and more"`, `"a\"longer text than a word, with a quote at its end\""`, "\"1234567\x1f\"", "\"é1234567890\x7f\"", `1]`, `"x"}`, `1 2`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		measured, end, ok := Measure(data)
		got, gotEnd, valid := Valid(data)
		if want := ok && measured.Check() == nil && json.Valid(data[:end]); valid != want {
			t.Fatalf("%q: %t, want %t", data, valid, want)
		}
		if valid && (got != measured || gotEnd != end) {
			t.Fatalf("%q: %v to %d, want %v to %d", data, got, gotEnd, measured, end)
		}
	})
}

func TestWhatIsTooDeepIsNotFollowed(t *testing.T) {
	if _, _, valid := Valid([]byte(strings.Repeat("[", 10_000_000))); valid {
		t.Error("it is valid")
	}
}

func BenchmarkValid(b *testing.B) {
	data := []byte(`{"name":"flow_run","time":"2026-11-21T12:00:00.123456789Z","user_id":"user-4711-of-the-comparison","properties":{"run":"mark-00000000","seconds":45.25,"success":true,` +
		`"tokens":7410,"model":"gpt-4o-mini","component":"OpenAIEmbeddings","note":"The run read twelve pages and wrote a summary of three short paragraphs","flow":"0b8babf3-7d26-4ec6-9200-023000532978"}}`)
	for name, valid := range map[string]func([]byte) bool{"json": json.Valid, "shape": func(data []byte) bool {
		_, _, ok := Valid(data)
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
