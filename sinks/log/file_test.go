package log

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func newSink(t *testing.T, o Options) *Sink {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// filesIn returns the names in a directory, the oldest backup first.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAFileIsMadeWithTheFirstEventForItsOwnerAlone(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "a", "b", "events.log")
	s := newSink(t, Options{Path: path})
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	if got := filesIn(t, parent); len(got) != 0 {
		t.Errorf("before the first event there is %v", got)
	}
	send(t, s, named(t, "run", 2))
	closeSink(t, s)
	if n := strings.Count(contents(t, path), "\n"); n != 4 {
		t.Errorf("%d lines", n)
	}
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Join(parent, "a"): 0o700} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %o", p, info.Mode().Perm(), err, want)
		}
	}
}

func TestAnExistingFileIsContinued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	for range 2 {
		s := newSink(t, Options{Path: path, MaxAge: time.Hour})
		send(t, s, named(t, "run", 1))
		closeSink(t, s)
	}
	if got := filesIn(t, filepath.Dir(path)); len(got) != 1 || strings.Count(contents(t, path), "\n") != 4 {
		t.Errorf("files %v, %q", got, contents(t, path))
	}
}

func TestAFileIsPutAsideBeforeItIsTooLargeAndABatchIsNeverDivided(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	batch := named(t, "run", 4)
	s := newSink(t, Options{Path: path, MaxSize: 300})
	for range 6 { // about 200 bytes each
		send(t, s, batch)
	}
	large := named(t, "run", 40)
	send(t, s, large)
	closeSink(t, s)
	files := filesIn(t, dir)
	if len(files) != 7 {
		t.Fatalf("files %v", files)
	}
	for _, name := range files {
		info, _ := os.Stat(filepath.Join(dir, name))
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
		if lines := strings.Count(contents(t, filepath.Join(dir, name)), "\n"); lines != 8 && name != "events.log" || name == "events.log" && lines != 80 {
			t.Errorf("%s has %d lines", name, lines)
		}
	}
}

func TestFilesPutAsideAreBoundedInNumber(t *testing.T) {
	dir := t.TempDir()
	batch := named(t, "run", 1)
	s := newSink(t, Options{Path: filepath.Join(dir, "events.log"), MaxSize: 1, MaxBackups: 2})
	for range 6 {
		send(t, s, batch)
		time.Sleep(2 * time.Millisecond) // names differ by the millisecond
	}
	closeSink(t, s) // waits for the removals
	if got := filesIn(t, dir); len(got) > 3 {
		t.Errorf("files %v", got)
	}
}

func TestEachDayHasItsFileAndOldOnesExpire(t *testing.T) {
	batch := named(t, "run", 1)
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	synctest.Test(t, func(t *testing.T) { // starts at midnight UTC
		s := newSink(t, Options{Path: path, MaxAge: 49 * time.Hour}) // three days
		var most int
		for range 10 * 4 { // ten days, four times a day
			send(t, s, batch)
			synctest.Wait()
			files := filesIn(t, dir)
			most = max(most, len(files))
			for _, name := range files {
				if name == "events.log" {
					continue
				}
				at, err := time.Parse("2006-01-02T15-04-05.000", strings.TrimSuffix(strings.TrimPrefix(name, "events-"), "-time.log"))
				if err != nil || time.Since(at) > 4*day {
					t.Errorf("at %v there is %s (%v)", time.Now(), name, err)
				}
				if n := strings.Count(contents(t, filepath.Join(dir, name)), "\n"); n != 8 {
					t.Errorf("%s has %d lines, want the 8 of a day", name, n)
				}
			}
			time.Sleep(6 * time.Hour)
		}
		closeSink(t, s)
		if most < 4 || most > 5 {
			t.Errorf("up to %d files", most)
		}
	})
}

