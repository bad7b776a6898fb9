package server

import (
	"context"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// tokenOf returns the token that the page has.
func tokenOf(t testing.TB, a *Admin) string {
	t.Helper()
	found := regexp.MustCompile(`name="headgate-token" content="([^"]{20,})"`).FindStringSubmatch(ask(a, "GET", "/ui/").Body.String())
	if found == nil {
		t.Fatal("the page has no token")
	}
	return found[1]
}

func TestAPageActsWithItsTokenAndAProgramWithout(t *testing.T) {
	reloads := 0
	a := newAdmin(t, AdminOptions{Reload: func(context.Context) error { reloads++; return nil }})
	token := tokenOf(t, a)
	if other := tokenOf(t, newAdmin(t, AdminOptions{})); other == token {
		t.Error("two processes have the same token")
	}
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"a program", nil, 200},
		{"the page", []string{"Origin", "http://127.0.0.1:8431", "Sec-Fetch-Site", "same-origin", tokenHeader, token}, 200},
		{"the page of an old browser", []string{"Origin", "http://127.0.0.1:8431", tokenHeader, token}, 200},
		{"a page without a token", []string{"Origin", "http://127.0.0.1:8431", "Sec-Fetch-Site", "same-origin"}, 403},
		{"a page with another token", []string{"Origin", "http://127.0.0.1:8431", tokenHeader, strings.Repeat("A", len(token))}, 403},
		{"a page that hides its origin", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"}, 403},
		{"a form typed in by hand", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		{"a page of another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", tokenHeader, token}, 403},
		{"a page of another port", []string{"Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", "same-site", tokenHeader, token}, 403},
	} {
		before := reloads
		r := request("POST", "http://127.0.0.1:8431/v1/reload", "", c.headers...)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != c.status || (reloads > before) != (c.status == 200) {
			t.Errorf("%s: got %d, and %d reloads", c.name, w.Code, reloads-before)
		}
	}
}

func TestAnotherSiteMayLinkToThePageButNotLoadAnythingOfIt(t *testing.T) {
	a := newAdmin(t, AdminOptions{})
	for _, c := range []struct {
		name    string
		path    string
		headers []string
		status  int
	}{
		{"a link", "/ui/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"a frame", "/ui/", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"a script", "/ui/app.js", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"}, 403},
		{"an image", "/ui/stream", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"the books", "/v1/status", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, 403},
	} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, request("GET", "http://127.0.0.1:8431"+c.path, "", c.headers...))
		if w.Code != c.status {
			t.Errorf("%s: got %d, want %d", c.name, w.Code, c.status)
		}
	}
}

func TestAnAdminListenerForOtherMachinesShowsEventsUnderNamesThatAStrangerCannotMake(t *testing.T) {
	a := newAdmin(t, AdminOptions{Listen: "0.0.0.0:0", AllowedHosts: []string{"Headgate.corp.example"}})
	for host, status := range map[string]int{
		"10.0.0.5:8431": 200, "[fd00::5]:8431": 200, "headgate:8431": 200, "headgate.monitoring.svc:8431": 200, "localhost:8431": 200,
		"box.local": 200, "headgate.corp.EXAMPLE:8431": 200, "evil.example:8431": 403, "10.0.0.5.evil.example": 403, "svc.evil.example": 403, "": 403,
	} {
		for path, want := range map[string]int{"/ui/": status, "/healthz": 200, "/v1/status": 200} {
			r := request("GET", "http://x"+path, "")
			r.Host = host
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("%s of %q is answered %d, want %d", path, host, w.Code, want)
			}
		}
	}
}
