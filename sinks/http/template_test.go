package http

import (
	"net/url"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAHostileNameStaysOneSegment(t *testing.T) {
	tmpl, err := parseTemplate("https://h.example/base/{event}/end?e={event}&k=v")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"run":             "run",
		"a.b":             "a.b",
		"v1.2/x":          "v1.2%2Fx",
		"..":              "__",
		".":               "_",
		"../../etc":       "__%2F__%2Fetc",
		`..\..\etc`:       "__%5C__%5Cetc",
		"a/../b":          "a%2F__%2Fb",
		"a?b=c#d":         "a%3Fb=c%23d",
		"%2e%2e":          "%252e%252e",
		"//evil.example/": "%2F%2Fevil.example%2F",
		"@evil.example":   "@evil.example",
		"é 日本":            "%C3%A9%20%E6%97%A5%E6%9C%AC",
	} {
		got := tmpl.expand(name)
		if prefix := "https://h.example/base/" + want + "/end?e="; !strings.HasPrefix(got, prefix) {
			t.Errorf("%q: %s, want %s…", name, got, prefix)
		}
		stays(t, name, got)
	}
}

// stays fails the test unless a URL of the template above leads where it should, read
// as a client, as a server, and as a server that decodes before it resolves dots.
func stays(t *testing.T, name, expanded string) {
	t.Helper()
	u, err := url.Parse(expanded)
	if err != nil {
		t.Fatalf("%q: %v", name, err)
	}
	if u.Host != "h.example" || u.User != nil || u.Fragment != "" || strings.Count(u.EscapedPath(), "/") != 3 {
		t.Errorf("%q changes the URL: %s", name, expanded)
	}
	if q := u.Query(); len(q) != 2 || q.Get("e") != name || q.Get("k") != "v" {
		t.Errorf("%q changes the query: %s", name, expanded)
	}
	if clean := path.Clean(strings.ReplaceAll(u.Path, `\`, "/")); !strings.HasPrefix(clean, "/base/") || !strings.HasSuffix(clean, "/end") {
		t.Errorf("%q leaves its place once decoded: %s", name, clean)
	}
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"run", "..", "../..", "a/./b", "?x", "#", "%2e%2e/", "\\..", "@h:80"} {
		f.Add(s)
	}
	tmpl, err := parseTemplate("https://h.example/base/{event}/end?e={event}&k=v")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || !utf8.ValidString(name) {
			return
		}
		stays(t, name, tmpl.expand(name))
	})
}
