package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/wire"
)

// The events of a body are cut out of it one after the other, and what is no plain event is told from what is one,
// without decoding either.
func ExampleEvent_Cut() {
	body := []byte(`{"name":"run","user_id":"u1","properties":{"flow":"a"}},{"name":null}`)
	var e wire.Event
	for len(body) > 0 {
		_, end, ok := e.Cut(body)
		if !ok {
			fmt.Println("not valid")
			break
		}
		fmt.Println(e.Plain, e.Name, e.UserID, string(e.Properties))
		body = body[min(end+1, len(body)):]
	}
	// Output:
	// true run u1 {"flow":"a"}
	// false
}

func TestAPlainEventIsReadAsItIsWritten(t *testing.T) {
	for _, c := range []struct {
		text string
		want wire.Event
	}{
		{`{"name":"a"}`, wire.Event{Name: "a"}},
		{
			`{"id":"1","name":"a","kind":"page","time":"2026-01-02T15:04:05Z","user_id":"u","anonymous_id":"n","session_id":"s","unlinkable":true,"properties":{"a":[1]},"context":{"b":{}}}`,
			wire.Event{
				ID: "1", Name: "a", Kind: "page", Time: "2026-01-02T15:04:05Z", UserID: "u", AnonymousID: "n", SessionID: "s", Unlinkable: true,
				Properties: []byte(`{"a":[1]}`), Context: []byte(`{"b":{}}`),
			},
		},
		{"\n{ \"name\" :\t\"a\" , \"properties\" : { } , \"unlinkable\" : false }\r\n", wire.Event{Name: "a"}},
		{`{"name":"\u0061\n","user_id":"ü","session_id":"\ud83d\ude00"}`, wire.Event{Name: "a\n", UserID: "ü", SessionID: "😀"}},
		{`{"type":"track","name":"a","extra":{"name":[1,2]}}`, wire.Event{Name: "a"}}, // others are ignored
	} {
		c.want.Text, c.want.Plain = []byte(strings.TrimSpace(c.text)), true
		var got wire.Event
		_, end, ok := got.Cut([]byte(c.text))
		if diff := cmp.Diff(c.want, got); diff != "" || end != len(c.text) || !ok {
			t.Errorf("%s: to %d, %t\n%s", c.text, end, ok, diff)
		}
	}
}

func TestWhatLeavesAQuestionOpenIsNotPlain(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `1`, `null`, `{"id":"1"}`, `{"name":"a","name":"b"}`, `{"Name":"a"}`, `{"name":"a","NAME":"b"}`, `{"name":"a","\u006eame":"b"}`, `{"name":"a","propertieſ":{}}`,
		`{"name":null}`, `{"name":1}`, "{\"name\":\"\xff\"}", `{"name":"a","user_id":7}`, `{"name":"a","time":""}`, `{"name":"a","unlinkable":1}`, `{"name":"a","properties":null}`,
		`{"name":"a","properties":[]}`, `{"name":"a","context":"x"}`, `{"name":"a","context":{"consent":{}}}`, `{"name":"a","context":{"\u0063onsent":{}}}`,
	} {
		var e wire.Event
		_, end, ok := e.Cut([]byte(text))
		if e.Plain || !ok || end != len(text) || string(e.Text) != text {
			t.Errorf("%s: plain %t, to %d, %t", text, e.Plain, end, ok)
		}
	}
}

func TestReadTakesTheWholeText(t *testing.T) {
	for text, plain := range map[string]bool{`{"name":"a"}`: true, ` {"name":"a"} `: true, `{"name":"a"},`: false, `{"name":"a"}}`: false, `{"name":"a"`: false, ``: false} {
		if e := wire.Read([]byte(text)); e.Plain != plain || !plain && string(e.Text) != text {
			t.Errorf("%q: %+v", text, e)
		}
	}
}

// An answer about consent must not be overlooked, whatever it is nested in and however it is written.
func TestNoTextWithAnAnswerAboutConsentIsPlain(t *testing.T) {
	for _, context := range []string{
		`{"consent":{"withdrawn":true}}`,
		`{"\u0063onsent":{"withdrawn":true}}`,
		`{"locale":"en","consent" : {"categoryPreferences":{"analytics":false},"withdrawn":true}}`,
	} {
		if e := wire.Read([]byte(`{"name":"a","context":` + context + `}`)); e.Plain {
			t.Errorf("%s is not read", context)
		}
	}
}
