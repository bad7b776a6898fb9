package overload

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// underLoad posts from several senders until the daemon is gone, and returns how to wait for them.
func underLoad(d *daemon, s *sender, first, senders int) (wait func()) {
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for next := first + 1_000_000*i; d.running(); next += 20 {
				if a := s.post(d, next, 20); a.status == http.StatusServiceUnavailable {
					if a.retryAfter == "" {
						s.t.Error("a daemon that stops does not say when to come back")
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	return all.Wait
}

func TestSIGTERMUnderLoadDeliversAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	to := newDestination(t)
	to.slow("/up", 10*time.Millisecond)
	d := start(t, t.TempDir(), "shutdown_timeout: 20s\nsinks:\n  up: "+to.sinkLines("/up")+"\n", how{})
	s := newSender(t, "m-")
	for i := range 20 {
		s.post(d, 500*i, 500)
	}
	wait := underLoad(d, s, 1_000_000, 4)
	time.Sleep(100 * time.Millisecond)
	began := time.Now()
	d.signal(syscall.SIGTERM)
	code := d.end(30 * time.Second)
	took := time.Since(began)
	wait()
	missing, again := to.missing("/up", s)
	if code != 0 || missing != 0 || again != 0 || len(s.acked) < 10_000 {
		t.Errorf("exit status %d, %d of %d events are missing, %d came twice\n%s", code, missing, len(s.acked), again, tail(d.stderr()))
	}
	t.Logf("%d events in memory were delivered, the daemon ended after %v", len(s.acked), took.Round(time.Millisecond))
}

// TestASignalLeavesOnDiskWhatCannotBeDelivered has a destination that never answers: one signal, or two.
func TestASignalLeavesOnDiskWhatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	const timeout = 1500 * time.Millisecond
	for name, c := range map[string]struct {
		second syscall.Signal
		code   int
		most   time.Duration
	}{
		"one":                {0, 0, timeout + 8*time.Second},
		"SIGTERM twice":      {syscall.SIGTERM, 1, 0},
		"SIGTERM and SIGINT": {syscall.SIGINT, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := newDestination(t)
			to.slow("/hangs", time.Hour)
			shutdown := "shutdown_timeout: 1500ms\n"
			if c.second != 0 {
				shutdown = "shutdown_timeout: 10m\n"
			}
			d := start(t, t.TempDir(), shutdown+"queue: {type: disk, dir: spool}\nsinks:\n  up: "+to.sinkLines("/up")+
				"\n  hangs: "+to.sinkLines("/hangs", "timeout: 10m", "concurrency: 2")+"\n", how{})
			s := newSender(t, "m-")
			for i := range 6 {
				s.post(d, 500*i, 500)
			}
			d.await("requests that hang", func() bool {
				to.mu.Lock()
				defer to.mu.Unlock()
				return to.of("/hangs").during == 2
			})
			wait := underLoad(d, s, 1_000_000, 2)
			began := time.Now()
			d.signal(syscall.SIGTERM)
			if c.second != 0 {
				time.Sleep(200 * time.Millisecond)
				began = time.Now()
				d.signal(c.second)
			}
			code := d.end(30 * time.Second)
			took := time.Since(began)
			wait()
			if code != c.code || took > max(c.most, 3*time.Second) {
				t.Errorf("exit status %d, after %v\n%s", code, took, tail(d.stderr()))
			}

			to.slow("/hangs", 0)
			d = d.again()
			if recovered := d.stats().Sinks["hangs"].Recovered; recovered < uint64(len(s.acked)) {
				t.Errorf("%d of %d events are on disk", recovered, len(s.acked))
			}
			d.await("everything to be delivered", func() bool {
				st := d.stats()
				return st.Sinks["hangs"].Queued == 0 && st.Sinks["up"].Queued == 0
			})
			for _, path := range []string{"/up", "/hangs"} {
				if missing, _ := to.missing(path, s); missing != 0 {
					t.Errorf("%s lacks %d of %d events", path, missing, len(s.acked))
				}
			}
			t.Logf("ended %v after the signal, %d events kept and delivered later", took.Round(time.Millisecond), len(s.acked))
		})
	}
}
