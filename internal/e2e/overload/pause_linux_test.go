package overload

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestADaemonThatWasStoppedForAWhileGoesOn stops the process for a second, or a minute with HEADGATE_LONG=1, as a
// machine that sleeps does, with a sink that is down.
func TestADaemonThatWasStoppedForAWhileGoesOn(t *testing.T) {
	t.Parallel()
	pause := time.Second
	if long() {
		pause = time.Minute
	}
	to := newDestination(t)
	to.answer("/down", http.StatusServiceUnavailable)
	d := start(t, t.TempDir(), "queue: {type: disk, dir: spool}\nsinks:\n  down: "+to.sinkLines("/down")+"\n", how{})
	s := newSender(t, "m-")
	for i := range 10 {
		s.post(d, 100*i, 100)
	}
	d.await("the circuit to open", func() bool { return d.stats().Sinks["down"].State == "open" })
	d.signal(syscall.SIGSTOP)
	time.Sleep(pause)
	d.signal(syscall.SIGCONT)
	before, began := d.footprint().cpu, time.Now()
	requestsBefore := requests(to, "/down", time.Time{})
	time.Sleep(2 * time.Second)
	used := d.footprint().cpu - before
	tries := requests(to, "/down", time.Time{}) - requestsBefore
	if used > time.Since(began)/5 || tries > 40 { // retry.max is 500 ms: 8 on average
		t.Errorf("in the two seconds after the pause: %v CPU, %d attempts", used, tries)
	}
	to.answer("/down", 0)
	back := time.Now()
	d.await("everything to be delivered", func() bool { return d.stats().Sinks["down"].Queued == 0 })
	resumed := time.Since(back)
	if missing, again := to.missing("/down", s); missing != 0 || again != 0 {
		t.Errorf("%d of %d events are missing, %d came twice", missing, len(s.acked), again)
	}
	if st := d.stats().Sinks["down"]; st.Expired != 0 {
		t.Errorf("%+v", st)
	}
	t.Logf("stopped for %v: %v CPU and %d attempts in the 2 s after it, delivered %v after the destination was back", pause, used, tries, resumed.Round(time.Millisecond))
}

// TestManySmallObjectsDoNotFillTheMemoryOfTheDaemon posts 64 bodies of 1 MiB at once that are many times their size once they
// are decoded.
func TestManySmallObjectsDoNotFillTheMemoryOfTheDaemon(t *testing.T) {
	to := newDestination(t)
	d := start(t, t.TempDir(), "queue: {max_bytes: 16MiB}\nsinks:\n  up: "+to.sinkLines("/up")+"\n", how{})
	small := strings.TrimSuffix(strings.Repeat(`{"a":0},`, 1<<20/8), ",")
	var mu sync.Mutex
	answers := make(map[int]int)
	var all sync.WaitGroup
	sender := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	began := time.Now()
	for i := range 64 {
		body := "[" + small + "]"
		if i%2 == 0 {
			body = `{"name":"a","properties":{"l":[` + small + `]}}`
		}
		all.Go(func() {
			resp, err := sender.Post(d.Listen+"/v1/events", "application/json", strings.NewReader(body))
			status := 0
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				status = resp.StatusCode
			}
			mu.Lock()
			answers[status]++
			mu.Unlock()
		})
	}
	all.Wait()
	peak := peakRSS(d)
	if peak > 512<<10 {
		t.Errorf("the daemon took %d MiB", peak>>10)
	}
	if answers[0] > 0 || !d.running() {
		t.Errorf("answers: %v", answers)
	}
	s := newSender(t, "m-")
	if a := s.post(d, 0, 10); a.status != http.StatusOK {
		t.Errorf("afterwards: %+v", a)
	}
	t.Logf("64 bodies of 1 MiB in %v: %v by status, at most %d MiB resident", time.Since(began).Round(time.Millisecond), answers, peak>>10)
}

// peakRSS is the most memory that the daemon has had, in KiB.
func peakRSS(d *daemon) int {
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(d.pid()), "status"))
	for line := range strings.Lines(string(status)) {
		if kB, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kB)[0])
			return n
		}
	}
	return 0
}
