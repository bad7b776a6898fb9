package cli

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// routesIn returns the routes that a pattern finds in files, without their queries.
func routesIn(t *testing.T, pattern string, globs ...string) (routes []string) {
	t.Helper()
	find := regexp.MustCompile(pattern)
	for _, glob := range globs {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", glob, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range find.FindAllStringSubmatch(string(text), -1) {
				route, _, _ := strings.Cut(m[1], "?")
				routes = append(routes, route)
			}
		}
	}
	slices.Sort(routes)
	return slices.Compact(routes)
}

func TestTheAdminAPIIsListedInTheDocumentation(t *testing.T) {
	t.Parallel()
	answered := routesIn(t, `"((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"`, "*.go", "../server/*.go")
	answered = slices.DeleteFunc(answered, func(route string) bool {
		return route == "GET /ui/stream" || route == "GET /{$}" // parts of the page
	})
	text, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## The admin API\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`?]*)").FindAllStringSubmatch(section, -1) {
		listed = append(listed, m[1])
	}
	slices.Sort(listed)
	if len(answered) < 10 || !slices.Equal(answered, listed) {
		t.Errorf("the daemon answers\n%s\nand docs/operate.md lists\n%s", strings.Join(answered, "\n"), strings.Join(listed, "\n"))
	}
}

// curled returns the request that a command line of curl makes, so far as the documentation needs.
func curled(t *testing.T, line, admin string) *http.Request {
	t.Helper()
	method, target, form := http.MethodGet, "", url.Values{}
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))[1:]
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch word {
		case "-X":
			method, words = words[0], words[1:]
		case "--data-urlencode":
			key, value, _ := strings.Cut(words[0], "=")
			form.Set(key, value)
			method, words = http.MethodPost, words[1:]
		default:
			target = strings.Replace(word, "127.0.0.1:8431", admin, 1)
		}
	}
	var body io.Reader
	if len(form) > 0 {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func TestEveryRequestToTheAdminAPIInTheDocumentationIsAnswered(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "shutdown_timeout: 100ms\nsinks:\n  ga4: {type: log}\n")
	text, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
		if !strings.HasPrefix(line, "curl ") || !strings.Contains(line, "127.0.0.1:8431") {
			continue
		}
		tried++
		req := curled(t, line, p.ready.Admin)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: answered %d: %s", line, resp.StatusCode, body)
		}
		if req.URL.Path == "/v1/forget" && !strings.Contains(string(body), `"events":`) {
			t.Errorf("%s: answered %s", line, body)
		}
	}
	if tried < 9 {
		t.Errorf("%d requests were found", tried)
	}
}
