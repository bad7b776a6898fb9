package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// store has a run of its own store an event, and start no flush.
func store(t *testing.T, b Box, id string) {
	t.Helper()
	b.setDue(time.Now().Add(b.Patience))
	r, err := b.Open()
	if err == nil {
		err = r.Enqueue(t.Context(), core.Event{Name: "run", ID: id})
	}
	if err = errors.Join(err, r.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// until waits for what another process does.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s took too long", what)
		}
	}
}

func TestRunsThatOverlapAreDeliveredOnceByAFlush(t *testing.T) {
	const overlapping = 20
	to := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), to.URL)
	if err := os.Mkdir(b.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	to.answer(503, "/a", "/b")
	var opened, ended sync.WaitGroup
	opened.Add(overlapping)
	for i := range overlapping {
		ended.Go(func() {
			b.setDue(time.Now().Add(b.Patience)) // no flush is started
			r, err := b.Open()
			if err != nil {
				t.Error(err)
			}
			_ = r.Enqueue(t.Context(), core.Event{Name: "run", ID: fmt.Sprint("event-", i)})
			opened.Done()
			opened.Wait()
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	ended.Wait()
	if got := len(disk.Slots(b.Dir)); got != overlapping {
		t.Errorf("%d slots, want %d", got, overlapping)
	}
	store(t, b, "one-more") // takes one of them
	if got := len(disk.Slots(b.Dir)); got != overlapping {
		t.Errorf("one more run makes it %d slots", got)
	}

	short := b
	short.Patience = 300 * time.Millisecond
	if err := short.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "slots could not be emptied") {
		t.Errorf("a flush with the sinks down: %v", err)
	}
	if b.isDue(time.Now()) {
		t.Error("another flush may be started right after one that failed")
	}

	to.answer(0, "/a", "/b")
	if err := b.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	for _, sink := range []string{"/a", "/b"} {
		if distinct, again := to.count(sink); distinct != overlapping+1 || again != 0 {
			t.Errorf("%s got %d of %d events, %d more than once", sink, distinct, overlapping+1, again)
		}
	}
	if !b.isDue(time.Now()) {
		t.Error("no flush may be started after one that delivered all")
	}
	if slots, _ := filepath.Glob(filepath.Join(b.Dir, "slot-*")); len(slots) != 0 {
		t.Errorf("slots are left: %v", slots)
	}
}

// TestTheEndOfARunStartsAFlushOfItsOwn runs the program for real: runs that end, one that is killed, and
// the flush that they start.
func TestTheEndOfARunStartsAFlushOfItsOwn(t *testing.T) {
	to := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), to.URL)
	run := func(command string) (*exec.Cmd, *strings.Builder) {
		cmd := exec.Command(os.Args[0], command)
		cmd.Env = append(os.Environ(), dirVariable+"="+b.Dir, urlVariable+"="+to.URL)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out // pipes, which a flush must not keep open
		return cmd, &out
	}
	killed, _ := run("killed")
	if err := killed.Run(); err == nil {
		t.Error("the run was not killed")
	}
	cmd, out := run("first")
	if err := cmd.Run(); err != nil || out.Len() > 0 {
		t.Errorf("the run: %v\n%s", err, out)
	}
	until(t, "the flush to end", func() bool { return len(disk.Slots(b.Dir)) == 0 && !disk.InUse(b.Dir) && b.isDue(time.Now()) })
	if distinct, again := to.count("/a"); distinct != 3 || again != 0 {
		t.Errorf("%d events came, %d more than once", distinct, again)
	}
	if runtime.GOOS == "linux" {
		for from := range to.from {
			if from != "true /dev/null /dev/null /dev/null" {
				t.Errorf("the flush does not stand on its own: %q", from)
			}
		}
	}

	// What the program does not know as a flush starts no further process.
	b.FlushArgs = []string{"unknown"}
	b.setDue(time.Now().Add(-time.Hour))
	to.answer(503, "/a", "/b")
	t.Setenv(dirVariable, b.Dir)
	t.Setenv(urlVariable, to.URL)
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Enqueue(t.Context(), core.Event{Name: "run", ID: "mine"})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	until(t, "the process that was started", func() bool { return len(disk.Slots(b.Dir)) == 1 && !disk.InUse(disk.Slots(b.Dir)[0]) })
	to.answer(0, "/a", "/b")
	until(t, "the event of the process", func() bool {
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, _ := to.count("/a")
		return n >= 5
	})
	if n, _ := to.count("/a"); n != 5 {
		t.Errorf("%d events, want mine and that of one process", n)
	}
}

// A run that ends while a flush goes on starts no other, so the one that goes on has to see it.
func TestAFlushDeliversWhatComesMeanwhile(t *testing.T) {
	to := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), to.URL)
	if err := os.Mkdir(b.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store(t, b, "before")
	once := sync.OnceFunc(func() {
		r, err := b.Open()
		if err != nil {
			t.Error(err)
		}
		_ = r.Enqueue(t.Context(), core.Event{Name: "run", ID: "meanwhile"})
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if other := b.Flush(t.Context()); other != nil {
			t.Errorf("a second flush: %v", other)
		}
	})
	to.hold = once
	if err := b.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	for _, sink := range []string{"/a", "/b"} {
		if distinct, again := to.count(sink); distinct != 2 || again != 0 {
			t.Errorf("%s got %d events, %d more than once", sink, distinct, again)
		}
	}
}

