package core

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is read in one pass is what encoding/json makes of it.
func FuzzAPlainEventIsWhatEncodingJSONMakesOfIt(f *testing.F) {
	for _, text := range []string{
		`{"name":"a"}`, ` { "name" : "a" , "properties" : { "n" : -0.5e+10 , "l" : [ 1 , [ ] , { } , null , true ] } } `,
		`{"name":"a","name":"b"}`, `{"NAME":"a"}`, `{"name":null}`, `{"name":"\ud83d\ude00\u0000\n"}`, `{"name":"\ud83d"}`, "{\"name\":\"\xff\"}",
		`{"name":"a","properties":{"a":1,"a":{"b":2},"A":01}}`, `{"name":"a","properties":null}`, `{"name":"a","kind":"identify","time":"2026-01-02T15:04:05.000000001+02:00"}`,
		`{"name":"a","time":"yesterday"}`, `{"name":"a","unlinkable": true}`, `{"name":"a","unlinkable":false }`, `{"name":"a","unlinkable":1}`, `{"name":"a","kind":"x"}`, `{"name":"a","kind":""}`, `{"name":"a"}x`, `{"name":"a",}`, `{"name":"a","properties":{"x":1.}}`,
		`{"name":"a","properties":{"x":-}}`, `{"name":"\`, `{"name":"a","properties":{"e":1e}}`, `{"name":"é","properties":{"\u006b":"\/"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, ok := plainEvent(data)
		if !ok {
			return
		}
		want, err := decodeEvent(data)
		if err != nil {
			t.Fatalf("encoding/json says %v", err)
		}
		if diff := cmp.Diff(want, plain); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAnOrdinaryEventIsPlain(t *testing.T) {
	for _, text := range []string{
		`{"name":"run","user_id":"u","properties":{"a":"x\n","b":1,"c":true,"d":null,"e":[1,{"f":"é"}]},"context":{"app":{"name":"x"}}}`,
		`{"id":"1","name":"run","kind":"page","time":"2026-01-02T15:04:05Z","anonymous_id":"a","session_id":"s","properties":{}}`,
	} {
		if _, ok := plainEvent([]byte(text)); !ok {
			t.Errorf("%s is not plain", text)
		}
	}
}

func TestDeepPropertiesAreNotPlain(t *testing.T) {
	text := `{"name":"a","properties":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 101)
	if _, ok := plainEvent([]byte(text)); ok {
		t.Error("it is")
	}
	if _, err := DecodeEvent([]byte(text)); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	data := []byte(`{"name":"flow_run","time":"2026-11-21T12:00:00.123456789Z","user_id":"user-4711-of-the-comparison","properties":{"run":"mark-00000000","seconds":45.25,"success":true,` +
		`"tokens":7410,"model":"gpt-4o-mini","component":"OpenAIEmbeddings","note":"The run read twelve pages and wrote a summary of three short paragraphs","flow":"0b8babf3-7d26-4ec6-9200-023000532978"}}`)
	for name, decode := range map[string]func([]byte) (Event, error){"plain": DecodeEvent, "json": decodeEvent} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
