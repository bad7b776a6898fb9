package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// FuzzCleanEvent wants every line answered with JSON, of which a second cleaning
// changes nothing, and no secret in any of it.
func FuzzCleanEvent(f *testing.F) {
	for _, seed := range []string{
		`{"name":"signup","user_id":"u","properties":{"a":1},"context":{"b":[true,null]},"time":"2026-01-02T15:04:05Z"}`,
		`{"name":7,"properties":"x","extra":{"deep":{"er":1}}}`,
		`{"password":"swordfish","timestamp":"soon"}`, `[]`, `null`, `{}`, `{"":""}`, `{"a":1e999}`, "{\"\xff\":1}",
	} {
		f.Add(seed)
	}
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		f.Fatal(err)
	}
	clean := func(text []byte) (string, error) {
		enc := s.Encoder()
		defer enc.Release()
		enc.Record()
		out, findings, err := cleanEvent(enc, nil, text)
		if !json.Valid(appendFindings(nil, findings)) {
			f.Fatalf("the findings are no JSON: %v", findings)
		}
		return string(out), err
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := clean([]byte(text))
		if err != nil {
			if strings.Contains(err.Error(), text) && len(text) > 8 {
				t.Errorf("the error repeats the input: %v", err)
			}
			return
		}
		if !json.Valid([]byte(once)) || bytes.ContainsRune([]byte(once), '\n') {
			t.Fatalf("not a line of JSON: %q", once)
		}
		twice, err := clean([]byte(once))
		if err != nil {
			t.Fatalf("cleaning again: %v", err)
		}
		var a, b any
		if json.Unmarshal([]byte(once), &a) != nil || json.Unmarshal([]byte(twice), &b) != nil {
			return // a number that Go cannot hold
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("cleaning again changes it (-once +twice):\n%s", diff)
		}
	})
}
