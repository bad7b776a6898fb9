package amplitude

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
)

var august = time.Date(2026, 8, 1, 10, 0, 0, 123456789, time.UTC)

// What analytics-go and analytics-node sent for the event that ours is compared with.
func TestTheBodyIsThatOfTheOfficialSDKs(t *testing.T) {
	for _, c := range []struct {
		file  string
		props core.Props
		app   string
		// on purpose, see the package documentation
		absent []string
	}{
		{"analytics-go-v1.2.0.json", core.Props{"plan": "pro", "n": 3, "nested": map[string]any{"a": 1}}, "1.0", []string{"ip", "session_id"}},
		{"analytics-node-v1.5.73.json", core.Props{"plan": "pro", "n": 3}, "", []string{"event_id"}},
	} {
		text, err := os.ReadFile("testdata/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		var theirs map[string]any
		if err := json.Unmarshal(text, &theirs); err != nil {
			t.Fatal(err)
		}
		want := theirs["events"].([]any)[0].(map[string]any)
		e := core.Event{ID: want["insert_id"].(string), Name: "run", Time: august, UserID: "user-42", AnonymousID: "device-0001", Props: c.props}
		if c.app != "" {
			e.Context = core.Props{"app": map[string]any{"version": c.app}}
		}
		got, body := mapped(t, Config{}, e)
		for _, key := range c.absent {
			if _, had := want[key]; !had {
				t.Errorf("%s: %s is no difference", c.file, key)
			}
			delete(want, key)
		}
		want["event_type"], want["library"] = "langflow_run", library
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -theirs +ours\n%s", c.file, diff)
		}
		delete(theirs, "client_upload_time")
		if options, _ := theirs["options"].(map[string]any); len(options) == 0 {
			delete(theirs, "options")
		}
		for _, top := range []map[string]any{theirs, body} {
			delete(top, "events")
			delete(top, "api_key")
		}
		if diff := cmp.Diff(theirs, body); diff != "" {
			t.Errorf("%s: -theirs +ours\n%s", c.file, diff)
		}
	}
	text, _ := os.ReadFile("testdata/analytics-go-v1.2.0.json")
	var theirs struct{ Events []map[string]any }
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Fatal(err)
	}
	identify := theirs.Events[2]
	delete(identify["user_properties"].(map[string]any), "$add") // an operation, where a trait is a value
	got, _ := mapped(t, Config{}, core.Event{
		Kind: core.KindIdentify, Name: "identify", ID: identify["insert_id"].(string), UserID: "user-42",
		Time: time.UnixMilli(int64(identify["time"].(float64))), Props: core.Props{"plan": "pro"},
	})
	identify["library"] = library
	if diff := cmp.Diff(identify, got); diff != "" {
		t.Errorf("identify: -theirs +ours\n%s", diff)
	}
}

func TestAnIDThatStandsForNobodyIsNotSent(t *testing.T) {
	for _, id := range []string{
		"", "  ", "anon", "anonymous", "Anonymous", "NIL", "none", "null", "n/a", "na", "undefined", "unknown", "<nil>", "0", "-1", "true",
		"false", "[]", "{}", "guest", "NaN", "lmy47d", "not_authenticated", `"not_authenticated"`, "[object Object]", `"[object Object]"`, `""`,
		"00000000-0000-0000-0000-000000000000", " null ", "alice@example.com", "auth0|alice@example.com",
	} {
		got, _ := mapped(t, Config{}, core.Event{UserID: id, AnonymousID: "device-0001"})
		if _, sent := got["user_id"]; sent || got["device_id"] != "device-0001" {
			t.Errorf("user id %q: %v", id, got)
		}
		got, _ = mapped(t, Config{}, core.Event{UserID: "user-42", AnonymousID: id})
		if _, sent := got["device_id"]; sent || got["user_id"] != "user-42" {
			t.Errorf("anonymous id %q: %v", id, got)
		}
		a, _ := mapped(t, Config{}, core.Event{ID: "e1", UserID: id, AnonymousID: id})
		b, _ := mapped(t, Config{}, core.Event{ID: "e2", UserID: id, AnonymousID: id})
		if a["user_id"] != nil || a["device_id"] == nil || a["device_id"] == b["device_id"] {
			t.Errorf("%q: %v, %v", id, a, b)
		}
		a, _ = mapped(t, Config{}, core.Event{ID: "e1", UserID: id, SessionID: "s1"})
		b, _ = mapped(t, Config{}, core.Event{ID: "e2", UserID: id, SessionID: "s1"})
		if a["device_id"] != b["device_id"] {
			t.Errorf("%q: one session has two devices, %v and %v", id, a["device_id"], b["device_id"])
		}
	}
}

