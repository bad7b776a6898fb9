package server

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAnalyticsNodeReportsHereUnmodified(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Node.js is not on this machine: whether Segment's library for it reports here is not tried")
	}
	modules := unpackedModules(t, filepath.Join("testdata", "segment-node"))
	h := newHouse(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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

// unpackedModules returns a directory of Node.js modules with the packages that are in dir.
func unpackedModules(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(dir, "packages.json"))
	if err != nil {
		t.Fatal(err)
	}
	var packages []struct{ Name, File, Integrity string }
	if err := json.Unmarshal(list, &packages); err != nil || len(packages) == 0 {
		t.Fatalf("%d packages, %v", len(packages), err)
	}
	modules := t.TempDir()
	for _, p := range packages {
		packed, err := os.ReadFile(filepath.Join(dir, "packages", p.File))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum512(packed)
		if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
			t.Fatalf("%s is not what was published: %s, want %s", p.File, got, p.Integrity)
		}
		if err := unpack(packed, filepath.Join(modules, filepath.FromSlash(p.Name))); err != nil {
			t.Fatalf("%s: %v", p.File, err)
		}
	}
	return modules
}

// unpack puts the files of a package into dir, without the directory they share.
func unpack(packed []byte, dir string) error {
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	files := tar.NewReader(plain)
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, _ := strings.Cut(head.Name, "/")
		if head.Typeflag != tar.TypeReg || !filepath.IsLocal(name) || !isRun(name) {
			continue
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
}

// isRun reports whether Node.js may read a file of a package.
func isRun(name string) bool {
	switch filepath.Ext(name) {
	case ".js", ".cjs", ".mjs", ".json":
		return true
	}
	return false
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
