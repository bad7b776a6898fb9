package consent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestANoticeIsShownOnceAndBeforeAnythingIsReported(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	n := Notice{App: "Acme Tool/2", Text: "Acme reports its use.", Out: &out, StateDir: dir}
	for range 3 {
		if told, err := n.Show(Gate{}); err != nil || !told {
			t.Errorf("%v, %v", told, err)
		}
	}
	if out.String() != "Acme reports its use.\n" {
		t.Errorf("shown: %q", out.String())
	}
	files, _ := filepath.Glob(filepath.Join(dir, noticeDir, "*"))
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	if info, _ := os.Stat(files[0]); info.Mode().Perm() != 0o600 {
		t.Errorf("%v", info.Mode())
	}
	n.Text = "Acme reports more."
	other := Notice{App: "other", Text: "Other reports.", Out: &out, StateDir: dir}
	for _, notice := range []Notice{n, other, n, other} {
		if told, err := notice.Show(Gate{}); err != nil || !told {
			t.Errorf("%v, %v", told, err)
		}
	}
	if strings.Count(out.String(), "\n") != 3 {
		t.Errorf("another text, or another program's, is shown: %q", out.String())
	}
}

func TestUnderDoNotTrackNoNoticeIsShownAndNothingWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	var out strings.Builder
	off := Resolve(Settings{DoNotTrack: true, StateDir: dir, Lookup: func(string) (string, bool) { return "", false }})
	if told, err := (Notice{App: "acme", Text: "x", Out: &out, StateDir: dir}).Show(off); told || err != nil || out.Len() > 0 {
		t.Errorf("%v, %v, %q", told, err, out.String())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was written")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestANoticeThatNobodyCanReadCountsAsNotShown(t *testing.T) {
	dir := t.TempDir()
	if told, err := (Notice{App: "acme", Text: "x", Out: brokenPipe{}, StateDir: dir}).Show(Gate{}); told || err == nil {
		t.Errorf("%v, %v", told, err)
	}
	if told, err := (Notice{App: "acme", Text: "x", StateDir: dir}).Show(Gate{}); told || err != nil { // the standard error of a test is no terminal
		t.Errorf("%v, %v", told, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if told, err := (Notice{App: "acme", Text: "x", Out: &out, StateDir: filepath.Join(file, "below")}).Show(Gate{}); !told || err == nil {
		t.Errorf("it was shown, and cannot be remembered: %v, %v", told, err)
	}
}
