package http

import (
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestNoErrorAndNoPreviewTellsASecret(t *testing.T) {
	secret := func(kind string) string { return kind + strings.Repeat("Q7w", 6) }
	echo := httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		w.WriteHeader(400)
		user, password, _ := r.BasicAuth()
		fmt.Fprint(w, r.RequestURI, r.Header, user, password)
	}))
	defer echo.Close()
	for _, base := range []string{echo.URL, "http://127.0.0.1:1"} {
		config := Config{
			URL:     strings.Replace(base, "://", "://"+secret("user")+":"+secret("password")+"@", 1) + "/hook/" + secret("path") + "/{event}?key=" + secret("query") + "&e={event}",
			Headers: map[string]core.Secret{"X-Key": core.NewSecret(secret("header"))},
		}
		if base == echo.URL {
			config.BearerToken = core.NewSecret(secret("token"))
		}
		s := newSink(t, config)
		batch := sealed(t, "run")
		if err := s.Send(t.Context(), batch); err == nil || strings.Contains(err.Error(), "Q7w") {
			t.Errorf("send: %v", err)
		}
		if err := s.(core.Checker).Check(t.Context()); err != nil && strings.Contains(err.Error(), "Q7w") {
			t.Errorf("check: %v", err)
		}
		requests, err := s.(core.Previewer).Preview(batch)
		if err != nil {
			t.Fatal(err)
		}
		shown, _ := json.Marshal(requests)
		if n := strings.Count(string(shown), "Q7w"); n != strings.Count(secret("path"), "Q7w") { // the path is shown: it says where events go
			t.Errorf("preview: %s", shown)
		}
	}
}

func TestAPreviewIsTheRequest(t *testing.T) {
	s := newSink(t, Config{
		URL: "https://user:pw@h.example/in/{event}?key=abc&e={event}&flag", Compression: "zstd", Body: "event",
		BearerToken: core.NewSecret("tok"), Headers: map[string]core.Secret{"X-Key": core.NewSecret("k")},
	})
	batch := sealed(t, "run", "a/b")
	got, err := s.(core.Previewer).Preview(batch)
	if err != nil {
		t.Fatal(err)
	}
	header := nethttp.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"zstd"}, "Authorization": {"Bearer [redacted]"}, "X-Key": {"[redacted]"}}
	want := []core.Request{
		{Method: "POST", URL: "https://h.example/in/run?key=[redacted]&e=run&flag", Header: header, Body: string(batch[0].JSON())},
		{Method: "POST", URL: "https://h.example/in/a%2Fb?key=[redacted]&e=a%2Fb&flag", Header: header, Body: string(batch[1].JSON())},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOptionsThatCannotWorkAreRefusedByKey(t *testing.T) {
	ok := "https://h.example/"
	for name, c := range map[string]struct {
		config Config
		key    string
	}{
		"no URL":                {Config{}, "url"},
		"no host":               {Config{URL: "https:///x"}, "url"},
		"event as host":         {Config{URL: "https://{event}/x"}, "url"},
		"event in the host":     {Config{URL: "https://{event}.example.com/x"}, "url"},
		"event as user":         {Config{URL: "https://{event}@h.example/"}, "url"},
		"event as port":         {Config{URL: "https://h.example:{event}/"}, "url"},
		"event as scheme":       {Config{URL: "{event}://h.example/"}, "url"},
		"a fragment":            {Config{URL: ok + "#{event}"}, "url"},
		"a dot beside":          {Config{URL: ok + ".{event}/x"}, "url"},
		"an encoded dot beside": {Config{URL: ok + "{event}%2e"}, "url"},
		"line end in a header":  {Config{URL: ok, Headers: map[string]core.Secret{"X": core.NewSecret("a\nb")}}, "headers"},
		"bad header name":       {Config{URL: ok, Headers: map[string]core.Secret{"X Y": core.NewSecret("a")}}, "headers"},
		"the same header twice": {Config{URL: ok, Headers: map[string]core.Secret{"X-A": core.NewSecret("1"), "x-a": core.NewSecret("2")}}, "headers"},
		"own header":            {Config{URL: ok, Headers: map[string]core.Secret{"content-length": core.NewSecret("1")}}, "headers"},
		"line end in the token": {Config{URL: ok, BearerToken: core.NewSecret("a\r\nX: y")}, "bearer_token"},
		"two credentials":       {Config{URL: ok, BearerToken: core.NewSecret("a"), Headers: map[string]core.Secret{"authorization": core.NewSecret("b")}}, "bearer_token"},
	} {
		err := c.config.Validate()
		var field *registry.FieldError
		if !errors.As(err, &field) || field.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := New(t.Context(), registry.Env{}, c.config); err == nil {
			t.Errorf("%s: a sink was made", name)
		}
	}
	for _, raw := range []string{"http://h.example/", "http://h.example/{event}"} {
		if _, err := New(t.Context(), registry.Env{}, Config{URL: raw}); err == nil {
			t.Errorf("%s: plain http is taken", raw)
		}
		s, err := New(t.Context(), registry.Env{AllowInsecure: true}, Config{URL: raw})
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		_ = s.Close(t.Context())
	}
}

func TestTheSinkIsRegistered(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("http")
	if !ok || d.Reach != core.ReachNetwork {
		t.Fatalf("%v, %v", ok, d.Reach)
	}
	c := d.NewOptions().(*Config)
	if c.Method != "POST" || c.Body != "array" || c.Compression != "none" {
		t.Errorf("defaults %+v", c)
	}
	if l := newSink(t, Config{URL: "https://h.example/", Body: "event"}).(core.Limiter).Limits(); l.MaxEvents != maxSingle {
		t.Errorf("limits %+v", l)
	}
}
