package mixpanel

import (
	"encoding/json"
	nethttp "net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// recorded is a request that an official library made.
type recorded struct {
	Path, Query string
	Header      nethttp.Header
	Body        []struct {
		Event      string
		Properties map[string]any
	}
}

func record(t *testing.T, file string) (r recorded) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil || len(r.Body) == 0 {
		t.Fatal(err)
	}
	return r
}

// What is changed in theirs are the differences that the package documentation lists.
func TestAnEventHasTheFieldsThatTheOfficialLibrariesSend(t *testing.T) {
	plan := core.Props{"plan": "pro", "n": 3, "nested": map[string]any{"a": []any{1, 2}}}
	for _, c := range []struct {
		file   string
		index  int
		event  core.Event
		differ map[string]any // of theirs; nil: what ours has besides
	}{
		{"mixpanel-go-v1.2.1.json", 0, core.Event{ID: "29fc2962-6d9c-455d-95ad-95b84f09b9e4", Name: "run", UserID: "user-42", AnonymousID: "anon-7", Props: plan}, nil},
		{"mixpanel-go-v1.2.1.json", 1, core.Event{ID: "m-1", Name: "minimal"}, map[string]any{"time": 1785578400123.0, "$insert_id": "m-1"}},
		{"mixpanel-node-v0.24.0.json", 0, core.Event{ID: "abc-1", Name: "run", UserID: "user-42", Props: core.Props{"plan": "pro"}}, map[string]any{"time": 1785578400123.0, "$user_id": "user-42"}},
	} {
		theirs := record(t, c.file).Body[c.index]
		want := theirs.Properties
		for _, own := range []string{"token", "mp_lib", "$lib_version"} {
			if _, had := want[own]; !had {
				t.Errorf("%s: %s is no difference", c.file, own)
			}
			delete(want, own)
		}
		want["ip"], want["mp_lib"], want["$app_version_string"] = "0", "headgate", "1.8.0"
		for key, value := range c.differ {
			if cmp.Equal(want[key], value) {
				t.Errorf("%s: %s is no difference", c.file, key)
			}
			want[key] = value
		}
		c.event.Time = time.UnixMilli(1785578400123)
		name, got := onlyEvent(t, newSink(t, Config{}), c.event)
		delete(got, "$lib_version") // of a program that was built with a release
		if diff := cmp.Diff(want, got); diff != "" || name != theirs.Event {
			t.Errorf("%s, event %d: -theirs +ours\n%s", c.file, c.index, diff)
		}
	}
}

func TestTheRequestIsThatOfTheOfficialLibrary(t *testing.T) {
	theirs := record(t, "mixpanel-go-v1.2.1.json")
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	if err := s.Send(t.Context(), seal(t, events(1)...)); err != nil {
		t.Fatal(err)
	}
	ours := v.requests[0]
	at, err := url.Parse(ours.path)
	if err != nil || at.Path != theirs.Path {
		t.Errorf("%s, theirs is %s", ours.path, theirs.Path)
	}
	want, _ := url.ParseQuery(theirs.Query)
	want.Del("verbose") // the import answers no less without it
	want.Set("ip", "0")
	if diff := cmp.Diff(want, at.Query()); diff != "" {
		t.Errorf("-theirs +ours\n%s", diff)
	}
	if theirs.Header == nil {
		t.Fatal("no header was recorded")
	}
	for key := range theirs.Header {
		if got, want := ours.header.Get(key), theirs.Header.Get(key); got != want {
			t.Errorf("%s: %q, theirs is %q", key, got, want)
		}
	}
	v.done(t)
}
