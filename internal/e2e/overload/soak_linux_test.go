package overload

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestNothingIsLostThroughFaultsKillsAndReloads posts events for three seconds, or minutes with HEADGATE_LONG=1, to a daemon that is
// killed, stopped and reloaded, with destinations that fail in every way. In the end each event that was
// acknowledged has come to each sink, some by a replay of dead letters.
func TestNothingIsLostThroughFaultsKillsAndReloads(t *testing.T) {
	t.Parallel()
	lasting := 3 * time.Second
	if long() {
		lasting = 4 * time.Minute
	}
	seed := rand.Uint64()
	choice := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	to := newDestination(t)
	dir := t.TempDir()
	yaml := func(variant int) string {
		return fmt.Sprintf("shutdown_timeout: 300ms\nqueue: {type: disk, dir: spool, on_full: drop_newest}\nsinks:\n  a: %s\n  b: %s\n",
			to.sinkLines("/a", "timeout: 500ms", fmt.Sprintf("batch: {max_events: %d}", 50+variant)), to.sinkLines("/b", "timeout: 500ms", "concurrency: 2"))
	}
	var current atomic.Pointer[daemon]
	current.Store(start(t, dir, yaml(0), how{}))
	s := newSender(t, "m-")
	stop, posted := make(chan struct{}), make(chan int)
	go func() {
		next := 0
		defer func() { posted <- next }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			if s.post(current.Load(), next, 20).status == http.StatusOK || choice.IntN(2) == 0 { // else the same once more
				next += 20
			}
		}
	}()
	done := make(map[string]int)
	chaos := rand.New(rand.NewPCG(seed, 2))
	for end := time.Now().Add(lasting); time.Now().Before(end); time.Sleep(time.Duration(20+chaos.IntN(150)) * time.Millisecond) {
		path := []string{"/a", "/b"}[chaos.IntN(2)]
		to.slow(path, 0)
		d := current.Load()
		switch what := []string{"well", "well", "503", "429", "400", "500", "hang", "slow", "kill", "term", "reload"}[chaos.IntN(11)]; what {
		case "well":
			to.answer(path, 0)
		case "503", "429", "400", "500":
			var status int
			_, _ = fmt.Sscan(what, &status)
			to.answer(path, status)
			done[what]++
		case "hang":
			to.slow(path, time.Hour)
			done[what]++
		case "slow":
			to.slow(path, 30*time.Millisecond)
			done[what]++
		case "kill":
			d.kill()
			current.Store(d.again())
			done[what]++
		case "term":
			d.signal(syscall.SIGTERM)
			if code := d.end(20 * time.Second); code != 0 {
				t.Errorf("exit status %d\n%s", code, tail(d.stderr()))
			}
			current.Store(d.again())
			done[what]++
		case "reload":
			if err := os.WriteFile(filepath.Join(dir, "sinks.yaml"), []byte(yaml(chaos.IntN(50))), 0o600); err != nil {
				t.Fatal(err)
			}
			d.signal(syscall.SIGHUP)
			done[what]++
		}
		current.Load().stats() // balance
	}
	close(stop)
	<-posted
	for _, path := range []string{"/a", "/b"} {
		to.slow(path, 0)
		to.answer(path, 0)
	}
	d := current.Load()
	quiet := func() bool {
		st := d.stats()
		return st.Sinks["a"].Queued == 0 && st.Sinks["b"].Queued == 0
	}
	d.await("everything to be delivered", quiet)
	for _, sink := range []string{"a", "b"} {
		resp, err := (&http.Client{Timeout: time.Minute}).Post(d.Admin+"/v1/deadletters/replay?rate=100000&sink="+sink, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the replay: %s", resp.Status)
		}
	}
	d.await("the dead letters to be delivered", quiet)
	for _, path := range []string{"/a", "/b"} {
		missing, again := to.missing(path, s)
		if missing != 0 {
			t.Errorf("%s lacks %d of %d events that were acknowledged", path, missing, len(s.acked))
		}
		t.Logf("%s: %d acknowledged, %d missing, %d more than once", path, len(s.acked), missing, again)
	}
	t.Logf("%v", done)
}
