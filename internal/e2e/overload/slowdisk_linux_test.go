package overload

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// tamper attaches to a daemon and has its system calls fail or dally, until the function it returns is called.
func tamper(t *testing.T, d *daemon, how string) (stop func()) {
	t.Helper()
	program, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("tampering with system calls takes strace")
	}
	cmd := exec.Command(program, "-f", "-qq", "-o", "/dev/null", "-p", strconv.Itoa(d.pid()), "-e", "inject="+how)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	attached := func() bool {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.pid()))
		return !strings.Contains(string(status), "TracerPid:\t0\n")
	}
	for deadline := time.Now().Add(10 * time.Second); !attached(); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Skipf("strace cannot attach: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("strace does not attach")
		}
	}
	time.Sleep(100 * time.Millisecond) // all threads
	var once sync.Once
	stop = func() {
		once.Do(func() {
			_ = cmd.Process.Signal(os.Interrupt) // it lets the daemon go
			<-ended
		})
	}
	t.Cleanup(stop)
	return stop
}

// TestADiskThatIsSlowDelaysWhoeverWaitsForItAndNobodyElse makes every sync take 300 ms: acknowledgements come late, in
// groups, and deliveries and the admin listener go on.
func TestADiskThatIsSlowDelaysWhoeverWaitsForItAndNobodyElse(t *testing.T) {
	t.Parallel()
	const each, posts, senders = 300 * time.Millisecond, 3, 20
	to := newDestination(t)
	d := start(t, t.TempDir(), "queue: {type: disk, dir: spool}\nsinks:\n  up: "+to.sinkLines("/up")+"\n", how{})
	s := newSender(t, "m-")
	s.post(d, 0, 10)
	stop := tamper(t, d, fmt.Sprintf("fdatasync,fsync:delay_enter=%d", each.Microseconds()))
	var all sync.WaitGroup
	var slowest time.Duration
	var mu sync.Mutex
	began := time.Now()
	for i := range senders {
		all.Go(func() {
			for j := range posts {
				a := s.post(d, 1000+100*i+10*j, 10)
				if a.status != http.StatusOK || a.accepted != 10 {
					t.Errorf("%+v", a)
				}
				mu.Lock()
				slowest = max(slowest, a.took)
				mu.Unlock()
			}
		})
	}
	var answers []time.Duration
	for range 10 {
		asked := time.Now()
		d.stats()
		answers = append(answers, time.Since(asked))
	}
	slices.Sort(answers)
	health := answers[len(answers)/2]
	all.Wait()
	took := time.Since(began)
	// 60 posts, one after another, would take 18 s.
	if took > 10*time.Second {
		t.Errorf("%d posts took %v: they are not synced together", senders*posts, took)
	}
	if health > each*9/10 {
		t.Errorf("the status took %v, as if it waited for the disk", health)
	}
	d.await("everything to be delivered", func() bool { return to.distinct("/up") == len(s.acked) })
	stop()
	a := s.post(d, 9000, 10)
	if a.status != http.StatusOK {
		t.Errorf("%+v", a)
	}
	d.kill()
	t.Logf("%d posts with syncs of %v: %v in all, the slowest %v, the median status %v, afterwards %v",
		senders*posts, each, took.Round(time.Millisecond), slowest.Round(time.Millisecond), health.Round(time.Microsecond), a.took.Round(time.Microsecond))
}

// TestSyncsThatFailAreNotAcknowledged has syncs fail, all of them and then one of three: what they were for is
// refused, and what is acknowledged outlives a kill.
func TestSyncsThatFailAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	to := newDestination(t)
	to.answer("/down", http.StatusServiceUnavailable)
	d := start(t, t.TempDir(), "queue: {type: disk, dir: spool, on_full: drop_newest}\nsinks:\n  down: "+to.sinkLines("/down")+"\n", how{})
	s := newSender(t, "m-")
	if a := s.post(d, 0, 10); a.accepted != 10 {
		t.Fatalf("%+v", a)
	}
	stop := tamper(t, d, "fdatasync:error=EIO")
	for i := range 5 {
		if a := s.post(d, 1000+10*i, 10); a.status != http.StatusTooManyRequests && a.status != http.StatusServiceUnavailable || a.retryAfter == "" {
			t.Errorf("with syncs that fail: %+v", a)
		}
	}
	stop()
	began := time.Now()
	d.awaitWithin(10*time.Second, "events to be taken again", func() bool { return s.post(d, 2000, 10).status == http.StatusOK })
	resumed := time.Since(began)
	stop = tamper(t, d, "fdatasync:error=EIO:when=1+3")
	refused := 0
	for i := range 40 {
		if s.post(d, 3000+10*i, 10).status != http.StatusOK {
			refused++
		}
		time.Sleep(25 * time.Millisecond) // after a failure the next try is not made at once
	}
	stop()
	d.stats()
	d.kill()
	to.answer("/down", 0)
	d = d.again()
	d.await("everything to be delivered", func() bool { return d.stats().Sinks["down"].Queued == 0 })
	missing, _ := to.missing("/down", s)
	if missing != 0 {
		t.Errorf("%d of %d events that were acknowledged are missing", missing, len(s.acked))
	}
	if refused == 0 {
		t.Error("no post was refused")
	}
	t.Logf("taken again after %v; %d acknowledged, none missing; %d of 40 posts refused with one of three syncs failing", resumed.Round(time.Millisecond), len(s.acked), refused)
}
