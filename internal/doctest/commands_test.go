package doctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// words splits a command line, so far as the documentation needs: at spaces outside quotes.
var words = regexp.MustCompile(`(?:[^\s'"]|'[^']*'|"[^"]*")+`)

// commandLines returns the lines of shell blocks, without prompt, comment and what follows a pipe.
func commandLines(t *testing.T) map[string]block {
	t.Helper()
	found := make(map[string]block)
	for _, b := range blocks(t, "sh", "console") {
		for l := range strings.Lines(b.text) {
			l = strings.TrimPrefix(strings.TrimSpace(l), "$ ")
			l, _, _ = strings.Cut(l, " #")
			for part := range strings.SplitSeq(l, " | ") {
				found[strings.TrimSpace(part)] = b
			}
		}
	}
	return found
}

func TestEveryHeadgateCommandInTheDocumentationExists(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "headgate")
	if out, err := exec.Command("go", "build", "-o", binary, module+"/cmd/headgate").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	tried := 0
	for l, b := range commandLines(t) {
		args := words.FindAllString(l, -1)
		for len(args) > 0 && strings.Contains(args[0], "=") { // environment
			args = args[1:]
		}
		if len(args) < 2 || filepath.Base(args[0]) != "headgate" || strings.HasPrefix(args[1], "-") {
			continue
		}
		tried++
		command := []string{args[1]}
		if slices.Contains([]string{"telemetry", "deadletter", "queue", "new"}, args[1]) && len(args) > 2 {
			command = append(command, args[2])
		}
		help, err := exec.Command(binary, append(command, "--help")...).CombinedOutput()
		if err != nil {
			t.Errorf("%s:%d: %s: %v\n%s", b.file, b.line, l, err, help)
			continue
		}
		for _, arg := range args[2:] {
			flag, _, _ := strings.Cut(arg, "=")
			if strings.HasPrefix(flag, "--") && !regexp.MustCompile(regexp.QuoteMeta(flag)+`\b`).Match(help) {
				t.Errorf("%s:%d: %s: %s has no flag %s", b.file, b.line, l, strings.Join(command, " "), flag)
			}
		}
	}
	if tried == 0 {
		t.Error("no headgate command was found in the documentation")
	}
}

func TestEveryMakeTargetInTheDocumentationExists(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, m[1])
	}
	tried := 0
	for l, b := range commandLines(t) {
		args := words.FindAllString(l, -1)
		if len(args) < 2 || args[0] != "make" {
			continue
		}
		for _, arg := range args[1:] {
			if strings.Contains(arg, "=") {
				continue
			}
			if tried++; !slices.Contains(targets, arg) {
				t.Errorf("%s:%d: %s: there is no such target", b.file, b.line, l)
			}
		}
	}
	if tried == 0 {
		t.Error("no make target was found in the documentation")
	}
}
