package core

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/core/wire"
)

// An event that is sealed without being decoded is the one that encoding/json would have read.
func FuzzAnEventSplitIsTheOneDecoded(f *testing.F) {
	for _, text := range []string{
		`{"name":"a"}`, ` { "name" : "a" , "properties" : { "n" : -0.5e+10 , "l" : [ 1 , [ ] , { } , null , true ] } } `,
		`{"name":"a","name":"b"}`, `{"NAME":"a"}`, `{"name":null}`, `{"name":"\ud83d\ude00\u0000\n"}`, `{"name":"\ud83d"}`, "{\"name\":\"\xff\"}",
		`{"name":"a","properties":{"a":1,"a":{"b":2},"A":01}}`, `{"name":"a","properties":null}`, `{"name":"a","kind":"identify","time":"2026-01-02T15:04:05.000000001+02:00"}`,
		`{"name":"a","time":"yesterday"}`, `{"name":"a","time":""}`, `{"name":"a","type":"track","$x":[{"time":1}]}`, `{"name":"a","\u006eame":"b"}`, "{\"name\":\"a\",\"\u212aind\":\"x\"}", `{"name":"a","unlinkable": true}`, `{"name":"a","unlinkable":false }`, `{"name":"a","unlinkable":1}`, `{"name":"a","kind":"x"}`, `{"name":"a","kind":""}`,
		`{"name":"a"}x`, `{"name":"a",}`, `{"name":"a","properties":{"x":1.}}`, `{"name":"a","properties":{"x":-}}`, `{"name":"\`, `{"name":"a","properties":{"e":1e}}`,
		`{"name":"é","properties":{"\u006b":"\/"}}`, `{"name":"a","properties":[}}`, `{"name":"a","properties":{]}`, "{\"name\":\"a\",\"properties\":{\"x\":\"\xff\"}}",
		`{"name":"a","context":{"app":1,"locale":"en"}}`, `{"name":"a","context":{"app":2,"app":3}}`, `{"name":"a","context":{}}`, `{"name":"a","context":{"x":{}},"properties":{}}`,
		`{"name":"a","properties":{"x":"` + "\x01" + `"}}`, `{"name":"a","properties":{"x":"\ud83d"}}`, `{"name":"a","properties":{"b":1e400,"c":-0,"d":123456789012345678901234567890}}`,
	} {
		f.Add([]byte(text))
	}
	sanitizer, err := sanitize.New(sanitize.Options{Mode: "off"}) // which order members have may matter to what they mean
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	seal := func(d draft) (json.RawMessage, error) {
		if d.id == "" {
			d.id = "an id"
		}
		if err := d.check(); err != nil {
			return nil, err
		}
		enc := sanitizer.Encoder()
		defer enc.Release()
		rec, err := newSealer(App{Name: "app"}, true, sanitizer).appendRecord(nil, enc, &d, nil, now)
		if err != nil {
			return nil, err
		}
		sealed, err := openRecord(rec)
		return sealed.JSON(), err
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, split := wire.Read(data), draft{}
		if !split.read(&e) {
			return
		}
		got, err := seal(split)
		event, wantErr := DecodeEvent(data)
		var want json.RawMessage
		if wantErr == nil {
			decoded, said := newDraft(event)
			if diff := cmp.Diff(consent.Signals{}, said); diff != "" {
				t.Fatalf("%s\nsays something about consent", data)
			}
			want, wantErr = seal(decoded)
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s\nsplit: %v\ndecoded: %v", data, err, wantErr)
		}
		if err == nil {
			a, b := decodeNumbers(t, want), decodeNumbers(t, got)
			if split.unlinkable { // each has an id of its own
				delete(a, "id")
				delete(b, "id")
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Fatalf("%s\n%s", data, diff)
			}
		}
	})
}

func decodeNumbers(t *testing.T, text []byte) (v map[string]any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return v
}

func TestAnOrdinaryEventIsNotDecoded(t *testing.T) {
	for _, text := range []string{
		`{"name":"run","user_id":"u","properties":{"a":"x\n","b":1,"c":true,"d":null,"e":[1,{"f":"é"}]},"context":{"app":{"name":"x"}}}`,
		`{"id":"1","name":"run","kind":"page","time":"2026-01-02T15:04:05Z","anonymous_id":"a","session_id":"s","properties":{}}`,
		"{\n  \"name\": \"run\",\n  \"properties\": {\n    \"a\": [ 1, { \"b\": \"}\" } ]\n  }\n}\n",
	} {
		if e := wire.Read([]byte(text)); !new(draft).read(&e) {
			t.Errorf("%s is decoded", text)
		}
	}
}

// A time that is copied reads as one that is parsed and formatted.
func TestATimeIsTheSameHoweverItIsWritten(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, text := range []string{
		"2026-01-02T15:04:05Z", "2026-01-02T15:04:05.1Z", "2026-01-02T15:04:05.123456789Z", "2026-01-02T15:04:05.120Z", "2026-01-02T15:04:05.000Z", "2026-01-02T15:04:05.1234567891Z",
		"2026-01-02T15:04:05+00:00", "2026-01-02T15:04:05-07:00", "2026-01-02T5:04:05.1Z", "2026-01-02T15:04:05,1Z", "1677-12-31T23:59:59Z", "1678-01-01T00:00:00Z", "2261-12-31T23:59:59.999999999Z",
		"2262-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1678-01-01T00:30:00+01:00", "2026-01-02t15:04:05z",
	} {
		var d draft
		e := wire.Read([]byte(`{"name":"a","time":"` + text + `"}`))
		if !d.read(&e) {
			if _, err := DecodeEvent(e.Text); err == nil {
				t.Errorf("%s is a time, and not read", text)
			}
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if at = at.UTC(); at.Year() < 1678 || at.Year() > 2261 {
			at = now
		}
		for _, unlinkable := range []bool{false, true} {
			d, want := d, at
			if d.unlinkable = unlinkable; unlinkable {
				want = at.Truncate(time.Hour)
			}
			sealed := sealDraft(t, d, now)
			if got := decodeNumbers(t, sealed.JSON())["time"]; got != want.Format(time.RFC3339Nano) || !sealed.Time().Equal(want) {
				t.Errorf("%s is written %v and read %v", text, got, sealed.Time())
			}
		}
	}
}

func sealDraft(t *testing.T, d draft, now time.Time) Sealed {
	t.Helper()
	sanitizer, err := sanitize.New(sanitize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	enc := sanitizer.Encoder()
	defer enc.Release()
	rec, err := newSealer(App{}, false, sanitizer).appendRecord(nil, enc, &d, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := openRecord(rec)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
