package overload

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of a few MB.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755,size="+size); err != nil {
		t.Skipf("a small disk takes privileges: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fillUp posts until the daemon refuses several times in a row, and returns the next number, and how long the first
// refusal took.
func fillUp(t *testing.T, d *daemon, s *sender, first int) (next int) {
	t.Helper()
	const perPost = 50
	refusals := 0
	for next = first; refusals < 5; next += perPost {
		a := s.post(d, next, perPost)
		switch a.status {
		case http.StatusOK:
			refusals = 0
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			refusals++
			if a.retryAfter == "" {
				t.Fatalf("a refusal without Retry-After: %+v", a)
			}
			if a.took > 5*time.Second {
				t.Errorf("a refusal took %v", a.took)
			}
		default:
			t.Fatalf("%+v\n%s", a, tail(d.stderr()))
		}
		if next-first > 200_000 {
			t.Fatal("the disk does not fill up")
		}
	}
	return next
}

// TestAFullDiskIsAFullQueue fills the disk of a daemon whose second sink is down: it refuses, goes on
// delivering to the first, takes events again by itself when there is room, and loses nothing of
// what it has taken when it is killed.
func TestAFullDiskIsAFullQueue(t *testing.T) {
	t.Parallel()
	for _, onFull := range []string{"drop_newest", "block"} {
		t.Run(onFull, func(t *testing.T) {
			dir := smallDisk(t, "6m")
			to := newDestination(t)
			to.answer("/down", http.StatusServiceUnavailable)
			ballast := filepath.Join(dir, "ballast")
			if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
				t.Fatal(err)
			}
			d := start(t, dir, fmt.Sprintf("queue: {type: disk, dir: spool, on_full: %s}\nsinks:\n  up: %s\n  down: %s\n",
				onFull, to.sinkLines("/up"), to.sinkLines("/down")), how{})
			s := newSender(t, "m-")
			next := fillUp(t, d, s, 0)
			filled := len(s.acked)
			d.await("the sink that is up to have everything", func() bool { return to.distinct("/up") >= filled && d.stats().Sinks["up"].Queued == 0 })
			if missing, _ := to.missing("/up", s); missing != 0 {
				t.Errorf("%d of %d events did not come to the sink that is up", missing, filled)
			}

			// There is room: it takes events again, by itself.
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			freed := time.Now()
			var resumed time.Duration
			d.awaitWithin(10*time.Second, "events to be taken again", func() bool {
				a := s.post(d, next, 10)
				next += 10
				resumed = time.Since(freed)
				return a.status == http.StatusOK && a.accepted == 10
			})
			if resumed > 2*time.Second {
				t.Errorf("events are taken again %v after there is room", resumed)
			}
			next = fillUp(t, d, s, next) // and the same once more
			accepted := d.stats().Books.Accepted
			d.kill()

			to.answer("/down", 0)
			d = d.again()
			d.await("everything to be delivered", func() bool {
				st := d.stats()
				return st.Sinks["down"].Queued == 0 && st.Sinks["up"].Queued == 0
			})
			for _, path := range []string{"/up", "/down"} {
				if missing, again := to.missing(path, s); missing != 0 {
					t.Errorf("%s lacks %d of %d events that were acknowledged", path, missing, len(s.acked))
				} else {
					t.Logf("%s: %d acknowledged, none missing, %d twice", path, len(s.acked), again)
				}
			}
			if a := s.post(d, next, 10); a.status != http.StatusOK {
				t.Errorf("after the restart: %+v", a)
			}
			t.Logf("%d events filled the disk (%d accepted in all), taken again %v after there was room", filled, accepted, resumed.Round(time.Millisecond))
		})
	}
}

// TestOnAFullDiskTheOldestGiveWayAndAreCounted has the other policy.
func TestOnAFullDiskTheOldestGiveWayAndAreCounted(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "6m")
	to := newDestination(t)
	to.answer("/down", http.StatusServiceUnavailable)
	d := start(t, dir, fmt.Sprintf("queue: {type: disk, dir: spool}\nsinks:\n  up: %s\n  down: %s\n", to.sinkLines("/up"), to.sinkLines("/down")), how{})
	s := newSender(t, "m-")
	for i := range 400 {
		if a := s.post(d, 50*i, 50); a.status != http.StatusOK || a.accepted != 50 {
			t.Fatalf("post %d: %+v\n%s", i, a, tail(d.stderr()))
		}
	}
	to.answer("/down", 0)
	d.await("everything to be delivered", func() bool {
		st := d.stats()
		return st.Sinks["down"].Queued == 0 && st.Sinks["up"].Queued == 0
	})
	st := d.stats()
	for path, sink := range map[string]string{"/up": "up", "/down": "down"} {
		missing, again := to.missing(path, s)
		if uint64(missing) != st.Sinks[sink].Overflowed || again != 0 {
			t.Errorf("%s lacks %d events, %d are counted as overflowed; %d came again", sink, missing, st.Sinks[sink].Overflowed, again)
		}
	}
	if st.Books.Accepted != 20_000 || st.Sinks["down"].Overflowed == 0 {
		t.Errorf("the books: %+v", st)
	}
	t.Logf("of 20000 events %d overflowed for the sink that is down, %d for the other", st.Sinks["down"].Overflowed, st.Sinks["up"].Overflowed)
}

