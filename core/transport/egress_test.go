package transport

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestARequestWithACredentialWhereNoneBelongsIsNotSent(t *testing.T) {
	own, others := strings.Repeat("own", 5), strings.Repeat("their", 4)
	var came atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer s.Close()
	c, err := New(Options{Secrets: []core.Secret{core.NewSecret(own)}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := core.WithCredentials(t.Context(), core.NewCredentials(core.NewSecret(own), core.NewSecret(others)))
	basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(own+":"))}}
	for name, test := range map[string]struct {
		req  Request
		sent bool
	}{
		"nothing":           {Request{Body: []byte(`{"a":1}`)}, true},
		"own in the query":  {Request{URL: "?api_secret=" + own}, true},
		"own in the header": {Request{Header: basic}, true},
		"own in the body":   {Request{Body: []byte(`{"api_key":"` + own + `"}`), BodySecret: core.NewSecret(own)}, true},
		"own twice":         {Request{Body: []byte(`{"api_key":"` + own + `","a":"` + own + `"}`), BodySecret: core.NewSecret(own)}, false},
		"own, not wanted":   {Request{Body: []byte(`{"a":"` + own + `"}`)}, false},
		"others' body":      {Request{Body: []byte(`{"a":"` + base64.URLEncoding.EncodeToString([]byte("x"+others)) + `"}`)}, false},
		"others' query":     {Request{URL: "?x=" + others}, false},
		"others' path":      {Request{URL: "/" + others}, false},
		"others' header":    {Request{Header: http.Header{"X-A": {others}}}, false},
	} {
		before := came.Load()
		test.req.URL = s.URL + test.req.URL
		_, err := c.Do(ctx, test.req)
		if sent := came.Load() > before; sent != test.sent || sent != (err == nil) {
			t.Errorf("%s: sent %v, %v", name, sent, err)
		}
		if class, _ := core.Classify(err); err != nil && class != core.ClassPermanent {
			t.Errorf("%s: the class is %s, by which the event at fault is not found", name, class)
		}
		if err != nil && (strings.Contains(err.Error(), own) || strings.Contains(err.Error(), others)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Do(t.Context(), Request{URL: s.URL + "/" + others}); err != nil {
		t.Errorf("without credentials to look for: %v", err)
	}
}
