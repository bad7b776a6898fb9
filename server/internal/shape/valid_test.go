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
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, _, ok := Measure(data); ok && s.Check() != nil {
			return
		}
		if got, want := Valid(data), json.Valid(data); got != want {
			t.Fatalf("%q: %t, want %t", data, got, want)
		}
	})
}

func TestWhatIsTooDeepIsNotFollowed(t *testing.T) {
	if Valid([]byte(strings.Repeat("[", 10_000_000))) {
		t.Error("it is valid")
	}
}

func BenchmarkValid(b *testing.B) {
	data := []byte(`{"name":"flow_run","time":"2026-11-21T12:00:00.123456789Z","user_id":"user-4711-of-the-comparison","properties":{"run":"mark-00000000","seconds":45.25,"success":true,` +
		`"tokens":7410,"model":"gpt-4o-mini","component":"OpenAIEmbeddings","note":"The run read twelve pages and wrote a summary of three short paragraphs","flow":"0b8babf3-7d26-4ec6-9200-023000532978"}}`)
	for name, valid := range map[string]func([]byte) bool{"shape": Valid, "json": json.Valid} {
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
