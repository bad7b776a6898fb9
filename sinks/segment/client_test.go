package segment

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/core"
)

// calls are those of the examples and tests of analytics-go.
func calls() []analytics.Message {
	at := time.Date(2015, 7, 10, 23, 0, 0, 123000000, time.UTC)
	return []analytics.Message{
		analytics.Track{MessageId: "m-track", Event: "Download", UserId: "123456", Timestamp: at, Properties: analytics.Properties{"application": "Segment Desktop", "version": "1.1.0", "platform": "osx", "n": 3, "deep": map[string]any{"a": []any{1, "b", nil}}}},
		analytics.Track{MessageId: "m-many", Event: "Download", UserId: "123456", AnonymousId: "anon-7", Timestamp: at, Properties: analytics.NewProperties().SetRevenue(10.5).SetCurrency("USD").SetValue(3).Set("products", []analytics.Product{{ID: "p-1", SKU: "s-1", Price: 2.5}}), Integrations: analytics.NewIntegrations().EnableAll().Disable("Salesforce").Disable("Marketo")},
		analytics.Track{MessageId: "m-context", Event: "Download", UserId: "123456", Timestamp: at, Context: &analytics.Context{
			App: analytics.AppInfo{Name: "app", Version: "1.0", Build: "7"}, Campaign: analytics.CampaignInfo{Name: "c", Source: "s"}, Device: analytics.DeviceInfo{Type: "server"},
			Locale: "de-DE", OS: analytics.OSInfo{Name: "linux", Version: "6.1"}, Page: analytics.PageInfo{Path: "/", Title: "t"}, Screen: analytics.ScreenInfo{Width: 3}, Timezone: "UTC", GroupID: "g-1",
			Extra: map[string]interface{}{"whatever": "here", "consent": map[string]any{"categoryPreferences": map[string]bool{"Functional": true}}},
		}},
		&analytics.Track{MessageId: "m-pointer", Event: "Download", AnonymousId: "anon-7", Timestamp: at},
		analytics.Identify{MessageId: "m-identify", UserId: "019mr8mf4r", Timestamp: at, Traits: analytics.NewTraits().Set("plan", "Enterprise").Set("friends", 42)},
		&analytics.Identify{MessageId: "m-identify-2", AnonymousId: "anon-7", Timestamp: at},
		analytics.Group{MessageId: "m-group", GroupId: "A", UserId: "B", Timestamp: at, Traits: analytics.Traits{"seats": 5}},
		&analytics.Group{MessageId: "m-group-2", GroupId: "A", AnonymousId: "B", Timestamp: at},
		analytics.Page{MessageId: "m-page", Name: "home", UserId: "B", Timestamp: at, Properties: analytics.NewProperties().SetTitle("Home").SetPath("/")},
		&analytics.Page{MessageId: "m-page-2", UserId: "B", Timestamp: at},
		analytics.Screen{MessageId: "m-screen", Name: "main", UserId: "B", Timestamp: at},
		&analytics.Screen{MessageId: "m-screen-2", AnonymousId: "B", Timestamp: at},
		analytics.Alias{MessageId: "m-alias", PreviousId: "A", UserId: "B", Timestamp: at},
		&analytics.Alias{MessageId: "m-alias-2", PreviousId: "A", UserId: "B", Timestamp: at},
	}
}

