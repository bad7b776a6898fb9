package outbox

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// leave stores an event as a run does that starts no flush.
func leave(t *testing.T, b Box, user string) *Run {
	t.Helper()
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Enqueue(t.Context(), core.Event{Name: "run", UserID: user}); err != nil {
		t.Fatal(err)
	}
	return r
}

func end(t *testing.T, runs ...*Run) {
	t.Helper()
	for _, r := range runs {
		if err := r.Dispatcher.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// traces returns the files in a box that have a text in them.
func traces(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAPersonIsForgottenInEverySlotAndInTheDeadLetters(t *testing.T) {
	d := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), d.URL)
	d.answer(http.StatusBadRequest, "/a") // refuses for good
	end(t, leave(t, b, "ada-lovelace"))
	end(t, leave(t, b, "bob"))
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	runs := []*Run{leave(t, b, "ada-lovelace"), leave(t, b, "bob"), leave(t, b, "ada-lovelace")} // each in a slot of its own
	end(t, runs...)
	if len(traces(t, b.Dir, "ada-lovelace")) < 3 {
		t.Fatal("the test has nothing to look for")
	}
	f, err := b.Forget(core.Person{UserID: "ada-lovelace"})
	if err != nil || f.Events != 2 || f.DeadLetters["a"] != 1 || len(f.DeadLetters) != 1 {
		t.Errorf("%+v, %v; want 2 events and 1 dead letter", f, err)
	}
	if files := traces(t, b.Dir, "ada-lovelace"); len(files) > 0 {
		t.Errorf("she is still in %v", files)
	}
	d.answer(0, "/a")
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(d.took["/a"]); n != 1 {
		t.Errorf("%d events of others were delivered, want 1", n)
	}
}

func TestForgettingSaysWhatARunningProgramKeepsItFrom(t *testing.T) {
	d := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), d.URL)
	ended, running := leave(t, b, "ada"), leave(t, b, "ada")
	end(t, ended)
	if f, err := b.Forget(core.Person{UserID: "ada"}); !errors.Is(err, disk.ErrInUse) || f.Events != 1 {
		t.Errorf("%+v, %v; want one event, and the other in use", f, err)
	}
	if n, err := b.Purge(); !errors.Is(err, disk.ErrInUse) {
		t.Errorf("%d events were purged beside the program that uses them: %v", n, err)
	}
	end(t, running)
	if f, err := b.Forget(core.Person{UserID: "ada"}); err != nil || f.Events != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestNobodyIsForgottenInABoxThatCannotWork(t *testing.T) {
	config := func() core.Config { return core.Config{} }
	for name, b := range map[string]Box{
		"no directory":     {Config: config},
		"no configuration": {Dir: t.TempDir()},
	} {
		if _, err := b.Forget(core.Person{UserID: "ada"}); err == nil {
			t.Errorf("%s: nobody was told", name)
		}
	}
	if _, err := (Box{Dir: t.TempDir(), Config: config}).Forget(core.Person{}); err == nil {
		t.Error("nobody was forgotten")
	}
	if f, err := (Box{Dir: filepath.Join(t.TempDir(), "missing"), Config: config}).Forget(core.Person{UserID: "ada"}); err != nil || f.Events != 0 {
		t.Errorf("a box that is not there: %+v, %v", f, err)
	}
}

func TestTheDefaultPlaceIsNamedAfterTheApp(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("LocalAppData", t.TempDir())
	dir, err := DefaultDir("greet")
	if err != nil || !filepath.IsAbs(dir) || filepath.Base(dir) != "telemetry" || filepath.Base(filepath.Dir(dir)) != "greet" {
		t.Errorf("%s, %v", dir, err)
	}
	for _, app := range []string{"", ".", "..", "a/b", "/"} {
		if dir, err := DefaultDir(app); err == nil {
			t.Errorf("an app named %q has %s", app, dir)
		}
	}
}
