package ga4

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func seal(t testing.TB, events ...core.Event) (batch []core.Sealed) {
	t.Helper()
	for _, e := range events {
		s, err := core.Seal(core.Config{App: core.App{Name: "langflow", Version: "1.8.0"}}, e)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, s)
	}
	return batch
}

// events returns n events, those of a person for each letter of who in turn.
func events(n int, who string) (list []core.Event) {
	for i := range n {
		list = append(list, core.Event{
			ID: fmt.Sprint("m-", i), Name: "run", AnonymousID: "anon-" + who[i%len(who):i%len(who)+1], Props: core.Props{"n": i},
		})
	}
	return list
}

func newSink(t testing.TB, c Config, env ...registry.Env) *Sink {
	t.Helper()
	if c.MeasurementID == "" && c.FirebaseAppID == "" {
		c.MeasurementID = "G-TEST123"
	}
	c.APISecret = core.NewSecret(secret())
	e := registry.Env{Timeout: 5 * time.Second, App: core.App{Name: "langflow"}}
	if len(env) > 0 {
		e = env[0]
	}
	s, err := New(t.Context(), e, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s.(*Sink)
}

// bodies returns the requests the sink would make, decoded.
func bodies(t testing.TB, s *Sink, batch ...core.Sealed) (decoded []map[string]any) {
	t.Helper()
	shown, err := s.Preview(batch)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range shown {
		var body map[string]any
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
			t.Fatalf("%v in %s", err, r.Body)
		}
		decoded = append(decoded, body)
	}
	return decoded
}

// onlyEvent returns the event of a single request of one event.
func onlyEvent(t testing.TB, s *Sink, e core.Event) (event, params map[string]any) {
	t.Helper()
	got := bodies(t, s, seal(t, e)...)
	event = got[0]["events"].([]any)[0].(map[string]any)
	return event, event["params"].(map[string]any)
}