// theirs returns, by message id, what analytics-go itself sends for the calls.
func theirs(t *testing.T) map[string]map[string]any {
	t.Helper()
	sent := map[string]map[string]any{}
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		var body struct{ Batch []map[string]any }
		_ = json.Unmarshal(text, &body)
		mu.Lock()
		defer mu.Unlock()
		for _, m := range body.Batch {
			sent[m["messageId"].(string)] = m
		}
	}))
	defer srv.Close()
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := analytics.NewWithConfig(testKey, analytics.Config{Endpoint: srv.URL, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	send(t, client)
	mu.Lock()
	defer mu.Unlock()
	return sent
}

// send makes the calls and closes the client, as a program does.
func send(t *testing.T, client analytics.Client) {
	t.Helper()
	for _, msg := range calls() {
		if err := client.Enqueue(msg); err != nil {
			t.Errorf("%#v: %v", msg, err)
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

// A program that changes the line which makes its client sends what it sent before.
func TestTheClientSendsWhatAnalyticsGoSends(t *testing.T) {
	want := theirs(t)
	if len(want) != len(calls()) {
		t.Fatalf("analytics-go sent %d messages", len(want))
	}
	v := newVendor(t, nil)
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	send(t, NewClient(d))
	got := v.messages()
	for id, m := range want {
		if m["context"] == nil {
			m["context"] = map[string]any{}
		}
		if ctx := m["context"].(map[string]any); ctx["consent"] == nil {
			ctx["consent"] = map[string]any{"categoryPreferences": map[string]any{}}
		}
		text, _ := json.Marshal(got[id]) // without json.Number
		var ours map[string]any
		_ = json.Unmarshal(text, &ours)
		if diff := cmp.Diff(m, ours); diff != "" {
			t.Errorf("%s: -analytics-go +headgate\n%s", id, diff)
		}
	}
}

func TestTheSessionOfAMessageIsThatOfItsContext(t *testing.T) {
	amplitude := func(name string, id any) analytics.Integrations {
		return analytics.NewIntegrations().Set(name, map[string]any{"session_id": id})
	}
	extra := func(key string, id any) *analytics.Context {
		return &analytics.Context{Extra: map[string]any{key: id}}
	}
	for name, c := range map[string]struct {
		context      *analytics.Context
		integrations analytics.Integrations
		want         string
	}{
		"none":                        {nil, nil, ""},
		"a text":                      {extra("sessionId", "s-1"), nil, "s-1"},
		"a number":                    {extra("sessionId", 1785578400123), nil, "1785578400123"},
		"with an underscore":          {extra("session_id", "s-2"), nil, "s-2"},
		"said to Amplitude":           {nil, amplitude("Actions Amplitude", 1785578400123), "1785578400123"},
		"said to Amplitude as it was": {extra("locale", "de"), amplitude("Amplitude", int64(1785578400123)), "1785578400123"},
		"the context before that":     {extra("sessionId", "s-1"), amplitude("Amplitude", "s-3"), "s-1"},
		"one that is none":            {extra("sessionId", "null"), amplitude("Amplitude", -1), ""},
		"one of another form":         {extra("sessionId", []any{"s"}), analytics.NewIntegrations().Enable("Amplitude"), ""},
	} {
		e, err := eventOf(analytics.Track{Event: "run", UserId: "u", Context: c.context, Integrations: c.integrations})
		if err != nil || e.SessionID != c.want {
			t.Errorf("%s: %q, want %q, %v", name, e.SessionID, c.want, err)
		}
	}
}

type custom struct{ analytics.Message }

func (custom) Validate() error { return nil }

// Enqueue refuses what analytics-go refuses, in the same words.
func TestTheClientRefusesWhatAnalyticsGoRefuses(t *testing.T) {
	// Nothing is sent: all is refused before.
	original, err := analytics.NewWithConfig(testKey, analytics.Config{Endpoint: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	d := dispatcher(t, core.SinkFunc(func(context.Context, []core.Sealed) error { return nil }))
	defer d.Close(t.Context())
	ours := NewClient(d)
	for _, msg := range []analytics.Message{
		analytics.Track{}, analytics.Track{Event: "e"}, analytics.Track{UserId: "u"}, &analytics.Track{}, analytics.Identify{}, &analytics.Identify{},
		analytics.Group{}, analytics.Group{GroupId: "g"}, analytics.Group{UserId: "u"}, analytics.Page{Name: "p"}, &analytics.Page{}, analytics.Screen{}, &analytics.Screen{},
		analytics.Alias{}, analytics.Alias{UserId: "u"}, &analytics.Alias{PreviousId: "p"}, custom{},
	} {
		want, got := original.Enqueue(msg), ours.Enqueue(msg)
		if want == nil || got == nil || want.Error() != got.Error() {
			t.Errorf("%#v: %v, want %v", msg, got, want)
		}
		var field analytics.FieldError
		if errors.As(want, &field) != errors.As(got, &field) {
			t.Errorf("%#v: %T, want %T", msg, got, want)
		}
	}
	for _, msg := range []analytics.Message{nil, (*analytics.Track)(nil), (*analytics.Alias)(nil)} { // analytics-go panics
		if ours.Enqueue(msg) == nil {
			t.Errorf("%#v is taken", msg)
		}
	}
	for _, client := range []analytics.Client{original, ours} {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != analytics.ErrClosed {
			t.Errorf("the second Close: %v", err)
		}
		if err := client.Enqueue(analytics.Track{UserId: "u", Event: "e"}); err != analytics.ErrClosed {
			t.Errorf("after Close: %v", err)
		}
	}
	if s := d.Stats().Books; s.Received != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWhatTheDispatcherDoesNotTakeIsAnError(t *testing.T) {
	d := dispatcher(t, core.SinkFunc(func(context.Context, []core.Sealed) error { return nil }))
	client := NewClient(d)
	for name, msg := range map[string]analytics.Message{
		"a name with a line end": analytics.Track{UserId: "u", Event: "a\nb"},
		"a context without JSON": analytics.Track{UserId: "u", Event: "e", Context: &analytics.Context{Extra: map[string]any{"c": make(chan int)}}},
		"a context with NaN":     analytics.Page{UserId: "u", Context: &analytics.Context{Location: analytics.LocationInfo{Speed: math.NaN()}}},
	} {
		if err := client.Enqueue(msg); !errors.Is(err, core.ErrInvalidEvent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = d.Close(t.Context())
	if err := client.Enqueue(analytics.Track{UserId: "u", Event: "e"}); err != analytics.ErrClosed {
		t.Errorf("over a closed dispatcher: %v", err)
	}
}

func TestAFullQueueIsTooManyRequests(t *testing.T) {
	d, err := core.New(core.Config{
		Queue: core.QueueConfig{MaxBytes: 4 << 10, OnFull: core.DropNewest},
		Sinks: []core.SinkConfig{{Name: "down", Reach: core.ReachLocal, Sink: core.SinkFunc(func(ctx context.Context, _ []core.Sealed) error { <-ctx.Done(); return ctx.Err() })}},
	}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient(d)
	for range 1000 {
		if err = client.Enqueue(analytics.Track{UserId: "u", Event: "e"}); err != nil {
			break
		}
	}
	if !errors.Is(err, analytics.ErrTooManyRequests) || !errors.Is(err, core.ErrQueueFull) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = d.Close(ctx)
	_ = d.Close(context.Background()) // waits for the end
}

// Where analytics-go forgets what is left when it is closed while the server fails, the
// dispatcher goes on.
func TestWhatIsLeftWhenTheClientIsClosedIsDeliveredLater(t *testing.T) {
	down := true
	var mu sync.Mutex
	v := newVendor(t, func(int, []map[string]any) *fault {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return &fault{status: 500}
		}
		return nil
	})
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	client := NewClient(d)
	for range 3 {
		if err := client.Enqueue(analytics.Track{UserId: "user-1", Event: "e"}); err != nil {
			t.Fatal(err)
		}
	}
	for v.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	time.AfterFunc(30*time.Millisecond, func() {
		mu.Lock()
		defer mu.Unlock()
		down = false
	})
	if err := client.Close(); err != nil || len(v.all()) != 3 {
		t.Errorf("%v, stored %v", err, v.all())
	}
}

func TestConsentInAMessageIsRespected(t *testing.T) {
	v := newVendor(t, nil)
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	client := NewClient(d)
	refusal := &analytics.Context{Extra: map[string]any{"consent": map[string]any{"categoryPreferences": map[string]any{"Analytics": false}}}}
	if err := client.Enqueue(analytics.Track{UserId: "user-1", Event: "e", Context: refusal}); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil || len(v.all()) != 0 {
		t.Errorf("%v, stored %v", err, v.all())
	}
}

// However long a sink hangs, the host program is not held up for long.
func TestTheClientWaitsForABoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := core.SinkFunc(func(ctx context.Context, _ []core.Sealed) error { <-ctx.Done(); return ctx.Err() })
		d, err := core.New(core.Config{
			Queue: core.QueueConfig{MaxBytes: 4 << 10, OnFull: core.Block},
			Sinks: []core.SinkConfig{{Name: "down", Reach: core.ReachLocal, Sink: hang, Timeout: time.Hour, Batch: core.BatchConfig{MaxEvents: 1}}},
		}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
		if err != nil {
			t.Fatal(err)
		}
		client := NewClient(d)
		began := time.Now()
		for err == nil {
			err = client.Enqueue(analytics.Track{UserId: "u", Event: "e"})
		}
		if took := time.Since(began); !errors.Is(err, analytics.ErrTooManyRequests) || took != roomWait {
			t.Errorf("after %v: %v", took, err)
		}
		began = time.Now()
		if err := client.Close(); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != flushWait {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		_ = d.Close(context.Background())
	})
}
