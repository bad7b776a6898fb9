package ga4

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func TestClientIDsAreKeptOrDerivedTheSameWayEachTime(t *testing.T) {
	for in, want := range map[string]string{
		"anon-7":                               "744071593.668451662",
		"9b1f0c7e-5f3e-4d6a-9a58-0d6f5c1f7a11": "1665936358.674180470",
		"1234567890.1750000000":                "1234567890.1750000000",
	} {
		if got := clientID(core.Secret{}, in); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
	if got := clientID(core.NewSecret("a key of one's own"), "anon-7"); got == "744071593.668451662" || !clientIDForm.MatchString(got) {
		t.Errorf("with another key: %s", got)
	}
	if got := instanceID(core.Secret{}, strings.Repeat("aB", 16)); got != strings.Repeat("aB", 16) {
		t.Errorf("an app instance id becomes %s", got)
	}
	if got := instanceID(core.Secret{}, "anon-7"); !instanceIDForm.MatchString(got) || got != instanceID(core.Secret{}, "anon-7") {
		t.Errorf("app instance id %s", got)
	}
	for in, want := range map[string]string{"1785578000": "1785578000", "0": "0", strings.Repeat("9", 19): strings.Repeat("9", 19)} {
		if got := sessionID(core.Secret{}, in); got != want {
			t.Errorf("session %s becomes %s", in, got)
		}
	}
	for _, in := range []string{"s-1", strings.Repeat("9", 20), "1785578000.5", "-3"} {
		if got := sessionID(core.Secret{}, in); !sessionIDForm.MatchString(got) || got != sessionID(core.Secret{}, in) || got == in {
			t.Errorf("session %s becomes %s", in, got)
		}
	}
}

func TestWhoAnEventIsAboutComesFromTheFirstIDThereIs(t *testing.T) {
	s := newSink(t, Config{})
	for name, c := range map[string]struct {
		event  core.Event
		client string
		user   any
	}{
		"both":                {core.Event{UserID: "u-42", AnonymousID: "anon-7"}, clientID(core.Secret{}, "anon-7"), "u-42"},
		"the user alone":      {core.Event{UserID: "u-42", AnonymousID: "null"}, clientID(core.Secret{}, "u-42"), "u-42"},
		"an e-mail address":   {core.Event{UserID: "bob@example.com", AnonymousID: "anon-7"}, clientID(core.Secret{}, "anon-7"), nil},
		"nobody in a session": {core.Event{UserID: "guest", AnonymousID: "undefined", SessionID: "s-1"}, clientID(core.Secret{}, "s-1"), nil},
		"nobody at all":       {core.Event{UserID: "guest", AnonymousID: "undefined"}, clientID(core.Secret{}, "app/langflow"), nil},
	} {
		c.event.Name = "run"
		got := bodies(t, s, seal(t, c.event)...)[0]
		if got["client_id"] != c.client || got["user_id"] != c.user {
			t.Errorf("%s: client_id %v, user_id %v", name, got["client_id"], got["user_id"])
		}
	}
	app := newSink(t, Config{FirebaseAppID: "1:2:android:3"})
	got := bodies(t, app, seal(t, core.Event{Name: "run", AnonymousID: "anon-7"})...)[0]
	if got["app_instance_id"] != instanceID(core.Secret{}, "anon-7") || got["client_id"] != nil {
		t.Errorf("an app stream: %v", got)
	}
}

func TestConsentIsDeniedUnlessItWasGiven(t *testing.T) {
	yes, no := granted, "denied"
	type m = map[string]any
	for name, c := range map[string]struct {
		context any
		option  Consent
		want    [2]string // ad_user_data, ad_personalization
	}{
		"nothing was said":                       {nil, Consent{}, [2]string{denied, denied}},
		"only analytics":                         {m{"analytics": true}, Consent{}, [2]string{denied, denied}},
		"one":                                    {m{"ad_user_data": true}, Consent{}, [2]string{granted, denied}},
		"as Google spells it":                    {m{"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}, Consent{}, [2]string{granted, denied}},
		"advertising":                            {m{"advertising": true}, Consent{}, [2]string{granted, granted}},
		"as Segment has it":                      {m{"categoryPreferences": m{"Advertising": true, "ad_personalization": false}}, Consent{}, [2]string{granted, denied}},
		"a wide refusal beats a grant":           {m{"advertising": false, "ad_user_data": true}, Consent{}, [2]string{denied, denied}},
		"what cannot be read":                    {m{"ad_user_data": 1}, Consent{}, [2]string{denied, denied}},
		"the option, for those who said nothing": {nil, Consent{&yes, &yes}, [2]string{granted, granted}},
		"a refusal beats the option":             {m{"ad_user_data": false}, Consent{&yes, &yes}, [2]string{denied, granted}},
		"the option's refusal beats":             {m{"advertising": true}, Consent{&no, nil}, [2]string{denied, granted}},
	} {
		e := core.Event{Name: "run", AnonymousID: "a"}
		if c.context != nil {
			e.Context = core.Props{"consent": c.context}
		}
		got, _ := bodies(t, newSink(t, Config{Consent: c.option}), seal(t, e)...)[0]["consent"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"ad_user_data": c.want[0], "ad_personalization": c.want[1]}, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
