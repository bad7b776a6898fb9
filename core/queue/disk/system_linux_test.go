package disk_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

func init() {
	children["permissions"] = permissionsChild
	children["file size"] = fileSizeChild
	children["holder"] = holderChild
}

// childOf returns a command that runs a part of a test in a process of its own, which ends with this one.
func childOf(t *testing.T, part string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childVariable+"="+part)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func openLog(cfg disk.Config, names ...string) (*disk.Log, []queue.Cursor) {
	log, err := disk.Open(cfg)
	if err != nil {
		panic(err)
	}
	var cursors []queue.Cursor
	for _, name := range names {
		cursors = append(cursors, log.Cursor(name))
	}
	if err := log.Resume(); err != nil {
		panic(err)
	}
	return log, cursors
}

// permissionsChild fills a log, with something held of a segment that is gone and something damaged.
func permissionsChild(args []string) {
	syscall.Umask(0)
	cfg := disk.Config{Dir: args[0], MaxBytes: 64 << 10}
	log, cursors := openLog(cfg, "sink")
	for i := range 500 {
		must(log.Append(context.Background(), fmt.Appendf(nil, "%0200d", i)))
		run, _ := cursors[0].Fetch(1, 1<<20, true)
		if i == 5 {
			cursors[0].Hold(run.First, run.Next())
		}
		run.Done()
	}
	must(log.Append(context.Background(), []byte("kept")))
	must(log.Append(context.Background(), []byte("damaged")))
	must(log.Append(context.Background(), []byte("kept")))
	must(log.Close())
	segments, err := filepath.Glob(filepath.Join(args[0], "log", "*.log"))
	must(err)
	last := segments[len(segments)-1]
	b, err := os.ReadFile(last)
	must(err)
	at := strings.Index(string(b), "damaged")
	b[at] ^= 1
	must(os.WriteFile(last, b, 0o600))
	log, cursors = openLog(cfg, "sink")
	for run, _ := cursors[0].Fetch(10, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(10, 1<<20, true) {
	}
	must(log.Close())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func TestEverythingIsItsOwnersAloneWhateverTheUmaskSays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "queue")
	if out, err := childOf(t, "permissions", dir).Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		seen[filepath.Ext(path)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{".log", ".cursor", ".kept", ".bad", ".json"} {
		if !seen[ext] {
			t.Errorf("there was no %s file to look at", ext)
		}
	}
}

// fileSizeChild appends while files may grow to 100 kB only, drains, and goes on when they may grow again.
func fileSizeChild(args []string) {
	signal.Ignore(syscall.SIGXFSZ)
	log, cursors := openLog(disk.Config{Dir: args[0], MaxBytes: 64 << 20, OnFull: queue.DropNewest}, "sink")
	rec := []byte(strings.Repeat("x", 1000))
	appended := 0
	for range 10 {
		must(log.Append(context.Background(), rec))
		appended++
	}
	setFileSize(t100kB)
	var err error
	start := time.Now()
	for err == nil && appended < 100_000 {
		if err = log.Append(context.Background(), rec); err == nil {
			appended++
		}
	}
	if !errors.Is(err, queue.ErrUnavailable) || time.Since(start) > 10*time.Second {
		panic(fmt.Sprintf("after %v: %v", time.Since(start), err))
	}
	got := 0
	for run, _ := cursors[0].Fetch(100, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(100, 1<<20, true) {
		got += run.Len()
		run.Done()
	}
	if got != appended {
		panic(fmt.Sprintf("drained %d of %d", got, appended))
	}
	setFileSize(math.MaxUint64)
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err = log.Append(context.Background(), rec); err == nil || time.Now().After(until) {
			break
		}
	}
	must(err)
	fmt.Println(appended + 1)
	select {} // until it is killed
}

const t100kB = 100 << 10

func setFileSize(bytes uint64) {
	var limit syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	limit.Cur = min(bytes, limit.Max)
	must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
}

func TestFilesThatMayNotGrowAreAFullDisk(t *testing.T) {
	dir := t.TempDir()
	cmd := childOf(t, "file size", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var appended int
	_, scanErr := fmt.Fscan(bufio.NewReader(out), &appended)
	_ = cmd.Process.Kill()
	if err := cmd.Wait(); scanErr != nil {
		t.Fatal(scanErr, err)
	}
	log, cursors := openLog(disk.Config{Dir: dir}, "sink")
	if run, _ := cursors[0].Fetch(100, 1<<20, true); run.Len() != 1 || run.First != uint64(appended-1) {
		t.Errorf("after %d, found %d from %d on", appended, run.Len(), run.First)
	}
	must(log.Close())
}

func TestOnATmpfsThatIsFullTheLogGoesOnWhenThereIsRoom(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a tmpfs takes privileges: %v", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	for _, onFull := range []queue.OnFull{queue.DropNewest, queue.DropOldest} {
		log, cursors := openLog(disk.Config{Dir: filepath.Join(dir, fmt.Sprint(onFull)), MaxBytes: 64 << 20, OnFull: onFull}, "sink")
		rec := []byte(strings.Repeat("x", 10_000))
		appended, refused := 0, 0
		for range 2000 { // 20 MB
			switch err := log.Append(context.Background(), rec); {
			case err == nil:
				appended++
			case errors.Is(err, queue.ErrUnavailable):
				refused++
			default:
				t.Fatal(err)
			}
		}
		got := 0
		for run, _ := cursors[0].Fetch(100, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(100, 1<<20, true) {
			got += run.Len()
			run.Done()
		}
		var at [1]queue.Position
		log.Snapshot(cursors, at[:])
		if got+int(at[0].Overflowed) != appended || got < 200 || onFull == queue.DropOldest && refused > 0 || onFull == queue.DropNewest && at[0].Overflowed > 0 {
			t.Errorf("policy %v: appended %d, refused %d, got %d, %+v", onFull, appended, refused, got, at[0])
		}
		for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if err := log.Append(context.Background(), rec); err == nil {
				break
			} else if time.Now().After(until) {
				t.Fatalf("after everything was drained: %v", err)
			}
		}
		must(log.Close())
		must(os.RemoveAll(filepath.Join(dir, fmt.Sprint(onFull))))
	}
}

// holderChild keeps a log open.
func holderChild(args []string) {
	log, _ := openLog(disk.Config{Dir: args[0]}, "sink")
	must(log.Append(context.Background(), []byte("x")))
	fmt.Println("open")
	select {} // until it is killed
}

func TestASecondProcessIsToldWhoHasTheLogUntilThatOneIsGone(t *testing.T) {
	dir := t.TempDir()
	cmd := childOf(t, "holder", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	log, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c := log.Cursor("sink")
	who := fmt.Sprintf("process %d", cmd.Process.Pid)
	if err := log.Resume(); err == nil || !strings.Contains(err.Error(), who) {
		t.Errorf("the second is told %v", err)
	}
	if _, err := disk.Purge(dir); err == nil || !strings.Contains(err.Error(), who) {
		t.Errorf("who purges is told %v", err)
	}
	if r, err := disk.Check(dir, false); err != nil || r.InUse != cmd.Process.Pid {
		t.Errorf("who checks is told %+v, %v", r, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err := log.Resume(); err != nil {
		t.Fatalf("when the first is gone: %v", err)
	}
	if run, _ := c.Fetch(10, 1<<20, true); run.Len() != 1 {
		t.Errorf("found %d", run.Len())
	}
	must(log.Close())
}
