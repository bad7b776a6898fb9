package server

import (
	"net/http"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

const page = "https://app.example.com"

func TestOnlyAllowedOriginsMaySendFromABrowser(t *testing.T) {
	keyed := Options{AllowedOrigins: []string{page, "http://localhost:3000"}, WriteKeys: []core.Secret{core.NewSecret(testKey)}}
	preflight := func(origin string) *http.Request {
		return request("OPTIONS", "/v1/events", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
	}
	post := func(origin string) *http.Request {
		return jsonRequest(`{"name":"a"}`, "Origin", origin, "Authorization", "Bearer "+testKey)
	}
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		header  map[string]string
	}{
		{"the preflight of a page", preflight(page), 204, map[string]string{
			"Access-Control-Allow-Origin": page, "Access-Control-Allow-Methods": "POST", "Vary": "Origin", "Access-Control-Max-Age": "600",
			"Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count", "Access-Control-Allow-Credentials": ""}},
		{"the request of a page", post(page), 200, map[string]string{
			"Access-Control-Allow-Origin": page, "Vary": "Origin", "Access-Control-Allow-Credentials": "", "Access-Control-Expose-Headers": "Retry-After"}},
		{"another page", post("http://localhost:3000"), 200, map[string]string{"Access-Control-Allow-Origin": "http://localhost:3000"}},
		{"a refusal, which the page may read, too", request("POST", "/v1/events", "", "Origin", page), 401, map[string]string{"Access-Control-Allow-Origin": page, "Vary": "Origin"}},
		{"the preflight of a stranger", preflight("https://evil.example"), 204, map[string]string{
			"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "", "Vary": "Origin"}},
		{"a stranger", post("https://evil.example"), 200, map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}},
		{"a subdomain", post("https://x.app.example.com"), 200, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"another scheme", post("http://app.example.com"), 200, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"another port", post(page + ":444"), 200, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"no origin at all", post("null"), 200, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"OPTIONS that is no preflight", request("OPTIONS", "/v1/events", "", "Origin", page), 405, nil},
		{"a program", jsonRequest(`{"name":"a"}`, "Authorization", "Bearer "+testKey), 200, map[string]string{"Access-Control-Allow-Origin": "", "Vary": "Origin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(newServer(t, keyed), c.request)
			if w.Code != c.status {
				t.Fatalf("got %d, want %d", w.Code, c.status)
			}
			for name, value := range c.header {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestWithoutAllowedOriginsThereIsNoCORS(t *testing.T) {
	w := do(newServer(t, Options{}), jsonRequest(`{"name":"a"}`, "Origin", page))
	want(t, w, 200)
	for name := range w.Header() {
		if name == "Vary" || len(name) > 15 && name[:15] == "Access-Control-" {
			t.Errorf("there is a header %s", name)
		}
	}
}

// TestAPageThatIsNotAllowedCannotReportToAServerWithoutKeys: an image whose source is the
// developer's own machine needs no CORS.
func TestAPageThatIsNotAllowedCannotReportToAServerWithoutKeys(t *testing.T) {
	for _, c := range []struct {
		headers []string
		keys    []core.Secret
		status  int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, nil, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, nil, 403},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", page}, nil, 200},
		{[]string{"Sec-Fetch-Site", "same-origin"}, nil, 200},
		{[]string{"Sec-Fetch-Site", "none"}, nil, 200},
		{nil, nil, 200},
		{[]string{"Sec-Fetch-Site", "cross-site"}, []core.Secret{core.NewSecret(testKey)}, 200},
	} {
		s := newServer(t, Options{AllowedOrigins: []string{page}, WriteKeys: c.keys})
		want(t, do(s, request("GET", "/langflow/"+testKey+"/run?runSeconds=1", "", c.headers...)), c.status)
	}
}
