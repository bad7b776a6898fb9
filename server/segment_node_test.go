package server

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// analyticsNodeVersion is the release of Segment's library for Node.js that is tried.
const analyticsNodeVersion = "3.1.0"

func TestAnalyticsNodeReportsHereUnmodified(t *testing.T) {
	modules := installedAnalyticsNode(t)
	h := newHouse(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	node := exec.CommandContext(ctx, "node", filepath.Join("testdata", "segment-node", "send.cjs"))
	node.Env = append(os.Environ(), "NODE_PATH="+modules, "HEADGATE_URL="+h.url, "HEADGATE_WRITE_KEY="+testKey)
	if statuses := output(t, node); statuses != "[200,200]" {
		t.Errorf("the answers are %s", statuses)
	}
	const user, anonymous = "user-42", "anon-7"
	h.check(t, map[string]sealed{
		"m-track":    {"track", "run", user, anonymous, "s-1", map[string]any{"plan": "pro", "n": 3.0}},
		"m-identify": {"identify", "identify", user, anonymous, "", map[string]any{"plan": "pro"}},
		"m-page":     {"page", "Prices", user, anonymous, "", map[string]any{"name": "Prices", "category": "Docs", "path": "/prices"}},
		"m-screen":   {"screen", "main", user, anonymous, "", map[string]any{"name": "main"}},
		"m-group":    {"group", "group", user, anonymous, "", map[string]any{"groupId": "g1", "seats": 5.0}},
		"m-alias":    {"alias", "alias", user, "", "", map[string]any{"previousId": anonymous}},
		"m-plain":    {"track", "plain", user, anonymous, "", map[string]any{}},
	}, 2)
}

// installedAnalyticsNode returns a directory of modules with the library, which npm installs
// into the user's cache the first time.
func installedAnalyticsNode(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on this machine: whether Segment's library for Node.js reports here is not tried", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	home := filepath.Join(cache, "headgate-test")
	installed := filepath.Join(home, "analytics-node-"+analyticsNodeVersion)
	modules := filepath.Join(installed, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(home, "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "install", "--prefix", fresh, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error",
		"@segment/analytics-node@"+analyticsNodeVersion)
	npm.Dir = fresh
	output(t, npm)
	// Whoever is first: another run of this test may have installed the same meanwhile.
	if err := os.Rename(fresh, installed); err != nil {
		if _, other := os.Stat(modules); other != nil {
			t.Fatal(err)
		}
	}
	return modules
}

// output runs a command and returns what it prints.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(cmd.Path), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
