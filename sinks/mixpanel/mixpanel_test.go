package mixpanel

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

func events(n int) (list []core.Event) {
	for i := range n {
		list = append(list, core.Event{ID: fmt.Sprint("m-", i), Name: "run", AnonymousID: "anon-7", Props: core.Props{"n": i}})
	}
	return list
}

func newSink(t testing.TB, c Config, env ...registry.Env) *Sink {
	t.Helper()
	c.Token = core.NewSecret(secret())
	e := registry.Env{Timeout: 5 * time.Second}
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

// onlyEvent returns an event as it is sent.
func onlyEvent(t testing.TB, s *Sink, e core.Event) (name string, properties map[string]any) {
	t.Helper()
	shown, err := s.Preview(seal(t, e))
	if err != nil {
		t.Fatal(err)
	}
	var body []struct {
		Event      string
		Properties map[string]any
	}
	if err := json.Unmarshal([]byte(shown[0].Body), &body); err != nil {
		t.Fatalf("%v in %s", err, shown[0].Body)
	}
	return body[0].Event, body[0].Properties
}

func TestThePreviewIsTheRequestWithTheTokenMasked(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL}, registry.Env{EventPrefix: "langflow_"})
	batch := seal(t, events(2)...)
	shown, err := s.Preview(batch)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	v.done(t)
	want := []core.Request{{
		Method: "POST", URL: v.URL + "/import?strict=1&ip=0", Body: string(v.requests[0].body),
		Header: nethttp.Header{
			"Authorization": {"Basic [redacted]"}, "Content-Type": {"application/json"}, "Accept": {"application/json"}, "Content-Encoding": {"gzip"},
		},
	}}
	if diff := cmp.Diff(want, shown); diff != "" || !strings.Contains(want[0].Body, `"event":"langflow_run"`) {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := s.Preview(seal(t, core.Event{Name: "alias", Kind: core.KindAlias, UserID: "u"})); err == nil {
		t.Error("a preview of what is declined does not say so")
	}
}

func TestOptionsChooseTheAddress(t *testing.T) {
	no := false
	for want, c := range map[string]Config{
		"https://api.mixpanel.com/import?strict=1&ip=0":    {},
		"https://api-eu.mixpanel.com/import?strict=1&ip=0": {Region: "eu"},
		"https://api-in.mixpanel.com/import?strict=0&ip=0": {Region: "in", Strict: &no},
		"http://127.0.0.1:9000/x/import?strict=1&ip=0":     {Region: "eu", Endpoint: "http://127.0.0.1:9000/x/"},
	} {
		shown, err := newSink(t, c).Preview(seal(t, events(1)...))
		if err != nil || shown[0].URL != want {
			t.Errorf("%v, %v, want %s", shown, err, want)
		}
	}
}

func TestOptionsThatCannotWorkAreRefusedByKey(t *testing.T) {
	token := core.NewSecret("abc")
	for name, c := range map[string]struct {
		config Config
		key    string
	}{
		"no token":           {Config{}, "token"},
		"a service account":  {Config{Token: core.NewSecret("user:" + "pw")}, "token"},
		"a token with space": {Config{Token: core.NewSecret("abc\n")}, "token"},
		"a query":            {Config{Token: token, Endpoint: "https://h.example/?a"}, "endpoint"},
		"a user":             {Config{Token: token, Endpoint: "https://u@h.example/"}, "endpoint"},
		"no host":            {Config{Token: token, Endpoint: "import"}, "endpoint"},
	} {
		var field *registry.FieldError
		if err := c.config.Validate(); !errors.As(err, &field) || field.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := New(t.Context(), registry.Env{}, c.config); err == nil {
			t.Errorf("%s: a sink was made", name)
		}
	}
	if _, err := New(t.Context(), registry.Env{}, Config{Token: token, Endpoint: "http://h.example"}); err == nil {
		t.Error("plain http is taken")
	}
}

func TestTheSinkIsRegisteredWithItsLimits(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("mixpanel")
	if !ok || d.Reach != core.ReachThirdParty || d.Limits != newSink(t, Config{}).Limits() || d.Limits.MaxEvents != 2000 || d.Limits.MaxBytes != 9_500_000 {
		t.Fatalf("%v, %+v", ok, d)
	}
	if c := d.NewOptions().(*Config); c.Region != "us" || c.Strict == nil || !*c.Strict {
		t.Errorf("defaults %+v", c)
	}
	for _, l := range VendorLimits() {
		if l.Max <= 0 || l.What == "" || l.Unit == "" || l.Kept == "" || !strings.HasPrefix(l.Source, "https://") {
			t.Errorf("%+v", l)
		}
	}
}

func TestTheCheckTriesTheTokenWithoutAnEvent(t *testing.T) {
	v := newVendor(t)
	if err := newSink(t, Config{Endpoint: v.URL}).Check(t.Context()); err != nil || len(v.requests[0].ids) != 0 {
		t.Errorf("%v", err)
	}
	v.done(t)
	for status, want := range map[int]core.Class{400: "", 401: core.ClassUnauthorized, 403: core.ClassUnauthorized, 404: core.ClassRefused, 503: core.ClassRetry} {
		v := newVendor(t, fault{status: status, body: `{"error":"` + secret() + `"}`})
		err := newSink(t, Config{Endpoint: v.URL}).Check(t.Context())
		if class, _ := core.Classify(err); class != want && (want != "" || err != nil) || err != nil && strings.Contains(err.Error(), "Q7w") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
