package core

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/sanitize"
)

var testKey = []byte(strings.Repeat("k", 32))

// viewOf returns an event as a sink with a policy gets it, decoded.
func viewOf(t testing.TB, p Policy, reach Reach, privacy sanitize.Options, e Event) map[string]any {
	t.Helper()
	s, err := Seal(Config{App: App{Name: "acme"}, Privacy: privacy}, e)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := newPolicy(p, "vendor", reach, privacy)
	if err != nil {
		t.Fatal(err)
	}
	before := string(s.JSON())
	if policy != nil {
		s2 := policy.apply(s)
		if string(s.JSON()) != before {
			t.Fatal("the event of others was changed")
		}
		s = s2
	}
	var got map[string]any
	if err := json.Unmarshal(s.JSON(), &got); err != nil {
		t.Fatalf("%v: %s", err, s.JSON())
	}
	return got
}

func TestASinksPolicyTakesAwayAndNothingElse(t *testing.T) {
	event := Event{
		ID: "e-1", Name: "run", UserID: "ada", AnonymousID: "cookie", SessionID: "s-1", Time: time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC),
		Props:   Props{"plan": "pro", "seats": 3, "api-key": "hunter2hunter2", "team": Props{"groupColour": "zed", "size": 4}, "mail": "ada@example.com"},
		Context: Props{"os": Props{"name": "linux"}, "consent": Props{"analytics": true}},
	}
	redacted := map[string]any{"api-key": "[redacted:secret]", "mail": "[redacted:email]"}
	for _, c := range []struct {
		name    string
		policy  Policy
		props   map[string]any
		context map[string]any // beside app and consent
		user    any
	}{
		{"nothing", Policy{}, map[string]any{"plan": "pro", "seats": 3.0, "api-key": redacted["api-key"], "mail": redacted["mail"], "team": map[string]any{"groupColour": "zed", "size": 4.0}},
			map[string]any{"os": map[string]any{"name": "linux"}}, "ada"},
		{"strict", Policy{Sanitize: "strict", AllowKeys: []string{"plan", "size"}}, map[string]any{"plan": "pro"}, nil, "ada"},
		{"strict, nested", Policy{Sanitize: "strict", AllowKeys: []string{"team", "size"}}, map[string]any{"team": map[string]any{"groupColour": "zed", "size": 4.0}}, nil, "ada"},
		{"deny", Policy{DenyKeys: []string{"group_colour", "plan"}}, map[string]any{"plan": "[redacted:denied_key]", "seats": 3.0, "api-key": redacted["api-key"], "mail": redacted["mail"],
			"team": map[string]any{"groupColour": "[redacted:denied_key]", "size": 4.0}}, map[string]any{"os": map[string]any{"name": "linux"}}, "ada"},
		{"drop", Policy{DenyKeys: []string{"GROUP-COLOUR"}, Action: "drop"}, map[string]any{"plan": "pro", "seats": 3.0, "team": map[string]any{"size": 4.0}},
			map[string]any{"os": map[string]any{"name": "linux"}}, "ada"},
		{"no ids", Policy{IDs: "drop", Sanitize: "strict", AllowKeys: []string{}}, nil, nil, nil},
	} {
		got := viewOf(t, c.policy, ReachThirdParty, sanitize.Options{}, event)
		props, _ := got["properties"].(map[string]any)
		if diff := cmp.Diff(c.props, props); diff != "" {
			t.Errorf("%s: properties (-want +got):\n%s", c.name, diff)
		}
		context := got["context"].(map[string]any)
		if context["app"] == nil || context["consent"] == nil {
			t.Errorf("%s: the context lacks what every sink gets: %v", c.name, context)
		}
		delete(context, "app")
		delete(context, "consent")
		if diff := cmp.Diff(c.context, context); diff != "" && len(c.context)+len(context) > 0 {
			t.Errorf("%s: context (-want +got):\n%s", c.name, diff)
		}
		if got["user_id"] != c.user || got["id"] != "e-1" || got["name"] != "run" {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTwoVendorsCannotJoinWhatTheyHaveByPseudonyms(t *testing.T) {
	privacy := sanitize.Options{Action: "hash", HashKey: testKey}
	event := Event{Name: "run", UserID: "ada@example.com", Props: Props{"to": "bob@example.com", "list": []any{"see bob@example.com"}}}
	sealed, _ := Seal(Config{Privacy: privacy}, event)
	seen := map[string]string{string(sealed.UserID()): "the seal"}
	for _, sink := range []string{"ga4", "mixpanel"} {
		policy, err := newPolicy(Policy{}, sink, ReachThirdParty, privacy)
		if err != nil {
			t.Fatal(err)
		}
		got := policy.apply(sealed)
		if other, taken := seen[got.UserID()]; taken || !isPseudonym([]byte(got.UserID())) {
			t.Errorf("%s gets %s, as %s", sink, got.UserID(), other)
		}
		seen[got.UserID()] = sink
		again := policy.apply(sealed)
		if again.UserID() != got.UserID() || string(again.JSON()) != string(got.JSON()) {
			t.Error("the pseudonym of a person changes from event to event")
		}
		to, _ := got.Props().Lookup("to")
		list, _ := got.Props().Lookup("list")
		if !isPseudonym([]byte(to.Text())) || !strings.Contains(list.Text(), to.Text()) {
			t.Errorf("one person is two: %s, %s", to.Text(), list.Text())
		}
		raw, _ := sealed.Props().Lookup("to")
		if to.Text() == raw.Text() {
			t.Errorf("%s shares a pseudonym", sink)
		}
	}
	shared, err := newPolicy(Policy{}, "rows", ReachNetwork, privacy)
	if err != nil || shared != nil {
		t.Errorf("what is the operator's own shares the pseudonyms of the seal: %v, %v", shared, err)
	}
}

func TestIDsThatAreHashedKeepPeopleApartAndDoNotTellWho(t *testing.T) {
	privacy := sanitize.Options{HashKey: testKey}
	seen := map[string]bool{}
	for _, e := range []Event{{Name: "x", UserID: "42"}, {Name: "x", UserID: "43"}, {Name: "x", AnonymousID: "42"}, {Name: "x", SessionID: "42"}} {
		got := viewOf(t, Policy{IDs: "hash"}, ReachThirdParty, privacy, e)
		id := fmt.Sprint(got["user_id"], got["anonymous_id"], got["session_id"])
		if strings.Contains(id, "42") && !strings.Contains(id, "p1_") || seen[id] {
			t.Errorf("%+v: %s", e, id)
		}
		seen[id] = true
	}
	got := viewOf(t, Policy{IDs: "hash"}, ReachThirdParty, privacy, Event{Name: "alias", Kind: KindAlias, UserID: "42", Props: Props{"previousId": "cookie"}})
	was := viewOf(t, Policy{IDs: "hash"}, ReachThirdParty, privacy, Event{Name: "x", AnonymousID: "cookie"})
	if previous := got["properties"].(map[string]any)["previousId"]; previous != was["anonymous_id"] {
		t.Errorf("an alias names %v, the person was %v", previous, was["anonymous_id"])
	}
	if got := viewOf(t, Policy{IDs: "drop"}, ReachThirdParty, privacy, Event{Name: "alias", Kind: KindAlias, UserID: "42", Props: Props{"previousId": "cookie"}}); got["properties"] != nil {
		t.Errorf("%v", got)
	}
}

func TestUnlinkableEventsHaveNothingInCommon(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 34, 56, 789, time.UTC)
	e := Event{ID: "e-1", Name: "run", UserID: "ada", AnonymousID: "cookie", SessionID: "s", Time: at}
	got := viewOf(t, Policy{Unlinkable: true}, ReachThirdParty, sanitize.Options{HashKey: testKey}, e)
	if got["user_id"] != nil || got["anonymous_id"] != nil || got["session_id"] != nil || got["id"] == "e-1" || got["time"] != "2026-11-21T12:00:00Z" {
		t.Errorf("%v", got)
	}
	again := viewOf(t, Policy{Unlinkable: true}, ReachThirdParty, sanitize.Options{HashKey: testKey}, e)
	if again["id"] != got["id"] {
		t.Error("an event that is sent again has another id")
	}
	other := viewOf(t, Policy{Unlinkable: true}, ReachThirdParty, sanitize.Options{}, e)
	if other["id"] == got["id"] || len(other["id"].(string)) != 36 {
		t.Errorf("%v", other["id"])
	}
	s, _ := Seal(Config{}, e)
	p, _ := newPolicy(Policy{Unlinkable: true}, "x", ReachLocal, sanitize.Options{})
	if got := p.apply(s); !got.Time().Equal(at.Truncate(time.Hour)) || got.Received().Truncate(time.Hour) != got.Received() {
		t.Errorf("%v, %v", got.Time(), got.Received())
	}
}

func TestAPolicyThatMakesNoSenseIsRefused(t *testing.T) {
	for _, p := range []Policy{
		{Sanitize: "off"}, {Action: "keep"}, {IDs: "mask"}, {Pseudonyms: "none"}, {Pseudonyms: "shared"},
		{AllowKeys: []string{"a"}}, {IDs: "hash"}, {Action: "hash", DenyKeys: []string{"a"}}, {Pseudonyms: "own"},
	} {
		if _, err := newPolicy(p, "x", ReachThirdParty, sanitize.Options{}); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

// Deletions ask under the ids that the sink was given, also those of older keys.
func TestAPersonIsFoundUnderEveryIDThatASinkHasOfHer(t *testing.T) {
	old := strings.Repeat("o", 32)
	cfg := Config{
		Privacy: sanitize.Options{Action: "hash", HashKey: testKey}, OldHashKeys: []Secret{NewSecret(old)},
		Sinks: []SinkConfig{{Name: "vendor", Sink: asker{}}, {Name: "rows", Reach: ReachNetwork, Sink: asker{}}, {Name: "nobody", Sink: asker{}, Privacy: Policy{IDs: "drop"}}},
	}
	for i := range cfg.Sinks {
		sink := cfg.Sinks[i].Sink
		cfg.Sinks[i].Sink, cfg.Sinks[i].Open = nil, func() (Sink, error) { return sink, nil }
	}
	event := Event{Name: "x", UserID: "ada@example.com"}
	want := map[string][]string{}
	for _, key := range []string{string(testKey), old} {
		privacy := sanitize.Options{Action: "hash", HashKey: []byte(key)}
		s, err := Seal(Config{Privacy: privacy}, event)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := newPolicy(Policy{}, "vendor", ReachThirdParty, privacy)
		seen := p.apply(s)
		want["rows"] = append(want["rows"], s.UserID())
		want["vendor"] = append(want["vendor"], seen.UserID())
	}
	got, err := Deletions(t.Context(), cfg, Person{UserID: "ada@example.com"}, true, isolated(t)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got {
		if d.Sink == "nobody" {
			if len(d.Requests) > 0 || d.Executed {
				t.Errorf("%+v", d)
			}
			continue
		}
		if ids := strings.Join(want[d.Sink], " "); len(d.Requests) != 1 || d.Requests[0].Body != ids || !d.Executed || d.Answer != ids {
			t.Errorf("%+v, want %s", d, ids)
		}
	}
}

// asker is a sink whose destination can be asked.
type asker struct{ SinkFunc }

func (asker) Deletion(ids PersonIDs) (Deletion, error) {
	return Deletion{Requests: []Request{{Body: strings.Join(ids.UserIDs, " ")}}}, nil
}

func (asker) Forget(_ context.Context, ids PersonIDs) (string, error) {
	return strings.Join(ids.UserIDs, " "), nil
}

// What a policy makes of an event can be opened, whatever the event.
func FuzzPolicy(f *testing.F) {
	f.Add(`{"a":{"b":"p1_00000000000000000000000000000000"},"mail":"a@example.com","x":["[redacted:email]"]}`, "ada", uint8(3))
	f.Fuzz(func(t *testing.T, props, user string, which uint8) {
		var p Props
		if json.Unmarshal([]byte(props), &p) != nil {
			t.Skip()
		}
		privacy := sanitize.Options{Action: []string{"redact", "hash", "drop"}[which%3], HashKey: testKey}
		s, err := Seal(Config{Privacy: privacy}, Event{Name: "x", UserID: user, Props: p, Context: p})
		if err != nil {
			t.Skip()
		}
		for _, policy := range []Policy{
			{}, {Sanitize: "strict", AllowKeys: []string{"a"}}, {DenyKeys: []string{"b", "x"}, Action: "drop"}, {IDs: "hash"}, {Unlinkable: true, DenyKeys: []string{"a"}, Action: "hash"},
		} {
			ready, err := newPolicy(policy, "vendor", ReachThirdParty, privacy)
			if err != nil {
				t.Fatal(err)
			}
			if ready == nil {
				continue
			}
			got := ready.apply(s)
			if _, err := DecodeEvent(got.JSON()); err != nil {
				t.Fatalf("%+v: %v: %s", policy, err, got.JSON())
			}
			if !json.Valid(got.JSON()) {
				t.Fatalf("%+v: %s", policy, got.JSON())
			}
		}
	})
}
