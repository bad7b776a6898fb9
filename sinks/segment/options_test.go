package segment

import (
	"errors"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestRegionAndEndpointMakeTheURL(t *testing.T) {
	for want, c := range map[string]Config{
		"https://api.segment.io/v1/batch":             {},
		"https://events.eu1.segmentapis.com/v1/batch": {Region: "eu"},
		"https://proxy.example.com/a/v1/batch":        {Endpoint: "https://proxy.example.com/a/", Region: "eu"},
		"http://127.0.0.1:9000/v1/batch":              {Endpoint: "http://127.0.0.1:9000"},
	} {
		if got := newSink(t, "", c).url; got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}

func TestOptionsThatCannotWorkAreRefusedByKey(t *testing.T) {
	key := core.NewSecret(testKey)
	for name, c := range map[string]struct {
		config Config
		key    string
	}{
		"no key":               {Config{}, "write_key"},
		"a line end":           {Config{WriteKey: core.NewSecret("a\n")}, "write_key"},
		"a colon":              {Config{WriteKey: core.NewSecret("a:b")}, "write_key"},
		"another region":       {Config{WriteKey: key, Region: "mars"}, "region"},
		"a query":              {Config{WriteKey: key, Endpoint: "https://h.example/?a=b"}, "endpoint"},
		"a user":               {Config{WriteKey: key, Endpoint: "https://u:p@h.example/"}, "endpoint"},
		"no URL":               {Config{WriteKey: key, Endpoint: "h.example"}, "endpoint"},
		"no URL at all":        {Config{WriteKey: key, Endpoint: "https://%zz"}, "endpoint"},
		"http off the machine": {Config{WriteKey: key, Endpoint: "http://h.example"}, "endpoint"},
	} {
		_, err := New(t.Context(), registry.Env{}, c.config)
		var field *registry.FieldError
		if !errors.As(err, &field) || field.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := New(t.Context(), registry.Env{AllowInsecure: true}, Config{WriteKey: key, Endpoint: "http://h.example"})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close(t.Context())
}

func TestTheSinkIsRegistered(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("segment")
	if !ok || d.Reach != core.ReachThirdParty || d.Limits.MaxEvents != 2500 || d.Limits.MaxBytes >= maxBatchBytes {
		t.Fatalf("%v, %+v", ok, d)
	}
	if c := d.NewOptions().(*Config); c.Region != "us" || newSink(t, "", *c).Limits() != d.Limits {
		t.Errorf("defaults %+v", c)
	}
}

func TestTheCheckReportsNoEvent(t *testing.T) {
	v := newVendor(t, nil)
	if err := newSink(t, v.URL, Config{}).Check(t.Context()); err != nil || v.count() != 0 {
		t.Errorf("%v, %d requests", err, v.count())
	}
	if err := newSink(t, "http://127.0.0.1:1", Config{}).Check(t.Context()); err == nil {
		t.Error("a closed port is reachable")
	}
}

func TestEveryLimitHasASource(t *testing.T) {
	for _, l := range VendorLimits() {
		if l.What == "" || l.Max <= 0 || l.Unit == "" || l.Kept == "" || !strings.HasPrefix(l.Source, "https://") {
			t.Errorf("%+v", l)
		}
	}
}
