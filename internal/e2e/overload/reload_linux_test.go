package overload

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// goroutines asks the daemon's metrics.
func (d *daemon) goroutines() int {
	d.t.Helper()
	resp, err := client.Get(d.Admin + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var text strings.Builder
	if err := resp.Write(&text); err != nil {
		d.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go_goroutines(?:\{[^}]*\})? (\d+)`).FindStringSubmatch(text.String())
	if found == nil {
		d.t.Fatalf("/metrics has no number of goroutines: %.500s", text.String())
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// settled waits until the daemon has no more descriptors and goroutines than given, and returns what it has.
func (d *daemon) settled(files, goroutines int) (int, int) {
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		f, g := d.footprint().files, d.goroutines()
		if f <= files && g <= goroutines || time.Now().After(deadline) {
			return f, g
		}
	}
}

// TestAHundredReloadsUnderLoadLoseNothingAndLeaveNothingBehind adds, changes, renames and removes sinks while 2,000
// events a second come.
func TestAHundredReloadsUnderLoadLoseNothingAndLeaveNothingBehind(t *testing.T) {
	const reloads, perPost = 100, 20
	to := newDestination(t)
	dir := t.TempDir()
	yaml := func(i int) string {
		s := "queue: {type: disk, dir: spool}\nsinks:\n  same: " + to.sinkLines("/same")
		if i == 0 {
			return s + "\n  changed: " + to.sinkLines("/changed") + "\n"
		}
		s += "\n  changed: " + to.sinkLines("/changed", fmt.Sprintf("batch: {max_events: %d}", 100+i%7), fmt.Sprintf("concurrency: %d", 1+i%3))
		s += fmt.Sprintf("\n  renamed-%d: %s", i%5, to.sinkLines("/renamed"))
		if i%2 == 0 {
			s += "\n  file: {type: log, format: json, path: events.log}"
		}
		return s + "\n"
	}
	d := start(t, dir, yaml(0), how{})
	s := newSender(t, "m-")
	next := 0
	for ; next < 5*perPost; next += perPost { // connections are open while something flows
		s.post(d, next, perPost)
	}
	d.await("the first events to be delivered", func() bool { return to.distinct("/same") == next && to.distinct("/changed") == next })
	files, goroutines := 0, 0
	for range 20 {
		files, goroutines = max(files, d.footprint().files), max(goroutines, d.goroutines())
		time.Sleep(10 * time.Millisecond)
	}

	stop, posted := make(chan struct{}), make(chan []time.Duration)
	go func() {
		var took []time.Duration
		tick := time.NewTicker(time.Second * perPost / 2000)
		defer tick.Stop()
		defer func() { posted <- took }()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			a := s.post(d, next, perPost)
			if next += perPost; a.status != http.StatusOK || a.accepted != perPost {
				t.Errorf("a post under reload: %+v", a)
				return
			}
			took = append(took, a.took)
		}
	}()
	var slowest time.Duration
	for i := 1; i <= reloads; i++ {
		if err := os.WriteFile(filepath.Join(dir, "sinks.yaml"), []byte(yaml(i%reloads)), 0o600); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		resp, err := client.Post(d.Admin+"/v1/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		slowest = max(slowest, time.Since(began))
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("reload %d: %s\n%s", i, resp.Status, tail(d.stderr()))
		}
		d.stats()
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	took := <-posted
	d.await("everything to be delivered", func() bool {
		st := d.stats()
		return st.Sinks["same"].Queued == 0 && st.Sinks["changed"].Queued == 0
	})
	twice := 0
	for _, path := range []string{"/same", "/changed"} {
		missing, again := to.missing(path, s)
		if missing != 0 {
			t.Errorf("%s lacks %d of %d events", path, missing, len(s.acked))
		}
		twice += again
	}
	if twice*1000 > len(s.acked) {
		t.Errorf("%d of %d events came twice", twice, len(s.acked))
	}
	filesAfter, goroutinesAfter := d.settled(files, goroutines)
	if filesAfter > files || goroutinesAfter > goroutines {
		t.Errorf("%d files and %d goroutines before, %d and %d after", files, goroutines, filesAfter, goroutinesAfter)
	}
	slices.Sort(took)
	t.Logf("%d reloads, the slowest %v; %d events acknowledged, p50 %v, p99 %v, none missing, %d twice; %d files, %d goroutines before, %d and %d after",
		reloads, slowest.Round(time.Millisecond), len(s.acked), took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond), twice, files, goroutines, filesAfter, goroutinesAfter)
}