func TestShortIDsAreAnnounced(t *testing.T) {
	for _, c := range []struct {
		min          int
		user, device string
		wantUser     any
		wantOption   any
	}{
		{0, "user-42", "device-1", "user-42", nil},
		{0, "12345", "", "12345", nil},
		{0, "u1", "device-1", "u1", 1.0},
		{0, "ünïcö", "", "ünïcö", nil},
		{0, "日本", "", "日本", 1.0},
		{3, "u1", "device-1", nil, 3.0},
		{3, "u12", "device-1", "u12", 3.0},
		{3, "u1", "", nil, 3.0},
		{8, "user-42", "device-1", nil, 8.0},
	} {
		event, body := mapped(t, Config{MinIDLength: c.min}, core.Event{UserID: c.user, AnonymousID: c.device})
		options, _ := body["options"].(map[string]any)
		if event["user_id"] != c.wantUser || options["min_id_length"] != c.wantOption {
			t.Errorf("%+v: %v, %v", c, event, options)
		}
	}
}

func TestValuesAreGivenAFormThatIsKept(t *testing.T) {
	long := strings.Repeat("語", 1500)
	got, _ := mapped(t, Config{}, core.Event{UserID: "user-42", Props: core.Props{
		"bool": true, "int": 3, "float": 1.5, "max": int64(1 << 53), "big": int64(1<<53 + 1), "low": int64(math.MinInt64),
		"nil": nil, "nan": math.NaN(), "inf": math.Inf(1), "time": august, "text": "a<b>&\"\\\n", "bad": "a\xffb", "long": long,
		"nested": map[string]any{"nil": nil, "deep": []any{1, nil, "x", map[string]any{"big": uint64(math.MaxUint64)}}}, "empty": map[string]any{}, "none": []any{},
	}})
	props := got["event_properties"].(map[string]any)
	want := map[string]any{
		"bool": true, "int": 3.0, "float": 1.5, "max": float64(1 << 53), "big": "9007199254740993", "low": "-9223372036854775808",
		"time": "2026-08-01T10:00:00.123456789Z", "text": "a<b>&\"\\\n", "bad": "a\ufffdb", "long": strings.Repeat("語", 1024),
		"nested": map[string]any{"deep": []any{1.0, nil, "x", map[string]any{"big": "18446744073709551615"}}}, "empty": map[string]any{}, "none": []any{},
	}
	if diff := cmp.Diff(want, props); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Two keys that differ only behind the part that is kept must not become one.
func TestLongKeysStayApart(t *testing.T) {
	key := strings.Repeat("語", 1020)
	text, cuts := appendValue(nil, []byte(`{"`+key+`aaaaa":1,"`+key+`bbbbb":2,"`+key+`":3}`))
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil || cuts != 2 {
		t.Fatal(err, cuts)
	}
	if len(got) != 3 || got[key] != 3.0 {
		t.Errorf("%d keys", len(got))
	}
	if problems := checkValue(got, 0); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestNamesKindsSessionsAndContext(t *testing.T) {
	for _, c := range []struct {
		event core.Event
		want  map[string]any // nil: absent
	}{
		{core.Event{Name: "run"}, map[string]any{"event_type": "langflow_run", "session_id": nil, "event_properties": nil, "ip": nil}},
		{core.Event{Name: "$identify"}, map[string]any{"event_type": "langflow_$identify"}},
		{core.Event{Kind: core.KindPage, Name: "home"}, map[string]any{"event_type": "langflow_page", "event_properties": map[string]any{"name": "home"}}},
		{core.Event{Kind: core.KindPage, Name: "page", Props: core.Props{"url": "/"}}, map[string]any{"event_type": "langflow_page", "event_properties": map[string]any{"url": "/"}}},
		{core.Event{Kind: core.KindScreen, Name: "main", Props: core.Props{"name": "own"}}, map[string]any{"event_type": "langflow_screen", "event_properties": map[string]any{"name": "own"}}},
		{core.Event{Kind: core.KindIdentify, Name: "identify"}, map[string]any{"event_type": "$identify", "user_properties": map[string]any{}}},
		{core.Event{SessionID: "1785578400123"}, map[string]any{"session_id": 1785578400123.0, "event_properties": nil}},
		{core.Event{SessionID: "s-1"}, map[string]any{"session_id": nil, "event_properties": map[string]any{"session_id": "s-1"}}},
		{core.Event{SessionID: "1785578400", Props: core.Props{"session_id": "mine"}}, map[string]any{"session_id": nil, "event_properties": map[string]any{"session_id": "mine"}}},
		{core.Event{Time: time.Unix(5, 0)}, map[string]any{"time": 1_000_000_000_000.0}},
		{core.Event{Time: august}, map[string]any{"time": 1785578400123.0}},
		{core.Event{Context: core.Props{
			"app": map[string]any{"version": "1.8.0", "name": "langflow"}, "os": map[string]any{"name": "linux", "version": 6.1},
			"device": map[string]any{"manufacturer": "acme", "model": "m1", "type": "server"}, "locale": "de-DE", "ip": "203.0.113.9",
			"location": map[string]any{"city": "Ulm"},
		}}, map[string]any{
			"app_version": "1.8.0", "os_name": "linux", "os_version": "6.1", "device_manufacturer": "acme", "device_model": "m1",
			"platform": "server", "language": "de-DE", "ip": nil, "city": nil, "event_properties": nil,
		}},
	} {
		if c.event.Name == "" {
			c.event.Name = "run"
		}
		c.event.UserID = "user-42"
		got, _ := mapped(t, Config{}, c.event)
		for key, want := range c.want {
			if diff := cmp.Diff(want, got[key]); diff != "" {
				t.Errorf("%+v: %s: -want +got\n%s", c.event, key, diff)
			}
		}
	}
	for name, want := range map[string]string{
		"$identify": "x_$identify", "$groupidentify": "x_$groupidentify", "[Amplitude] Start Session": "x_[Amplitude] Start Session",
		"[amplitude] Revenue": "x_[amplitude] Revenue", "Revenue": "Revenue", "$other": "$other",
	} {
		if got, renamed := eventType(seal(t, core.Event{Name: name}), ""); got != want || renamed != (got != name) {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}

func TestATimeInTheFutureIsThatOfAcceptance(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour, 24 * 365 * 100 * time.Hour} {
		e := seal(t, core.Event{UserID: "user-42", Time: time.Now().Add(ahead)})
		text, changes := appendEvent(nil, e, identity{user: "user-42"}, "")
		var got struct{ Time int64 }
		if err := json.Unmarshal(text, &got); err != nil || got.Time != e.Received().UnixMilli() || changes.Clamped != 1 {
			t.Errorf("%v ahead: %v, %s, %+v", ahead, err, text, changes)
		}
	}
}

// The writer need not mind depth, because a sealed event cannot be nested as deep as Amplitude takes.
func TestASealedEventIsNestedLessThanAmplitudeTakes(t *testing.T) {
	nested := map[string]any{"x": 1}
	for range 60 {
		nested = map[string]any{"x": nested}
	}
	for _, mode := range []string{"standard", "off"} {
		s, err := core.Seal(core.Config{Privacy: sanitize.Options{Mode: mode}}, core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "user-42", Props: nested})
		if err != nil {
			t.Fatal(err)
		}
		event, _ := appendEvent(nil, s, identity{user: "user-42"}, "")
		deepest, depth := 0, 0
		for _, c := range string(event) {
			if c == '{' {
				depth++
				deepest = max(deepest, depth)
			} else if c == '}' {
				depth--
			}
		}
		if deepest < 10 || deepest > maxDepth {
			t.Errorf("%s: %d levels", mode, deepest)
		}
	}
}

// anyValue draws what a property may hold; representable alone if plain.
func anyValue(plain bool, depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		last := 5
		if depth == 0 {
			last = 3
		}
		switch rapid.IntRange(0, last).Draw(t, "kind") {
		case 0:
			return rapid.Bool().Draw(t, "bool")
		case 1:
			if plain {
				return rapid.Int64Range(-1<<53, 1<<53).Draw(t, "int")
			}
			return rapid.SampledFrom([]any{int64(math.MaxInt64), uint64(math.MaxUint64), nil, 1e308, math.NaN(), int64(1<<53 + 1)}).Draw(t, "odd")
		case 2:
			return rapid.Float64Range(-1e15, 1e15).Draw(t, "float")
		case 3:
			text := rapid.StringN(0, 40, -1).Draw(t, "text")
			if !plain && rapid.Bool().Draw(t, "long") {
				return strings.Repeat(text+"é", 900)
			}
			return text
		case 4:
			return rapid.SliceOfN(anyValue(plain, depth-1), 0, 4).Draw(t, "list")
		default:
			return rapid.MapOfN(rapid.StringN(1, 20, -1), anyValue(plain, depth-1), 0, 4).Draw(t, "map")
		}
	})
}

