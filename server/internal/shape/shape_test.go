package shape

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/wire"
)

func TestTheShapeOfAValueIsMeasuredWithoutDecodingIt(t *testing.T) {
	for _, c := range []struct {
		name, text    string
		depth, values int
		end           int
		ok            bool
	}{
		{"a number", `1`, 0, 1, 1, true},
		{"a number before a comma", `1,2`, 0, 1, 1, true},
		{"an object", `{"a":1,"b":[2,3]}`, 2, 7, 17, true},
		{"before the end of an array", `{"a":1}]`, 1, 3, 7, true},
		{"brackets and commas in a string", `"[{,:\"]}"x`, 0, 1, 11, true},
		{"a backslash at the end of a string", `"a\\",1`, 0, 1, 5, true},
		{"a string that does not end", `"a\"`, 0, 1, 4, false},
		{"an object that does not close", `{"a":1`, 1, 3, 6, false},
		{"nothing", ``, 0, 1, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, end, ok := Measure([]byte(c.text))
			if s != (wire.Shape{Depth: c.depth, Values: c.values}) || end != c.end || ok != c.ok {
				t.Errorf("got %+v, %d, %v", s, end, ok)
			}
		})
	}
}

func TestAnArrayIsCutIntoItsElements(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		err  error
	}{
		{`[]`, nil, nil},
		{" [ ] \n", nil, nil},
		{`[1]`, []string{"1"}, nil},
		{"\n[ 1 ,\t{\"a\": [1, 2]} , \"x,]\" ]\r\n", []string{"1", `{"a": [1, 2]}`, `"x,]"`}, nil},
		{`[{bad},{}]`, []string{"{bad}", "{}"}, nil}, // validity is the caller's to check
		{`[1,]`, []string{"1", ""}, nil},             // so is an empty element
		{`[1,2,3,4]`, nil, ErrTooMany},
		{``, nil, ErrNotArray},
		{`{}`, nil, ErrNotArray},
		{`[`, nil, ErrNotArray},
		{`[1`, nil, ErrNotArray},
		{`[1,`, nil, ErrNotArray},
		{`[1}`, nil, ErrNotArray},
		{`[1]]`, nil, ErrNotArray},
		{`[][]`, nil, ErrNotArray},
		{`[1] 2`, nil, ErrNotArray},
		{`["a]`, nil, ErrNotArray},
		{`[{"a":1]`, []string(nil), ErrNotArray},
	} {
		var got []string
		err := Elements([]byte(c.text), 3, func(e *Element) error {
			got = append(got, string(e.Text))
			return nil
		})
		if diff := cmp.Diff(c.want, got); !errors.Is(err, c.err) || err == nil && diff != "" {
			t.Errorf("%q: error %v, -want +got:\n%s", c.text, err, diff)
		}
	}
}

// FuzzElements holds the cutting against encoding/json: of a valid array, each element is
// what encoding/json finds; what is not valid never passes with only valid elements.
func FuzzElements(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,"a\"]",{"b":[{}]},null]`, `[1,]`, `[[1}]`, `["\\",1]`, ` [ 1 ] x`, strings.Repeat("[", 100)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want []json.RawMessage
		wantErr := json.Unmarshal(data, &want)
		if string(data) == "null" {
			return
		}
		var elements [][]byte
		valid := true
		err := Elements(data, len(data)+1, func(e *Element) error {
			elements, valid = append(elements, e.Text), valid && json.Valid(e.Text)
			return nil
		})
		valid = valid && err == nil
		if valid != (wantErr == nil) {
			t.Fatalf("%q: %v, but encoding/json says %v", data, err, wantErr)
		}
		if !valid {
			return
		}
		if len(elements) != len(want) {
			t.Fatalf("%q has %d elements, found %d", data, len(want), len(elements))
		}
		for i, e := range elements {
			if string(e) != string(want[i]) {
				t.Fatalf("element %d of %q is %q, not %q", i, data, want[i], e)
			}
		}
	})
}

// FuzzCut holds what is cut while it is checked against what only measures.
func FuzzCut(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `[]`, `{"a":[1,-0.5e+10,true,false,null,"x\u00e9\n"]} `, `{"a":1,}`, `[1,]`, `{"a"}`, `{1:2}`, `01`, `1.`, `-`, `1e`, `1e+`, `.5`, `tru`, `nul`,
		`"\x"`, `"\u12g4"`, `"\`, `"`, "\"\x01\"", "\"\xff\"", `{"a":1}x`, `[[[]]]`, `{"a":{"b":{}}}`, `[}`, `{]`, `+1`, `-01`, `1E5`, "\ufeff1", `"\u123`,
		`{"a":1},{}`, `"twelve bytes\\", "and more"`, `"a\"longer text than a word, with a quote at its end\""`, "\"1234567\x1f\"", "\"é1234567890\x7f\"", `1]`, `"x"}`, `1 2`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantEnd, ok := Measure(data)
		valid := ok && want.Check() == nil && json.Valid(data[:wantEnd])
		var e Element
		end, gotOK := e.Cut(data)
		if e.Valid != valid || gotOK != ok {
			t.Fatalf("%q: valid %t, cut %t; want %t, %t", data, e.Valid, gotOK, valid, ok)
		}
		if ok && (e.Shape != want || end != wantEnd) {
			t.Fatalf("%q: %v to %d, want %v to %d", data, e.Shape, end, want, wantEnd)
		}
	})
}
