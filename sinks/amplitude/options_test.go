package amplitude

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestRegionAPIAndEndpointMakeTheURL(t *testing.T) {
	for want, c := range map[string]Config{
		"https://api2.amplitude.com/batch":       {},
		"https://api2.amplitude.com/2/httpapi":   {API: "httpapi", Region: "us"},
		"https://api.eu.amplitude.com/batch":     {Region: "eu", API: "batch"},
		"https://api.eu.amplitude.com/2/httpapi": {Region: "eu", API: "httpapi"},
		"https://proxy.example.com/a/batch":      {Endpoint: "https://proxy.example.com/a/", Region: "eu"},
		"http://127.0.0.1:9000/2/httpapi":        {Endpoint: "http://127.0.0.1:9000", API: "httpapi"},
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
		"no key":               {Config{}, "api_key"},
		"a line end":           {Config{APIKey: core.NewSecret("a\n")}, "api_key"},
		"another region":       {Config{APIKey: key, Region: "mars"}, "region"},
		"another API":          {Config{APIKey: key, API: "identify"}, "api"},
		"a query":              {Config{APIKey: key, Endpoint: "https://h.example/?a=b"}, "endpoint"},
		"a user":               {Config{APIKey: key, Endpoint: "https://u:p@h.example/"}, "endpoint"},
		"no URL":               {Config{APIKey: key, Endpoint: "h.example"}, "endpoint"},
		"no URL at all":        {Config{APIKey: key, Endpoint: "https://%zz"}, "endpoint"},
		"http off the machine": {Config{APIKey: key, Endpoint: "http://h.example"}, "endpoint"},
	} {
		_, err := New(t.Context(), registry.Env{}, c.config)
		var field *registry.FieldError
		if !errors.As(err, &field) || field.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := New(t.Context(), registry.Env{AllowInsecure: true}, Config{APIKey: key, Endpoint: "http://h.example"})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close(t.Context())
}

func TestTheSinkIsRegistered(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("amplitude")
	if !ok || d.Reach != core.ReachThirdParty {
		t.Fatalf("%v, %v", ok, d.Reach)
	}
	c := d.NewOptions().(*Config)
	if c.API != "batch" || c.Region != "us" || c.MinIDLength != 0 || d.LimitsOf(c) != (core.Limits{MaxEvents: 2000, MaxBytes: targetBatchBytes}) {
		t.Errorf("defaults %+v, limits %+v", c, d.LimitsOf(c))
	}
	c.API = "httpapi"
	if l := d.LimitsOf(c); l.MaxBytes >= maxHTTPBytes || newSink(t, "", *c).Limits() != l {
		t.Errorf("limits %+v", l)
	}
}

func TestTheBodyIsCompressedWhenAsked(t *testing.T) {
	var problems []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			problems = append(problems, err.Error())
			return
		}
		body, _ := io.ReadAll(z)
		_, problems = checkBody(body)
	}))
	defer srv.Close()
	if err := newSink(t, srv.URL, Config{Compression: "gzip"}).Send(t.Context(), sealN(t, 3)); err != nil || len(problems) > 0 {
		t.Errorf("%v, %q", err, problems)
	}
}

func TestTheCheckReportsNoEvent(t *testing.T) {
	v := newVendor(t, apiBatch, nil)
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
