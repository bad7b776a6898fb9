package mixpanel

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestInsertIDsAreKeptOrHashedWhole(t *testing.T) {
	for in, want := range map[string]string{
		"msg_1": "116b88f173007be5e05df2a87105f0950bef", "true": "b5bea41b6c623f7c09f1bf24dcae58ebab3c",
		"ajs-next-1717171717171-29fc2962-6d9c-455d-95ad-95b84f09b9e4": "61b70ba48e601f3a12feeed80fe7d149503a",
		"29fc2962-6d9c-455d-95ad-95b84f09b9e4":                        "29fc2962-6d9c-455d-95ad-95b84f09b9e4",
		"a-B-9":                                                       "a-B-9",
	} {
		if got := insertID(in); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"-1", "0", "NULL", "anonymous", "00000000-0000-0000-0000-000000000000", "", "ä"} {
		if got := insertID(in); got == in || !insertForm.MatchString(got) {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

func TestWhoAnEventIsAboutIsSaidInAllThreeFields(t *testing.T) {
	long := strings.Repeat("u", 256)
	for name, c := range map[string]struct {
		user, anonymous          string
		distinct, userID, device any
	}{
		"both":               {"u-42", "anon-7", "u-42", "u-42", "anon-7"},
		"a user":             {"u-42", "null", "u-42", "u-42", nil},
		"a device":           {"", "anon-7", "$device:anon-7", nil, "anon-7"},
		"nobody":             {"guest", "Anonymous", "", nil, nil},
		"an e-mail address":  {"bob@example.com", "anon-7", "$device:anon-7", nil, "anon-7"},
		"ids that are long":  {long, long, hashed(long), hashed(long), hashed(long)},
		"a device with room": {"", long[:248], "$device:" + hashed(long[:248]), nil, hashed(long[:248])},
		"space around":       {" u-42 ", "", "u-42", "u-42", nil},
	} {
		_, got := onlyEvent(t, newSink(t, Config{}), core.Event{Name: "run", UserID: c.user, AnonymousID: c.anonymous})
		if got["distinct_id"] != c.distinct || got["$user_id"] != c.userID || got["$device_id"] != c.device {
			t.Errorf("%s: distinct_id %v, $user_id %v, $device_id %v", name, got["distinct_id"], got["$user_id"], got["$device_id"])
		}
	}
}

// own returns what is left of an event's properties without those of the protocol.
func own(t testing.TB, e core.Event) map[string]any {
	t.Helper()
	e.ID, e.Name, e.AnonymousID = "m", "run", "a"
	_, got := onlyEvent(t, newSink(t, Config{}), e)
	for _, key := range []string{"time", "distinct_id", "$insert_id", "$device_id", "ip", "mp_lib", "$lib_version", "$app_version_string"} {
		delete(got, key)
	}
	return got
}

func TestCallersCannotOverwriteTheProtocol(t *testing.T) {
	props, want := core.Props{}, map[string]any{}
	for _, key := range []string{
		"token", "time", "$time", "ip", "distinct_id", "$distinct_id", "$insert_id", "$user_id", "$device_id", "$identified_id", "$anon_id", "alias",
		"$ignore", "bucket", "$bucket", "id", "$group_id", "mp_lib", "mp_country_code", "$city", "$anything",
	} {
		props[key] = 1 // a number, which the sanitiser leaves alone
		want["x_"+key] = 1.0
	}
	props["x_time"], props["Time"] = 2, 3
	want["x_time"], want["Time"], want[marked("x_time", "time")] = 2.0, 3.0, 1.0
	got := own(t, core.Event{Props: props})
	for key := range want {
		if strings.HasPrefix(key, "x_token") { // its value is sanitised whatever it is
			got[key] = want[key]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestValuesBecomeWhatMixpanelTakes(t *testing.T) {
	long := strings.Repeat("ä", 128) // 256 bytes
	got := own(t, core.Event{
		SessionID: "s-1", Context: core.Props{"os": map[string]any{"name": "Linux", "version": 6}, "device": map[string]any{"type": "desktop", "model": "M", "manufacturer": "F"}, "ip": "203.0.113.9"},
		Props: core.Props{
			"text": "x", "yes": true, "int": -3, "float": 1.5, "nothing": nil, "exact": int64(1) << 53, "big": int64(1)<<53 + 1,
			"time_": time.Date(2026, 11, 21, 10, 0, 0, 5e8, time.FixedZone("", 7200)), "long": long, "bad": "a\xffb", "html": "<a>&", "nan": math.NaN(), "inf": math.Inf(1),
			"deep": map[string]any{"a": map[string]any{"b": []any{1}}, "l": []any{map[string]any{"q": 1}, nil, "s"}}, "gone": map[string]any{"n": nil},
		},
	})
	want := map[string]any{
		"session_id": "s-1", "$os": "Linux", "$os_version": "6", "$device": "desktop", "$model": "M", "$manufacturer": "F",
		"text": "x", "yes": true, "int": -3.0, "float": 1.5, "exact": float64(int64(1) << 53), "big": "9007199254740993",
		"time_": "2026-11-21T08:00:00", "long": strings.Repeat("ä", 127), "bad": "a\ufffdb", "html": "<a>&",
		"deep": map[string]any{"a": map[string]any{"b": "[1]"}, "l": []any{`{"q":1}`, nil, "s"}}, "gone": map[string]any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNumbersNoFloatHoldsAreSentAsText(t *testing.T) {
	for raw, want := range map[string]string{
		"1e999": `"1e999"`, "123456789012345678901234567890": `"123456789012345678901234567890"`, "9007199254740993": `"9007199254740993"`,
		"0.10000000000000000000000000000000000001": "0.1", "-0": "-0", "9007199254740992": "9007199254740992", "1e300": "1e300",
	} {
		if got := (&mapper{}).appendNumber(nil, raw); string(got) != want {
			t.Errorf("%s becomes %s, want %s", raw, got, want)
		}
	}
}

func TestWhatIsTooMuchIsDroppedAndCounted(t *testing.T) {
	many := core.Props{}
	for i := range 300 {
		many[fmt.Sprintf("p%03d", i)] = i
	}
	var list []any
	for i := range 300 {
		list = append(list, i)
	}
	texts := []any{}
	for range 100 {
		texts = append(texts, strings.Repeat("long words ", 20))
	}
	s := newSink(t, Config{})
	for name, c := range map[string]struct {
		props core.Props
		want  Stats
	}{
		"properties": {many, Stats{Dropped: 300 + 7 - 254}}, // seven are of the protocol and the context
		"elements":   {core.Props{"l": list}, Stats{Dropped: 300 - 254}},
		"keys":       {core.Props{"o": map[string]any(many)}, Stats{Dropped: 300 - 254}},
		"bytes":      {core.Props{"t": texts}, Stats{Dropped: 100 - 36}}, // 36 times 223 are below 8192
		"names":      {core.Props{strings.Repeat("k", 300): 1}, Stats{Renamed: 1}},
	} {
		batch := seal(t, core.Event{ID: "m", Name: "run", AnonymousID: "a", Props: c.props})
		body, changes, err := s.mapEvent(batch[0])
		if err != nil || changes != c.want {
			t.Errorf("%s: %+v, want %+v, %v", name, changes, c.want, err)
		}
		v := newVendor(t)
		if err := newSink(t, Config{Endpoint: v.URL}).Send(t.Context(), batch); err != nil {
			t.Errorf("%s: %v, %.300s", name, err, body)
		}
		v.done(t)
	}
}

func TestNamesAndKindsBecomeEvents(t *testing.T) {
	s := newSink(t, Config{})
	for in, want := range map[string]string{
		"run": "run", "$identify": "x_$identify", "日本語": "日本語", strings.Repeat("n", 255): strings.Repeat("n", 255),
		strings.Repeat("n", 256): marked(strings.Repeat("n", 256), strings.Repeat("n", 256)),
	} {
		if got, _ := onlyEvent(t, s, core.Event{Name: in, AnonymousID: "a"}); got != want || len(got) > 255 {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	name, props := onlyEvent(t, s, core.Event{Name: "Docs", Kind: core.KindPage, AnonymousID: "a", Props: core.Props{"url": "https://x.example/"}})
	if name != "page" || props["name"] != "Docs" || props["url"] != "https://x.example/" {
		t.Errorf("%s, %v", name, props)
	}
	name, props = onlyEvent(t, s, core.Event{Name: "screen", Kind: core.KindScreen, AnonymousID: "a"})
	if name != "screen" || props["name"] != nil {
		t.Errorf("%s, %v", name, props)
	}
	v := newVendor(t)
	batch := seal(t, core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "u"}, core.Event{Name: "run", UserID: "u"},
		core.Event{Name: "group", Kind: core.KindGroup, UserID: "u"}, core.Event{Name: "alias", Kind: core.KindAlias, UserID: "u"})
	want := []core.Class{core.ClassDeclined, "", core.ClassDeclined, core.ClassDeclined}
	if diff := cmp.Diff(want, sinktest.Classes(newSink(t, Config{Endpoint: v.URL}).Send(t.Context(), batch), 4)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	v.done(t)
}

func TestAPropertyThatIsNullHidesNothing(t *testing.T) {
	s := newSink(t, Config{})
	_, props := onlyEvent(t, s, core.Event{Kind: core.KindPage, Name: "Docs", AnonymousID: "a", SessionID: "s-1", Props: core.Props{"session_id": nil, "name": nil, "x_time": nil, "time": 1}})
	if props["session_id"] != "s-1" || props["name"] != "Docs" || props["x_time"] != 1.0 {
		t.Errorf("%v", props)
	}
	_, props = onlyEvent(t, s, core.Event{Kind: core.KindPage, Name: "Docs", AnonymousID: "a", SessionID: "s-1", Props: core.Props{"session_id": "own", "name": "Prices"}})
	if props["session_id"] != "own" || props["name"] != "Prices" {
		t.Errorf("%v", props)
	}
}

func TestTimesAreMovedIntoWhatMixpanelTakesAndStayThere(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		at, from, to time.Time
		clamped      uint64
	}{
		"now":         {now, now, now, 0},
		"last decade": {now.AddDate(-10, 0, 0), now.AddDate(-10, 0, 0), now.AddDate(-10, 0, 0), 0},
		"1969":        {time.Unix(-1000, 0), earliest, earliest, 1},
		"tomorrow":    {now.Add(24 * time.Hour), now, now.Add(10 * time.Second), 1},
	} {
		m := &mapper{source: seal(t, core.Event{Name: "run", AnonymousID: "a", Time: c.at})[0]}
		if got := m.time(); got.Before(c.from) || got.After(c.to) || m.changes.Clamped != c.clamped || !m.time().Equal(got) {
			t.Errorf("%s: %v, want between %v and %v; %+v", name, got, c.from, c.to, m.changes)
		}
	}
}

func FuzzPropertyNames(f *testing.F) {
	for _, seed := range []string{"", "time", "x_time", "$x", "mp_lib", strings.Repeat("ä", 130), "日本語"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		m, taken := &mapper{}, map[string]bool{}
		first, second := m.rename(a, propertyName(a), taken), m.rename(b, propertyName(b), taken)
		for _, name := range []string{first, second} {
			if name == "" || len(name) > 255 || protocolKeys[name] || strings.HasPrefix(name, "$") || strings.HasPrefix(name, "mp_") {
				t.Fatalf("%q and %q become %q and %q", a, b, first, second)
			}
		}
		if first == second {
			t.Fatalf("%q and %q both become %q", a, b, first)
		}
	})
}
