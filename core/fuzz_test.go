package core

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// FuzzDecodeAndSeal sends arbitrary bytes the way of an event: what is decoded and
// sealed can be opened, is JSON, and survives being decoded again.
func FuzzDecodeAndSeal(f *testing.F) {
	for _, seed := range []string{
		`{"name":"run"}`, `{"name":"run","time":"2026-01-02T03:04:05Z","properties":{"a":[1,{"b":null}]},"context":{"consent":{"ads":false}}}`,
		`{"name":"\u0000"}`, `{"name":"x","id":"\"\\","user_id":"\ud800"}`, `[]`, `{"name":"x","properties":{"a":1,"a":2}}`, `{"name":"x","time":"0000-01-01T00:00:00Z"}`,
	} {
		f.Add([]byte(seed))
	}
	sanitizer, err := sanitize.New(sanitize.Options{})
	if err != nil {
		f.Fatal(err)
	}
	seal := newSealer(App{Name: "fuzz"}, false, sanitizer)
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := DecodeEvent(data)
		if err != nil {
			if !errors.Is(err, ErrInvalidEvent) {
				t.Fatalf("%v is not ErrInvalidEvent", err)
			}
			return
		}
		enc := sanitizer.Encoder()
		defer enc.Release()
		dr, said := newDraft(e)
		if dr.check() != nil {
			return
		}
		dr.decision = consent.Gate{}.Decide(said)
		rec, err := seal.appendRecord(nil, enc, &dr, nil, time.Now())
		if err != nil {
			return
		}
		s, err := openRecord(rec)
		if err != nil {
			t.Fatalf("sealed, but cannot be opened: %v", err)
		}
		if !json.Valid(s.JSON()) {
			t.Fatalf("sealed as something that is not JSON: %q", s.JSON())
		}
		if again, err := DecodeEvent(s.JSON()); err != nil || again.Name != s.Name() || again.ID != s.ID() {
			t.Fatalf("decoding what was sealed: %+v, %v", again, err)
		}
		for range s.Props().All() {
		}
	})
}
