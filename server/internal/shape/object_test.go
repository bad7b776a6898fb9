package shape

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnObjectIsCutIntoItsMembers(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		err  error
	}{
		{`{}`, nil, nil},
		{" { } \n", nil, nil},
		{`{"a":1}`, []string{"a=1"}, nil},
		{"\n{ \"a\" :\t[1, {\"b\": 2}] , \"c\": \"x,}\" }\r\n", []string{`a=[1, {"b": 2}]`, `c="x,}"`}, nil},
		{`{"a":1,"a":2}`, []string{"a=1", "a=2"}, nil},
		{`{"\u0062atch":1,"\"":2}`, []string{"batch=1", `"=2`}, nil},
		{`{"a":bad,"b":}`, []string{"a=bad", "b="}, nil}, // validity is the caller's to check
		{``, nil, ErrNotObject},
		{`[]`, nil, ErrNotObject},
		{`{`, nil, ErrNotObject},
		{`{"a"`, nil, ErrNotObject},
		{`{"a"}`, nil, ErrNotObject},
		{`{"a":1`, nil, ErrNotObject},
		{`{"a":1]`, nil, ErrNotObject},
		{`{"a":1,}`, nil, ErrNotObject},
		{`{a:1}`, nil, ErrNotObject},
		{"{\"a\n\":1}", nil, ErrNotObject},
		{`{"\x":1}`, nil, ErrNotObject},
		{`{"a":1}}`, nil, ErrNotObject},
		{`{"a":1} 2`, nil, ErrNotObject},
	} {
		var got []string
		err := Members([]byte(c.text), func(key string, value []byte) error {
			got = append(got, key+"="+string(value))
			return nil
		})
		if diff := cmp.Diff(c.want, got); !errors.Is(err, c.err) || err == nil && diff != "" {
			t.Errorf("%q: error %v, -want +got:\n%s", c.text, err, diff)
		}
	}
}

func TestAVisitorEndsTheVisit(t *testing.T) {
	enough, visits := errors.New("enough"), 0
	err := Members([]byte(`{"a":1,"b":2`), func(string, []byte) error { visits++; return enough })
	if err != enough || visits != 1 {
		t.Errorf("got %v after %d visits", err, visits)
	}
}

// FuzzMembers holds the cutting against encoding/json: of a valid object, each key has the
// value that encoding/json finds; what is not valid never passes with only valid values.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"a":{"b":[{}]},"\u0063":null}`, `{"a":1,}`, `{"a":[1}}`, `{"\\":1}`, ` { "a" : 1 } x`, strings.Repeat(`{"a":`, 100)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(data, &want)
		if strings.TrimSpace(string(data)) == "null" {
			return
		}
		got, valid := map[string]string{}, true
		err := Members(data, func(key string, value []byte) error {
			got[key] = string(value)
			valid = valid && json.Valid(value)
			return nil
		})
		valid = valid && err == nil
		if valid != (wantErr == nil) {
			t.Fatalf("%q: %v, but encoding/json says %v", data, err, wantErr)
		}
		for key, value := range want {
			if v, ok := got[key]; valid && (!ok || v != string(value)) {
				t.Fatalf("%q has under %q %q, not %q", data, key, got[key], value)
			}
		}
	})
}
