package consent

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAChoiceIsStoredForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config", "headgate")
	for _, on := range []bool{false, true} {
		if err := WriteChoice(dir, on); err != nil {
			t.Fatal(err)
		}
		got, err := ReadChoice(dir)
		if err != nil || !got.Made || got.On != on || time.Since(got.Since) > time.Minute {
			t.Errorf("wrote %v, read %+v, %v", on, got, err)
		}
		if g := Resolve(Settings{StateDir: dir, Lookup: lookupIn(nil)}); g.Off() == on {
			t.Errorf("choice on=%v, gate off=%v", on, g.Off())
		}
	}
	wantMode(t, dir, 0o700)
	wantMode(t, filepath.Join(dir, "telemetry.json"), 0o600)
	wantFiles(t, dir, "telemetry.json")
}

func TestTurningItOnDoesNotOverruleAnotherOptOut(t *testing.T) {
	dir := t.TempDir()
	if err := WriteChoice(dir, true); err != nil {
		t.Fatal(err)
	}
	if g := Resolve(Settings{StateDir: dir, Lookup: lookupIn(env{"DO_NOT_TRACK": "1"})}); !g.Off() {
		t.Error("the gate is open")
	}
}

func TestNoDirectoryIsNoChoice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(t.TempDir(), "missing"), file, "bad\x00name"} {
		got, err := ReadChoice(dir)
		if dir == "bad\x00name" {
			if err == nil {
				t.Errorf("%q: no error", dir)
			}
			continue
		}
		if err != nil || got.Made {
			t.Errorf("%q: %+v, %v", dir, got, err)
		}
	}
}

func TestAChoiceThatCannotBeReadClosesTheGate(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"garbled":             func(p string) error { return os.WriteFile(p, []byte("{off"), 0o600) },
		"empty":               func(p string) error { return os.WriteFile(p, nil, 0o600) },
		"another word":        func(p string) error { return os.WriteFile(p, []byte(`{"telemetry":"offf"}`), 0o600) },
		"a boolean":           func(p string) error { return os.WriteFile(p, []byte(`{"telemetry":true}`), 0o600) },
		"endless":             func(p string) error { return os.WriteFile(p, make([]byte, 1<<20), 0o600) },
		"a directory":         func(p string) error { return os.Mkdir(p, 0o700) },
		"a link to nowhere":   func(p string) error { return os.Symlink(p+".gone", p) },
		"a link to itself":    func(p string) error { return os.Symlink(p, p) },
		"a pipe nobody feeds": func(p string) error { return exec.Command("mkfifo", p).Run() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := make(filepath.Join(dir, "telemetry.json")); err != nil {
				t.Skip(err)
			}
			if g := Resolve(Settings{StateDir: dir, Lookup: lookupIn(nil)}); !g.Off() {
				t.Error("the gate is open")
			}
		})
	}
}

func TestTheInstallationIDIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "headgate")
	first, err := InstallationID(dir)
	if err != nil || !isUUID([]byte(first)) {
		t.Fatalf("got %q, %v", first, err)
	}
	if again, err := InstallationID(dir); err != nil || again != first {
		t.Errorf("then %q, %v", again, err)
	}
	wantMode(t, dir, 0o700)
	wantMode(t, filepath.Join(dir, "installation_id"), 0o600)
	wantFiles(t, dir, "installation_id")

	for range 2 { // resetting nothing is no error
		if err := ResetInstallationID(dir); err != nil {
			t.Fatal(err)
		}
	}
	if next, err := InstallationID(dir); err != nil || next == first {
		t.Errorf("after a reset %q, %v", next, err)
	}
}

func TestAGarbledInstallationIDIsReplaced(t *testing.T) {
	for _, garbage := range []string{"", "user@example.com", strings.Repeat("0", 36), "00000000-0000-0000-0000-000000000000"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "installation_id"), []byte(garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		id, err := InstallationID(dir)
		if err != nil || !isUUID([]byte(id)) {
			t.Errorf("%q: got %q, %v", garbage, id, err)
		}
		if again, _ := InstallationID(dir); again != id {
			t.Errorf("%q: %q was not kept", garbage, id)
		}
		wantFiles(t, dir, "installation_id")
	}
}

func TestAnIDIsGivenEvenWhenItCannotBeStored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := InstallationID(filepath.Join(file, "headgate"))
	if err == nil || !isUUID([]byte(id)) {
		t.Errorf("got %q, %v", id, err)
	}
}

// The race is between processes, so the test runs itself several times at once.
func TestProcessesThatStartTogetherAgreeOnTheInstallationID(t *testing.T) {
	if dir := os.Getenv("CONSENT_TEST_DIR"); dir != "" {
		id, err := InstallationID(dir)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("id=" + id)
		return
	}
	dir := filepath.Join(t.TempDir(), "headgate")
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
			c.Env = append(os.Environ(), "CONSENT_TEST_DIR="+dir)
			out, err := c.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			_, after, _ := strings.Cut(string(out), "id=")
			ids[i], _, _ = strings.Cut(after, "\n")
		})
	}
	wg.Wait()
	for _, id := range ids {
		if !isUUID([]byte(id)) || id != ids[0] {
			t.Fatalf("the processes got %q", ids)
		}
	}
	wantFiles(t, dir, "installation_id")
}

func TestGoroutinesThatStartTogetherAgreeOnTheInstallationID(t *testing.T) {
	for range 20 {
		dir := filepath.Join(t.TempDir(), "headgate")
		ids := make([]string, 16)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() { ids[i], _ = InstallationID(dir) })
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("got %q", ids)
			}
		}
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", path, got, want)
	}
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}
