package sanitize

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// remembered returns the texts that a sanitizer remembers.
func remembered(s *Sanitizer) (texts []string, size int) {
	for i := range s.seen.texts {
		if t := s.seen.texts[i].Load(); t != nil {
			texts = append(texts, t.text)
			size += len(t.text)
		}
	}
	return texts, size
}

// One encoder meets everything three times; another begins anew with every object.
func TestWhatIsRememberedChangesNothing(t *testing.T) {
	var rows []corpus.Row
	for _, given := range givenCorpora(t) {
		rows = append(rows, given...)
	}
	for _, set := range corpus.Sets() {
		values, events := set.Rows(12)
		rows = append(append(rows, values...), events...)
	}
	warm := newSanitizer(t, Options{}).Encoder()
	defer warm.Release()
	for i := range rows {
		if i%20 != 0 && raceDetector {
			continue // nothing here is concurrent
		}
		object := rows[i].Object()
		fresh := newSanitizer(t, Options{}).Encoder()
		want, err := fresh.AppendObject(nil, object)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			if got, _ := warm.AppendObject(nil, object); !bytes.Equal(got, want) {
				t.Fatalf("the %dth time:\ngot  %s\nwant %s", n+1, got, want)
			}
		}
	}
}

// What is wrapped in a text may be nested too deep where the text itself is deep.
func TestATextIsRememberedForEveryDepth(t *testing.T) {
	wrapped := base64.StdEncoding.EncodeToString([]byte(`{"a":{"b":{"c":[[["plain"]]]}}}`))
	for _, text := range []string{wrapped, "see " + wrapped, `{"a":{"b":{"c":1}}}`, "%7B%22a%22%3A%7B%22b%22%3A1%7D%7D", "plain text"} {
		warm := newSanitizer(t, Options{})
		for depth := range maxDepth {
			object := []byte(`{"x":` + strings.Repeat("[", depth) + string(appendQuoted(nil, text)) + strings.Repeat("]", depth) + `}`)
			encode := func(s *Sanitizer) []byte {
				e := s.Encoder()
				defer e.Release()
				out, err := e.AppendObject(nil, object)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			for range 3 {
				if got, want := encode(warm), encode(newSanitizer(t, Options{})); !bytes.Equal(got, want) {
					t.Fatalf("at depth %d: got %s, want %s", depth, got, want)
				}
			}
		}
	}
}

func TestOnlyPlainTextsThatComeAgainAreRemembered(t *testing.T) {
	props := func(key, text string) func(e *Encoder) {
		return func(e *Encoder) { e.AppendMap(nil, map[string]any{key: text}) }
	}
	for _, c := range []struct {
		what   string
		times  int
		encode func(e *Encoder)
		want   []string
	}{
		{"a text that comes once", 1, props("plan", "business"), nil},
		{"a text that comes again", 2, props("plan", "business"), []string{"business"}},
		{"a token", 5, props("note", "gh"+"p_"+strings.Repeat("a1B2", 9)), nil},
		{"a text with an address", 5, props("note", "mail to jane@example.org"), nil},
		{"a text under a key for secrets", 5, props("password", "expired"), nil},
		{"a text under a key for addresses", 5, props("email", "not given"), nil},
		{"a long text", 5, props("note", strings.Repeat("long ", 40)), nil},
		{"JSON in a text", 5, props("note", `{"a":"plain text"}`), nil},
		{"the name of the event", 5, func(e *Encoder) { e.AppendField(nil, "name", "flow_run") }, []string{"flow_run"}},
		{"the id of a person", 5, func(e *Encoder) { e.AppendField(nil, "user_id", "user-4711") }, nil},
	} {
		s := newSanitizer(t, Options{})
		e := s.Encoder()
		for range c.times {
			c.encode(e)
		}
		if got, _ := remembered(s); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is remembered", c.what, got)
		}
		e.Release()
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	s := newSanitizer(t, Options{})
	e := s.Encoder()
	defer e.Release()
	buf := make([]byte, 0, 1024)
	for i := range rounds(20_000) {
		text := fmt.Sprintf("%0*d", i%(2*maxSeenText), i)
		for range 3 {
			buf = e.AppendMap(buf[:0], map[string]any{"x": "v " + text})
		}
	}
	if texts, size := remembered(s); len(texts) < seenSlots/4 || size > seenSlots*maxSeenText {
		t.Errorf("%d texts with %d bytes are remembered", len(texts), size)
	}
}

func TestEncodersShareWhatIsRemembered(t *testing.T) {
	s := newSanitizer(t, Options{})
	want, _ := encodeMap(t, newSanitizer(t, Options{}), map[string]any{"a": "plain text", "b": "mail jane@example.org", "c": "text 7"})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 300 {
				got, _ := encodeMap(t, s, map[string]any{"a": "plain text", "b": "mail jane@example.org", "c": "text 7"})
				if got != want {
					t.Errorf("got %s, want %s", got, want)
					return
				}
				encodeMap(t, s, map[string]any{"a": fmt.Sprint("text ", i%40)})
			}
		})
	}
	all.Wait()
}