func anyEvent(plain bool) *rapid.Generator[core.Event] {
	ids := rapid.OneOf(rapid.SampledFrom([]string{"", "anonymous", "u", "null", "0", " x ", "user-42", "[object Object]"}), rapid.StringN(0, 80, 250))
	return rapid.Custom(func(t *rapid.T) core.Event {
		return core.Event{
			ID:   rapid.StringMatching(`[A-Za-z0-9-]{1,40}`).Draw(t, "id"),
			Kind: rapid.SampledFrom([]core.Kind{core.KindTrack, core.KindTrack, core.KindPage, core.KindScreen, core.KindIdentify}).Draw(t, "kind"),
			Name: rapid.OneOf(rapid.StringMatching(`[ -~]{1,60}`), rapid.SampledFrom([]string{"$identify", "$groupidentify", "[Amplitude] Revenue"})).Draw(t, "name"),
			Time: time.Unix(rapid.Int64Range(-1<<32, 1<<33).Draw(t, "time"), 0), UserID: ids.Draw(t, "user"), AnonymousID: ids.Draw(t, "device"),
			SessionID: rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[0-9]{13}`), rapid.StringMatching(`[a-z0-9]{1,20}`)).Draw(t, "session"),
			Props:     rapid.MapOfN(rapid.StringN(1, 30, -1), anyValue(plain, 3), 0, 6).Draw(t, "props"),
			Context:   rapid.MapOfN(rapid.SampledFrom([]string{"app", "os", "device", "locale", "ip", "platform"}), anyValue(plain, 2), 0, 3).Draw(t, "context"),
		}
	})
}

func TestWhateverTheEventTheBodyObeysEveryRule(t *testing.T) {
	s := newSink(t, "", Config{})
	s.prefix = ""
	rapid.Check(t, func(rt *rapid.T) {
		minID := rapid.SampledFrom([]int{0, 0, 1, 6}).Draw(rt, "min")
		var batch []core.Sealed
		for i := range rapid.IntRange(1, 4).Draw(rt, "n") {
			e := anyEvent(false).Draw(rt, "event")
			e.ID = fmt.Sprint(e.ID, i)
			sealed, err := core.Seal(core.Config{}, e)
			if err != nil {
				return // refused at the door
			}
			batch = append(batch, sealed)
		}
		s.minID = minID
		first := s.prepare(batch, testKey, new(core.BatchError))
		if _, problems := checkBody(first.body); len(problems) > 0 {
			rt.Fatalf("%q\n%s", problems, first.body)
		}
		if second := s.prepare(batch, testKey, new(core.BatchError)); string(first.body) != string(second.body) {
			rt.Fatalf("another body for the same events:\n%s\n%s", first.body, second.body)
		}
	})
}

func TestNothingRepresentableIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEvent(true).Draw(rt, "event")
		sealed, err := core.Seal(core.Config{}, e)
		if err != nil {
			return
		}
		var got struct {
			InsertID string         `json:"insert_id"`
			Props    map[string]any `json:"event_properties"`
			User     struct {
				Set map[string]any `json:"$set"`
			} `json:"user_properties"`
			Session *int64 `json:"session_id"`
		}
		text, _ := appendEvent(nil, sealed, identify(sealed, 0), "")
		if err := json.Unmarshal(text, &got); err != nil {
			rt.Fatal(err)
		}
		var want map[string]any
		if err := sealed.Props().Decode(&want); err != nil {
			rt.Fatal(err)
		}
		props := got.Props
		if sealed.Kind() == core.KindIdentify {
			props = got.User.Set
		}
		for key, value := range want {
			if diff := cmp.Diff(value, props[key]); value != nil && diff != "" {
				rt.Fatalf("property %q: -want +got\n%s", key, diff)
			}
		}
		id := sealed.SessionID()
		if id != "" && sealed.Kind() != core.KindIdentify && got.Session == nil && props["session_id"] == nil {
			rt.Fatalf("session %q is lost", id)
		}
		if got.InsertID != sealed.ID() {
			rt.Fatalf("insert_id %q, want %q", got.InsertID, sealed.ID())
		}
	})
}

func FuzzTheWriterKeepsJSONValid(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,null,{"b":null}],"c":"\"}","d":12345678901234567890}`, `{"a":null,"b":[[],{}],"c":-1e999}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var props map[string]any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if dec.Decode(&props) != nil {
			return
		}
		s, err := core.Seal(core.Config{}, core.Event{Name: "run", UserID: "user-42", Props: props})
		if err != nil {
			return
		}
		event, _ := appendEvent(nil, s, identity{user: "user-42"}, "")
		var back map[string]any
		dec = json.NewDecoder(strings.NewReader(string(event)))
		dec.UseNumber()
		if err := dec.Decode(&back); err != nil {
			t.Fatalf("%v: %s", err, event)
		}
		if problems := checkEvent(back, 1); len(problems) > 0 {
			t.Fatalf("%q: %s", problems, event)
		}
	})
}
