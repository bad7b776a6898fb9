package scrub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clean has a scrubber clean one object.
func clean(t *testing.T, s Scrubber, object string) string {
	t.Helper()
	if err := s.Load([][]byte{[]byte(object)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(); err != nil {
		t.Fatal(err)
	}
	out, err := s.Append(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestEveryTextIsSeenUnderItsKeyAndWhatIsHarmlessStays(t *testing.T) {
	var seen []string
	s := Texts(func(key, text string) string {
		seen = append(seen, key+"="+text)
		switch {
		case strings.Contains(text, "swordfish"):
			return Without(text, "swordfish")
		case key == "n":
			return Without(text, "7410")
		}
		return text
	})
	got := clean(t, s, `{"a":["swordfish",{"b":"a swordfish!"}],"n":7410,"m":1e400,"ok":true,"no":null}`)
	if want := `{"a":["[redacted]",{"b":"a [redacted]!"}],"m":1e400,"n":"[redacted]","no":null,"ok":true}`; got != want {
		t.Error(cmp.Diff(want, got))
	}
	slices.Sort(seen)
	if diff := cmp.Diff([]string{"a=swordfish", "b=a swordfish!", "m=1e400", "n=7410"}, seen); diff != "" {
		t.Error(diff)
	}
	s = Texts(func(_, text string) string { return text })
	if got := clean(t, s, `{"m":1e400,"s":"<a>"}`); got != `{"m":1e400,"s":"\u003ca\u003e"}` {
		t.Errorf("what nothing was found in became %s", got)
	}
}

func TestWhatWasFoundIsTakenOutWhereverItIs(t *testing.T) {
	for _, c := range []struct {
		text  string
		found []string
		want  string
	}{
		{"a x b x", []string{"x"}, "a [redacted] b [redacted]"},
		{"a x b y", []string{"x", "y"}, "a [redacted] b [redacted]"},
		{"a abcdef b", []string{"abcd", "cdef", "abcd"}, "a [redacted] b"}, // several found the same
		{"aaaa", []string{"aa"}, "[redacted]"},
		{"a", nil, "a"},
		{"a", []string{""}, "a"},
		{"YSBzZWNyZXQ", []string{"a secret"}, Mask}, // it was decoded
	} {
		if got := Without(c.text, c.found...); got != c.want {
			t.Errorf("%q without %q is %q, want %q", c.text, c.found, got, c.want)
		}
	}
}

func TestALineThatIsNoJSONAnyMoreIsGivenAsText(t *testing.T) {
	s := Lines(func(line string) string { return strings.ReplaceAll(line, "7410", "[x]") })
	if got := clean(t, s, `{"a":7410}`); got != `"{\"a\":[x]}"` {
		t.Error(got)
	}
	if got := clean(t, s, `{"a":1}`); got != `{"a":1}` {
		t.Error(got)
	}
}

func TestASetIsMeasuredAndWrittenLineByLine(t *testing.T) {
	dir := t.TempDir()
	set := Set{Name: "x", In: filepath.Join(dir, "in"), Out: filepath.Join(dir, "out")}
	if err := os.WriteFile(set.In, []byte("{\"a\":\"x\"}\n{\"a\":\"y\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var kept [][]byte
	s := Texts(func(_, text string) string {
		kept = append(kept, make([]byte, 1000))
		return text + "!"
	})
	cost, err := measure(s, set)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.ReadFile(set.Out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), "{\"a\":\"x!\"}\n{\"a\":\"y!\"}\n"; got != want {
		t.Errorf("%s", cmp.Diff(want, got))
	}
	if cost.Set != "x" || cost.Objects != 2 || cost.Bytes != 18 || cost.CPU <= 0 || cost.Mallocs < 2 || len(kept) < 4 {
		t.Errorf("%+v after %d texts", cost, len(kept))
	}
}

func TestAFailureEndsARun(t *testing.T) {
	failing := errors.New("no")
	s := &Each[json.RawMessage]{
		Take:  func(object []byte) (json.RawMessage, error) { return object, nil },
		Clean: func(json.RawMessage) (json.RawMessage, error) { return nil, failing },
	}
	set := Set{In: filepath.Join(t.TempDir(), "in")}
	if err := os.WriteFile(set.In, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := measure(s, set); !errors.Is(err, failing) {
		t.Errorf("the error is %v", err)
	}
}
