package warehouse

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func TestARowHasEverythingOfItsEvent(t *testing.T) {
	at := time.Date(2026, 11, 21, 13, 14, 15, 123456789, time.UTC)
	event := sealed(t, core.Event{
		ID: "a", Name: "checkout", Kind: core.KindIdentify, Time: at, UserID: "u", AnonymousID: "n", SessionID: "s",
		Props: core.Props{"total": 49.9}, Context: core.Props{"app": map[string]any{"name": "shop", "version": 7}, "locale": "de"},
	})[0]
	want := Row{
		ID: "a", Endpoint: "checkout", Kind: "identify", Time: at, Received: event.Received(), UserID: "u", AnonymousID: "n", SessionID: "s",
		Payload: []byte(`{"total":49.9}`), Context: []byte(`{"app":{"name":"shop","version":7},"locale":"de"}`), AppName: "shop", SchemaVersion: 1,
	}
	if diff := cmp.Diff(want, RowOf(event)); diff != "" {
		t.Error(diff)
	}
	bare := RowOf(sealed(t, core.Event{Name: "x"})[0])
	if bare.ID == "" || string(bare.Payload) != "{}" || bare.Kind != "track" || bare.UserID != "" {
		t.Errorf("%+v", bare)
	}
}

func TestARowHasNoNUL(t *testing.T) {
	row := RowOf(sealed(t, core.Event{
		ID: "a\x00b", Name: "x", UserID: "\x00", SessionID: "s\x00",
		Props: core.Props{"k\x00": `v` + "\x00" + `\u0000`, `\u0000`: "\\\x00"}, Context: core.Props{"c": "\x00"},
	})[0])
	text, err := row.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"k\ufffd": `v` + "\ufffd" + `\u0000`, `\u0000`: "\\\ufffd"}
	if diff := cmp.Diff(want, decoded["payload"]); diff != "" {
		t.Error(diff)
	}
	if row.ID != "a\ufffdb" || row.UserID != "\ufffd" || string(row.Context) != `{"c":"\ufffd","app":{"name":"acme","version":"1.2.3"}}` {
		t.Errorf("%+v", row)
	}
}

func FuzzWithoutNULChangesNothingElse(f *testing.F) {
	for _, s := range []string{"", "\x00", `\u0000`, "\\\x00", `\\` + "\x00\x00", "a\u2028\x1f\"", strings.Repeat("\x00", 5)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := json.Marshal(map[string]string{"k": s, s: "v"})
		if err != nil {
			t.Skip()
		}
		before := string(text)
		got := withoutNUL(text)
		if string(text) != before {
			t.Error("the text of the event was changed, which belongs to the dispatcher")
		}
		var decoded, original map[string]string
		if err := json.Unmarshal(got, &decoded); err != nil {
			t.Fatalf("%q became %q: %v", before, got, err)
		}
		if err := json.Unmarshal(text, &original); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for k, v := range original {
			want[strings.ReplaceAll(k, "\x00", "\ufffd")] = strings.ReplaceAll(v, "\x00", "\ufffd")
		}
		if len(want) == len(original) {
			if diff := cmp.Diff(want, decoded); diff != "" {
				t.Error(diff)
			}
		}
		if !utf8.Valid(got) {
			t.Errorf("%q is not UTF-8", got)
		}
	})
}

func TestTheIdentityOfABatchIsAUUIDOfWhatIsInIt(t *testing.T) {
	at := time.Now()
	rows := []Row{{ID: "a", Received: at}, {ID: "b", Received: at}}
	id := batchID("seed", rows)
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%q is no UUID of version 8", id)
	}
	if id != batchID("seed", []Row{{ID: "a", Received: at.UTC()}, {ID: "b", Received: at.UTC(), Kind: "track"}}) {
		t.Error("the same rows have another identity")
	}
	for name, other := range map[string]string{
		"seed":     batchID("other", rows),
		"order":    batchID("seed", []Row{rows[1], rows[0]}),
		"part":     batchID("seed", rows[:1]),
		"received": batchID("seed", []Row{{ID: "a", Received: at.Add(1)}, rows[1]}),
		"boundary": batchID("seed", []Row{{ID: "ab", Received: at}}),
	} {
		if id == other {
			t.Errorf("with another %s the identity is the same", name)
		}
	}
}

func TestColumnsAreNamedOnceAndHaveAValue(t *testing.T) {
	seen := map[string]bool{}
	empty, full := Row{}, RowOf(sealed(t, core.Event{Name: "x", UserID: "u", AnonymousID: "a", SessionID: "s"})[0])
	for _, c := range Columns() {
		if seen[c.Name] || !CheckIdentifier(c.Name) || c.Doc == "" {
			t.Errorf("column %+v", c)
		}
		seen[c.Name] = true
		if c.Value(&full) == nil {
			t.Errorf("%s is NULL", c.Name)
		}
		if (c.Value(&empty) == nil) == c.Required {
			t.Errorf("%s: required is %v, and what a row does not have is %v", c.Name, c.Required, c.Value(&empty))
		}
	}
}
