package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open writes a configuration and opens it, away from the environment of the machine.
func open(t *testing.T, yaml string) *core.Dispatcher {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "sinks.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := config.Open(path,
		core.WithStateDir(filepath.Join(dir, "state")),
		core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// serve puts a front door before a dispatcher.
func serve(t *testing.T, d *core.Dispatcher) (url string) {
	t.Helper()
	s, err := server.New(server.Options{Gate: d, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
	})
	return s.URL()
}

// arrivals notes when each event, known by its sequence number, reached a destination.
type arrivals struct {
	mu sync.Mutex
	at map[int]time.Time
}

func (a *arrivals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var events []struct {
		Properties struct {
			Seq int `json:"seq"`
		} `json:"properties"`
	}
	if err := json.NewDecoder(r.Body).Decode(&events); err != nil {
		http.Error(w, "not an array of events", http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range events {
		a.at[e.Properties.Seq] = time.Now()
	}
}

// TestASinkThatHangsAndOneThatFailsDoNotHoldUpTheHealthyOne posts 2,000 events a second for
// 10 s to a front door behind which one destination never answers, one answers 500,
// and one is well.
func TestASinkThatHangsAndOneThatFailsDoNotHoldUpTheHealthyOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s of load")
	}
	const rate, seconds, perPost, maxBytes = 2000, 10, 20, 4 << 20
	healthy := &arrivals{at: make(map[int]time.Time)}
	well := httptest.NewServer(healthy)
	defer well.Close()
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		http.Error(w, "no", http.StatusInternalServerError)
	}))
	defer failing.Close()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hanging.Close()
	defer close(release)

	d := open(t, fmt.Sprintf(`
queue: {max_bytes: %d}
sinks:
  healthy: {type: http, url: "%s", body: array}
  failing: {type: http, url: "%s", body: array}
  hanging: {type: http, url: "%s", body: array}
`, maxBytes, well.URL, failing.URL, hanging.URL))
	door := serve(t, d)

	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sent := make([]time.Time, rate*seconds)
	var peak uint64
	tick := time.NewTicker(time.Second * perPost / rate)
	defer tick.Stop()
	for seq := 0; seq < len(sent); seq += perPost {
		<-tick.C
		var body bytes.Buffer
		for i := range perPost {
			sent[seq+i] = time.Now()
			fmt.Fprintf(&body, `{"name":"run","properties":{"seq":%d,"runSeconds":45,"note":%q}}`+"\n", seq+i, strings.Repeat("n", 200))
		}
		resp, err := http.Post(door+"/v1/events", "application/x-ndjson", &body)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Accepted int }
		err = json.NewDecoder(resp.Body).Decode(&answer)
		_ = resp.Body.Close()
		if err != nil || answer.Accepted != perPost {
			t.Fatalf("posting: %s, %+v, %v", resp.Status, answer, err)
		}
		if seq%(rate/2) == 0 {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse+now.StackInuse)
			if stats := d.Stats(); !balanced(stats) {
				t.Fatalf("the books do not balance: %+v", stats)
			}
		}
	}

	const closeWithin = 3 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	begin := time.Now()
	err := d.Close(ctx)
	if took := time.Since(begin); took > closeWithin {
		t.Errorf("Close took %v, its context allowed %v", took, closeWithin)
	}
	if err == nil {
		t.Error("Close did not report what the dead sinks left")
	}

	stats := d.Stats()
	if !balanced(stats) {
		t.Errorf("the books do not balance: %+v", stats)
	}
	var latencies []time.Duration
	for seq, at := range sent {
		arrived, ok := healthy.at[seq]
		if !ok {
			t.Fatalf("event %d did not reach the healthy sink: %+v", seq, stats.Sinks["healthy"])
		}
		latencies = append(latencies, arrived.Sub(at))
	}
	slices.Sort(latencies)
	p99 := latencies[len(latencies)*99/100]
	if p99 > time.Second {
		t.Errorf("p99 from post to arrival is %v, want under 1 s", p99)
	}
	grown := int64(peak) - int64(before.HeapInuse+before.StackInuse)
	if grown > maxBytes+64<<20 {
		t.Errorf("memory grew by %d MiB, want at most max_bytes and 64 MiB", grown>>20)
	}
	if stats.Sinks["failing"].Overflowed == 0 || stats.Sinks["hanging"].Overflowed == 0 {
		t.Error("the queue never had to drop anything: the test proves nothing about its bound")
	}
	t.Logf("%d events, p50 %v, p99 %v, memory +%d MiB, Close %v", len(sent), latencies[len(latencies)/2], p99, grown>>20, time.Since(begin))
}

func balanced(s core.Stats) bool {
	b := s.Books
	if b.Received != b.Accepted+b.Denied+b.Rejected+b.Duplicates {
		return false
	}
	for _, k := range s.Sinks {
		if b.Accepted+k.Recovered != k.Delivered+k.Filtered+k.SampledOut+k.DeadLettered+k.Expired+k.Overflowed+k.Queued {
			return false
		}
	}
	return true
}