func TestTheRequestIsTheDocumentedOne(t *testing.T) {
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond).UTC()
	s := newSink(t, Config{}, registry.Env{EventPrefix: "langflow_"})
	got := bodies(t, s, seal(t, core.Event{
		ID: "29fc2962", Name: "run", Time: at, UserID: "u-42", AnonymousID: "anon-7", SessionID: "1785578000",
		Props:   core.Props{"run_seconds": 45, "run_success": true, "ratio": 0.5, "flow.name": "Basic", "nothing": nil},
		Context: core.Props{"os": map[string]any{"name": "Linux", "version": "6.1"}, "locale": "de-DE", "ip": "203.0.113.9", "userAgent": "x"},
	})...)
	want := []map[string]any{{
		"client_id": "744071593.668451662", "user_id": "u-42",
		"consent": map[string]any{"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
		"device":  map[string]any{"operating_system": "Linux", "operating_system_version": "6.1", "language": "de-DE"},
		"events": []any{map[string]any{
			"name": "langflow_run", "timestamp_micros": float64(at.UnixMicro()),
			"params": map[string]any{
				"session_id": "1785578000", "engagement_time_msec": 1.0, "message_id": "29fc2962",
				"run_seconds": 45.0, "run_success": "true", "ratio": 0.5, "flow_name": "Basic", "app_version": "1.8.0",
			},
		}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestThePreviewIsTheRequestWithTheSecretMasked(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	batch := seal(t, events(3, "ab")...)
	shown, err := s.Preview(batch)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	v.done(t)
	for i, r := range v.requests {
		want := core.Request{
			Method: "POST", URL: v.URL + "/mp/collect?measurement_id=G-TEST123&api_secret=[redacted]",
			Header: nethttp.Header{"Content-Type": {"application/json"}}, Body: string(r.body),
		}
		if diff := cmp.Diff(want, shown[i]); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	if r := v.requests[0]; r.query != "measurement_id=G-TEST123&api_secret="+secret() {
		t.Error(r.query)
	}
	if _, err := s.Preview(seal(t, core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "u"})); err == nil {
		t.Error("a preview of what is declined does not say so")
	}
}

func TestRegionsAndEndpointsChooseTheAddress(t *testing.T) {
	for want, c := range map[string]Config{
		"https://www.google-analytics.com/mp/collect?measurement_id=G-TEST123&api_secret=[redacted]":                    {},
		"https://region1.google-analytics.com/mp/collect?measurement_id=G-TEST123&api_secret=[redacted]":                {Region: "eu"},
		"http://127.0.0.1:9000/x/mp/collect?measurement_id=G-TEST123&api_secret=[redacted]":                             {Region: "eu", Endpoint: "http://127.0.0.1:9000/x"},
		"http://127.0.0.1:9000/y/mp/collect?firebase_app_id=1:123:android:abc&api_secret=[redacted]":                    {Endpoint: "http://127.0.0.1:9000/y/", FirebaseAppID: "1:123:android:abc"},
		"https://region1.google-analytics.com/mp/collect?firebase_app_id=1:1234567890:ios:0a1b2c&api_secret=[redacted]": {Region: "eu", FirebaseAppID: "1:1234567890:ios:0a1b2c"},
	} {
		shown, err := newSink(t, c).Preview(seal(t, core.Event{Name: "run", AnonymousID: "a"}))
		if err != nil || shown[0].URL != want {
			t.Errorf("%v, %v, want %s", shown, err, want)
		}
	}
}

func TestOptionsThatCannotWorkAreRefusedByKey(t *testing.T) {
	ok := Config{MeasurementID: "G-ABC1", APISecret: core.NewSecret(secret())}
	for name, c := range map[string]struct {
		change func(*Config)
		key    string
	}{
		"no stream":           {func(c *Config) { c.MeasurementID = "" }, "measurement_id"},
		"two streams":         {func(c *Config) { c.FirebaseAppID = "1:2:android:3" }, "firebase_app_id"},
		"a Universal id":      {func(c *Config) { c.MeasurementID = "UA-1234-1" }, "measurement_id"},
		"a query in the id":   {func(c *Config) { c.MeasurementID = "G-A&api_secret=x" }, "measurement_id"},
		"not an app id":       {func(c *Config) { c.MeasurementID, c.FirebaseAppID = "", "my app" }, "firebase_app_id"},
		"no secret":           {func(c *Config) { c.APISecret = core.Secret{} }, "api_secret"},
		"no host":             {func(c *Config) { c.Endpoint = "/mp" }, "endpoint"},
		"a query":             {func(c *Config) { c.Endpoint = "https://h.example/?a=b" }, "endpoint"},
		"a fragment":          {func(c *Config) { c.Endpoint = "https://h.example/#a" }, "endpoint"},
		"a user":              {func(c *Config) { c.Endpoint = "https://u:p@h.example/" }, "endpoint"},
		"a scheme of its own": {func(c *Config) { c.Endpoint = "ftp://h.example/" }, "endpoint"},
	} {
		config := ok
		c.change(&config)
		var field *registry.FieldError
		if err := config.Validate(); !errors.As(err, &field) || field.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := New(t.Context(), registry.Env{}, config); err == nil {
			t.Errorf("%s: a sink was made", name)
		}
	}
	ok.Endpoint = "http://h.example/"
	if _, err := New(t.Context(), registry.Env{}, ok); err == nil {
		t.Error("plain http is taken")
	}
	s, err := New(t.Context(), registry.Env{AllowInsecure: true}, ok)
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close(t.Context())
}

func TestTheSinkIsRegisteredWithItsLimits(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("ga4")
	if !ok || d.Reach != core.ReachThirdParty || d.Limits.MaxEvents != 25 || d.Limits.MaxBytes != 130000 {
		t.Fatalf("%v, %+v", ok, d)
	}
	if c := d.NewOptions().(*Config); c.Delivery != "at_most_once" || c.Region != "global" || c.Consent != (Consent{}) {
		t.Errorf("defaults %+v", c)
	}
	if l := newSink(t, Config{}).Limits(); l.MaxEvents != 25 || l.MaxBytes != 0 {
		t.Errorf("limits %+v", l)
	}
	for _, l := range VendorLimits() {
		if l.Max <= 0 || l.What == "" || l.Unit == "" || l.Kept == "" || !strings.HasPrefix(l.Source, "https://") {
			t.Errorf("%+v", l)
		}
	}
}

func TestTheCheckAsksTheValidationServer(t *testing.T) {
	v := newVendor(t)
	for _, c := range []Config{{Endpoint: v.URL}, {Endpoint: v.URL, FirebaseAppID: "1:2:android:3"}} {
		if err := newSink(t, c).Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if v.count() != 0 {
		t.Error("the check reported an event")
	}
	v.secret = "another" // the fake, unlike Google, looks at it
	err := newSink(t, Config{Endpoint: v.URL}).Check(t.Context())
	if class, _ := core.Classify(err); err == nil || class != core.ClassPermanent || strings.Contains(err.Error(), "Q7w") {
		t.Errorf("%s, %v", class, err)
	}
	for name, endpoint := range map[string]string{"a path that is not there": v.URL + "/nothing", "a closed port": "http://127.0.0.1:1"} {
		if err := newSink(t, Config{Endpoint: endpoint}).Check(t.Context()); err == nil || strings.Contains(err.Error(), "Q7w") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