func TestASinkThatIsDownKeepsTheOthersFromNoSlot(t *testing.T) {
	const runs = 3
	to := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "box"), to.URL)
	if err := os.Mkdir(b.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var open []*Run
	b.setDue(time.Now().Add(b.Patience))
	for i := range runs {
		r, err := b.Open()
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Enqueue(t.Context(), core.Event{Name: "run", ID: fmt.Sprint("event-", i)})
		open = append(open, r)
	}
	for _, r := range open {
		_ = r.Close(t.Context())
	}
	to.answer(503, "/b")
	b.Patience = 4 * time.Second
	if err := b.Flush(t.Context()); err == nil {
		t.Error("the flush delivered all")
	}
	if n, again := to.count("/a"); n != runs || again != 0 {
		t.Errorf("the sink that is up got %d of %d events, %d again", n, runs, again)
	}
	to.answer(400, "/b")
	b.Patience = 20 * time.Second
	if err := b.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if n, again := to.count("/a"); n != runs || again != 0 {
		t.Errorf("the sink that was up got %d of %d events, %d again", n, runs, again)
	}
	store(t, b, "another")
	var letters int
	box, err := core.OpenDeadLetters(b.delivering(disk.Slots(b.Dir)[0]), b.Options...)
	if err == nil {
		letters = len(box.DeadLetters("b"))
		err = box.Close()
	}
	if letters != runs || err != nil {
		t.Errorf("%d dead letters are kept, %v", letters, err)
	}
}

func TestWithTrackingOffNothingIsStoredMadeOrSent(t *testing.T) {
	to := newDestination(t)
	b := boxIn(filepath.Join(t.TempDir(), "off"), to.URL)
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Track(t.Context(), "run")
	if s := r.Stats(); s.Books.Denied != 1 {
		t.Errorf("the books: %+v", s.Books)
	}
	if err := errors.Join(r.Close(t.Context()), b.Flush(t.Context())); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(b.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}

	// What was stored before tracking was turned off is not sent.
	on := boxIn(filepath.Join(t.TempDir(), "box"), to.URL)
	if err := os.Mkdir(on.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	store(t, on, "before")
	on.Options = b.Options
	before := listing(t, on.Dir)
	if err := on.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if n, _ := to.count("/a"); n != 0 {
		t.Errorf("%d events were sent", n)
	}
	if after := listing(t, on.Dir); after != before {
		t.Errorf("a flush changed files\n%s\n%s", before, after)
	}
	if n, err := on.Purge(); n != 1 || err != nil || len(disk.Slots(on.Dir)) != 0 {
		t.Errorf("%d events were purged, %v", n, err)
	}
}

func listing(t *testing.T, dir string) (names string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names += path + "\n"
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestABoxThatCannotWorkHurtsNobody(t *testing.T) {
	config := func() core.Config { return core.Config{} }
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]Box{
		"nothing":           {},
		"no configuration":  {Dir: t.TempDir()},
		"a relative path":   {Dir: "here", Config: config},
		"a negative time":   {Dir: t.TempDir(), Config: config, Pause: -1},
		"too little room":   {Dir: t.TempDir(), Config: config, MaxBytes: 1},
		"a file in the way": {Dir: file, Config: config, Options: boxIn(t.TempDir(), "").Options},
	} {
		r, err := b.Open()
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		_ = r.Track(t.Context(), "run")
		_ = r.Close(context.Background())
		_ = b.Flush(t.Context())
	}
}

// A run whose slot is full must not wait for room, which nobody makes.
func TestARunWhoseSlotIsFullDoesNotWait(t *testing.T) {
	b := boxIn(filepath.Join(t.TempDir(), "box"), "")
	config := b.Config
	b.MaxBytes = 64 << 10
	b.Config = func() core.Config {
		cfg := config()
		cfg.Queue.OnFull = core.Block
		return cfg
	}
	if err := os.Mkdir(b.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.setDue(time.Now().Add(b.Patience))
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for range 1000 {
		if err := r.Track(context.Background(), "run", slog.String("note", strings.Repeat("n", 200))); errors.Is(err, core.ErrQueueFull) {
			full++
		}
	}
	if s := r.Stats(); full == 0 || s.Books.Accepted+s.Books.Rejected != 1000 || s.Books.Accepted < 100 {
		t.Errorf("%d of 1000 events found the slot full: %+v", full, s.Books)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAClockThatWasSetBackDelaysNoFlushForEver(t *testing.T) {
	b, err := boxIn(t.TempDir(), "").withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, c := range []struct {
		at  time.Time
		due bool
	}{
		{now.Add(-time.Hour), true}, {now.Add(b.Pause), false}, {now.Add(24 * time.Hour), true},
	} {
		b.setDue(c.at)
		if got := b.isDue(now); got != c.due {
			t.Errorf("due %v from now: %v", c.at.Sub(now), got)
		}
	}
}