func TestAFileOfAnotherDayIsPutAsideAfterARestart(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	batch := named(t, "run", 1)
	for i := range 2 {
		s := newSink(t, Options{Path: path, MaxAge: day * 3})
		send(t, s, batch)
		closeSink(t, s)
		if i == 0 {
			before := time.Now().Add(-25 * time.Hour)
			if err := os.Chtimes(path, before, before); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := filesIn(t, dir); len(got) != 2 || strings.Count(contents(t, path), "\n") != 2 {
		t.Errorf("files %v", got)
	}
}

func TestAFileThatEndsInTheMiddleOfALineIsContinuedOnTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	if err := os.WriteFile(path, []byte("{\"cut\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSink(t, Options{Path: path, Format: FormatJSON})
	send(t, s, named(t, "run", 1))
	closeSink(t, s)
	if got := contents(t, path); !strings.HasPrefix(got, "{\"cut\":\n{\"id\"") {
		t.Errorf("got %q", got)
	}
}

func TestAFileMovedOrRemovedBySomebodyElseIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.log")
	batch := named(t, "run", 1)
	s := newSink(t, Options{Path: path})
	send(t, s, batch)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	send(t, s, batch)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	send(t, s, batch)
	send(t, s, batch)
	closeSink(t, s)
	if got := filesIn(t, dir); !slices.Equal(got, []string{"events.log", "events.log.1"}) || strings.Count(contents(t, path), "\n") != 4 {
		t.Errorf("files %v, %q", got, contents(t, path))
	}
}

func TestAFileIsWrittenWhereItWasMeantWhenTheHostChangesItsDirectory(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Chdir(first)
	s := newSink(t, Options{Path: "events.log"})
	t.Chdir(second)
	send(t, s, named(t, "run", 1))
	closeSink(t, s)
	if len(filesIn(t, first)) != 1 || len(filesIn(t, second)) != 0 {
		t.Errorf("files %v and %v", filesIn(t, first), filesIn(t, second))
	}
}

func TestWhatCannotBeWrittenIsTriedAgainAndNothingIsMovedAway(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	batch := named(t, "run", 1)
	for _, path := range []string{filepath.Join(dir, "file", "events.log"), dir} {
		s := newSink(t, Options{Path: path})
		err := s.Send(t.Context(), batch)
		if class, _ := core.Classify(err); err == nil || class != core.ClassRetry {
			t.Errorf("%s: %v", path, err)
		}
		if s.Check(t.Context()) == nil {
			t.Errorf("%s: the check is content", path)
		}
		closeSink(t, s)
	}
	if got := filesIn(t, dir); len(got) != 1 {
		t.Errorf("files %v", got)
	}
}

func TestDevicesAndPipesAreWrittenToAndNeverRotated(t *testing.T) {
	s := newSink(t, Options{Path: os.DevNull, MaxSize: 1})
	for range 3 {
		send(t, s, named(t, "run", 1))
	}
	closeSink(t, s)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s was replaced: %v", os.DevNull, err)
	}

	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skip("no named pipes")
	}
	s = newSink(t, Options{Path: pipe})
	defer closeSink(t, s)
	batch := named(t, "run", 1)
	if err := s.Send(t.Context(), batch); err == nil { // would wait for ever
		t.Error("wrote to a pipe that nobody reads")
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	send(t, s, batch)
	buf := make([]byte, 200)
	if n, _ := reader.Read(buf); !strings.HasPrefix(string(buf[:n]), "[TELEMETRY]") {
		t.Errorf("read %q", buf[:n])
	}
}

// A process with a bound on the size of its files gets what a full disk gives: a part
// is written, then an error.
func TestAFullDiskLeavesNoHalfLineAndLosesNothing(t *testing.T) {
	const variable = "LOG_TEST_FULL"
	if path := os.Getenv(variable); path != "" {
		batch := named(t, "run", 50)
		s := newSink(t, Options{Path: path, Format: FormatJSON})
		written := 0
		for err := error(nil); err == nil; written += 50 {
			if err = s.Send(t.Context(), batch); err == nil {
				continue
			}
			if class, _ := core.Classify(err); class != core.ClassRetry {
				t.Errorf("class %s: %v", class, err)
			}
			var partial *core.BatchError
			if errors.As(err, &partial) {
				written -= len(partial.Failed)
			} else {
				written -= 50
			}
		}
		closeSink(t, s)
		text := contents(t, path)
		if n := strings.Count(text, "\n"); n != written || !strings.HasSuffix(text, "}\n") {
			t.Errorf("%d lines, %d events delivered, ends in %q", n, written, text[len(text)-20:])
		}
		if len(text) < 19<<10 {
			t.Errorf("only %d bytes were written", len(text))
		}
		return
	}
	sh, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	c := exec.Command(sh, "-c", `ulimit -f 20 && exec "$0" -test.run "^$1\$"`, os.Args[0], t.Name()) // 20 KiB
	c.Env = append(os.Environ(), variable+"="+filepath.Join(t.TempDir(), "events.log"))
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSendsAtOnceDoNotMixTheirLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	s := newSink(t, Options{Path: path})
	batches := [][]core.Sealed{named(t, "first", 20), named(t, "second", 20), named(t, "third", 20)}
	var wg sync.WaitGroup
	for _, b := range batches {
		wg.Go(func() {
			for range 10 {
				send(t, s, b)
			}
		})
	}
	wg.Wait()
	closeSink(t, s)
	lines := slices.Collect(strings.Lines(contents(t, path)))
	if len(lines) != 3*20*10*2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i := 0; i < len(lines); i += 40 {
		for k := range 40 {
			if (k%2 == 0) != strings.HasPrefix(lines[i+k], "[TELEMETRY] Endpoint: ") || k%2 == 0 && lines[i+k] != lines[i] {
				t.Fatalf("line %d: %q", i+k, lines[i+k])
			}
		}
	}
}

func TestFilesPutAsideWithinOneMillisecondAreBoundedInNumberToo(t *testing.T) {
	dir := t.TempDir()
	stranger := filepath.Join(dir, "events-of-somebody-else.log")
	if err := os.WriteFile(stranger, []byte("keep\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSink(t, Options{Path: filepath.Join(dir, "events.log"), MaxSize: 1, MaxBackups: 2})
	for range 20 {
		send(t, s, named(t, "run", 1))
	}
	if got := filesIn(t, dir); len(got) != 4 { // the file, two put aside, and the stranger
		t.Errorf("there are %v", got)
	}
	if contents(t, stranger) != "keep\n" {
		t.Error("a file of somebody else was removed")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatOthersCouldReadIsForItsOwnerAloneFromThenOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil { // whatever the umask
		t.Fatal(err)
	}
	s := newSink(t, Options{Path: path})
	send(t, s, named(t, "run", 1))
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAfterCloseNoFileIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.log")
	s, err := New(Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	send(t, s, named(t, "run", 1))
	closeSink(t, s)
	before, _ := os.ReadFile(path)
	if err := s.Send(t.Context(), named(t, "late", 1)); err == nil {
		t.Error("Send after Close returned nil")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("the file is now %q", after)
	}
}
