package server

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestThePageLoadsNothingFromElsewhereAndRunsNothingInline(t *testing.T) {
	a := newAdmin(t, AdminOptions{})
	w := ask(a, "GET", "/ui/")
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") {
		t.Errorf("the policy lets too much in: %s", policy)
	}
	for name, value := range map[string]string{"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s is %q", name, got)
		}
	}
	html := w.Body.String()
	if inline := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|javascript:`).FindString(html); inline != "" {
		t.Errorf("the page has %q inline", inline)
	}
	loaded := regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(html, -1)
	if len(loaded) < 4 {
		t.Fatalf("the page loads %q", loaded)
	}
	for _, of := range loaded {
		if got := ask(a, "GET", "/ui/"+of[1]); got.Code != http.StatusOK || got.Header().Get("Content-Type") == "" || got.Body.Len() == 0 {
			t.Errorf("%s is answered %d %s", of[1], got.Code, got.Header().Get("Content-Type"))
		}
	}
}

// What the page is made of is small: it is embedded in every program that serves it.
func TestThePageIsSmall(t *testing.T) {
	a := newAdmin(t, AdminOptions{})
	total := 0
	for _, file := range []string{"", "style.css", "icon.svg", "theme.js", "app.js", "actions.js", "dom.js", "events.js", "gate.js", "json.js", "letters.js", "sinks.js", "spark.js", "stream.js"} {
		w := ask(a, "GET", "/ui/"+file)
		if w.Code != http.StatusOK {
			t.Errorf("%s is answered %d", file, w.Code)
		}
		if elsewhere := regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`).FindAllString(w.Body.String(), -1); len(elsewhere) > 0 && !only(elsewhere, "http://www.w3.org") {
			t.Errorf("%s names %q", file, elsewhere)
		}
		total += w.Body.Len()
	}
	if total > 80<<10 {
		t.Errorf("the page is %d bytes", total)
	}
}

func only(all []string, one string) bool {
	for _, s := range all {
		if s != one {
			return false
		}
	}
	return true
}

func TestTheListenersRootLeadsToThePage(t *testing.T) {
	a := newAdmin(t, AdminOptions{})
	for _, path := range []string{"/", "/ui"} {
		if w := ask(a, "GET", path); w.Code/100 != 3 || w.Header().Get("Location") != "/ui/" {
			t.Errorf("%s is answered %d, Location %q", path, w.Code, w.Header().Get("Location"))
		}
	}
}