// TestFilesThatMayNotGrowAreAFullDisk runs the daemon under a limit on the size of files, as ulimit -f sets
// it, for which the system would end the process.
func TestFilesThatMayNotGrowAreAFullDisk(t *testing.T) {
	t.Parallel()
	to := newDestination(t)
	to.answer("/down", http.StatusServiceUnavailable)
	const limit = "256" // blocks of 512 bytes for a POSIX shell
	d := start(t, t.TempDir(), fmt.Sprintf("queue: {type: disk, dir: spool, on_full: drop_newest}\nsinks:\n  down: %s\n", to.sinkLines("/down")),
		how{under: []string{"/bin/sh", "-c", `ulimit -S -f ` + limit + ` && exec "$0" "$@"`}})
	s := newSender(t, "m-")
	next := 0
	for range 40 {
		if a := s.post(d, next, 50); a.status == 0 {
			t.Fatalf("no answer\n%s", tail(d.stderr()))
		}
		next += 50
	}
	refused := d.stats().Books.Rejected
	files, _ := filepath.Glob(filepath.Join(d.dir, "spool", "queue", "log", "*"))
	if len(files) > 40 { // a file for each event
		t.Errorf("%d files are there for %d events", len(files), next)
	}
	if !d.running() {
		t.Fatalf("the daemon has ended\n%s", tail(d.stderr()))
	}
	d.kill()
	to.answer("/down", 0)
	d = d.again() // without the limit
	d.await("everything to be delivered", func() bool { return d.stats().Sinks["down"].Queued == 0 })
	if missing, _ := to.missing("/down", s); missing != 0 || len(s.acked) == 0 {
		t.Errorf("%d of %d events that were acknowledged are missing", missing, len(s.acked))
	}
	t.Logf("%d acknowledged, %d refused", len(s.acked), refused)
}

// TestADirectoryThatCannotBeWrittenIsAFullDisk takes the right to write away from a running daemon, then from one
// that starts, and gives it back.
func TestADirectoryThatCannotBeWrittenIsAFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "64m")
	to := newDestination(t)
	to.answer("/down", http.StatusServiceUnavailable)
	spool := filepath.Join(dir, "spool")
	readOnly := func(yes bool) {
		t.Helper()
		flags := uintptr(syscall.MS_REMOUNT)
		if yes {
			flags |= syscall.MS_RDONLY
		}
		if err := syscall.Mount("tmpfs", spool, "tmpfs", flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", spool, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Unmount(spool, syscall.MNT_DETACH) }()
	yaml := fmt.Sprintf("queue: {type: disk, dir: spool, on_full: drop_newest}\nsinks:\n  down: %s\n", to.sinkLines("/down"))
	d := start(t, dir, yaml, how{})
	s := newSender(t, "m-")
	if a := s.post(d, 0, 100); a.accepted != 100 {
		t.Fatalf("%+v", a)
	}
	d.kill()

	readOnly(true)
	d = d.again() // a disk that cannot be written never keeps the daemon from starting
	for i := range 3 {
		if a := s.post(d, 1000+10*i, 10); a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable || a.retryAfter == "" {
			t.Errorf("on a read-only disk: %+v", a)
		}
	}
	to.answer("/down", 0) // what is there can be delivered
	d.await("the backlog on a read-only disk", func() bool { return to.distinct("/down") == 100 })
	readOnly(false)
	began := time.Now()
	d.awaitWithin(10*time.Second, "events to be taken again", func() bool { return s.post(d, 2000, 10).status == http.StatusOK })
	t.Logf("taken again %v after the disk can be written", time.Since(began).Round(time.Millisecond))
	d.await("the rest", func() bool { return to.distinct("/down") == 110 })
	d.kill()
	if missing, _ := to.missing("/down", s); missing != 0 {
		t.Errorf("%d events are missing", missing)
	}
	if !strings.Contains(d.stderr(), "the queue stores events again") {
		t.Errorf("nothing says that the trouble is over:\n%s", tail(d.stderr()))
	}
}
