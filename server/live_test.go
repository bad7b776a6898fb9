package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// dispatcher makes a real one.
func dispatcher(t testing.TB, sinks ...core.SinkConfig) *core.Dispatcher {
	t.Helper()
	d, err := core.New(core.Config{Sinks: sinks}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func taking(name string, send func([]core.Sealed) error) core.SinkConfig {
	return core.SinkConfig{Name: name, Reach: core.ReachLocal, Sink: core.SinkFunc(func(_ context.Context, batch []core.Sealed) error { return send(batch) }), Batch: core.BatchConfig{MaxWait: -1}}
}

// watching opens the stream of a listener, and returns what reads its next message.
func watching(t testing.TB, a *Admin) (next func() (event string, data map[string]any), status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", a.URL()+"/ui/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); resp.Body.Close() })
	lines := bufio.NewReader(resp.Body)
	return func() (event string, data map[string]any) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			switch {
			case err != nil:
				return "end", nil
			case strings.HasPrefix(line, "event: "):
				event = strings.TrimSpace(line[7:])
			case strings.HasPrefix(line, "data: "):
				if err := json.Unmarshal([]byte(line[6:]), &data); err != nil {
					t.Fatalf("%s: %q", err, line)
				}
			case line == "\n" && event != "":
				return event, data
			}
		}
	}, resp.StatusCode
}

func startedAdmin(t testing.TB, o AdminOptions) *Admin {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	a := newAdmin(t, o)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := a.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestTheStreamTellsWhatBecomesOfEventsAndTheBooks(t *testing.T) {
	d := dispatcher(t, taking("good", func([]core.Sealed) error { return nil }), taking("bad", func([]core.Sealed) error { return core.Permanent(errors.New("HTTP 400")) }))
	a := startedAdmin(t, AdminOptions{Status: d.Stats, Observe: d.Observe, DeadLetters: d, Sinks: d, FrontDoor: func() string { return "http://here" }})
	next, _ := watching(t, a)
	event, books := next()
	if event != "books" || books["ready"] != true || books["listen"] != "http://here" || books["process"] == "" {
		t.Fatalf("the first message is %s %v", event, books)
	}
	if diff := cmp.Diff([]any{"good", "bad"}, books["order"]); diff != "" {
		t.Errorf("the order of the sinks: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"watch": true, "pause": true, "reload": false, "dead_letters": true}, books["can"]); diff != "" {
		t.Errorf("what the page can: %s", diff)
	}
	secret := "gh" + "p_" + strings.Repeat("a1B2", 9)
	_ = d.Enqueue(t.Context(), core.Event{ID: "e1", Name: "run", Props: core.Props{"note": "with " + secret}})
	got := map[string]string{}
	for len(got) < 2 {
		event, data := next()
		if event != "seen" {
			continue
		}
		if text := fmt.Sprint(data); strings.Contains(text, secret) || !strings.Contains(text, "[redacted:") {
			t.Errorf("the stream has %s", text)
		}
		for _, o := range data["outcomes"].([]any) {
			o := o.(map[string]any)
			got[o["sink"].(string)] = fmt.Sprint(o["id"], " ", o["name"], " ", o["result"], " ", o["reason"], " ", o["error"])
		}
	}
	if diff := cmp.Diff(map[string]string{"good": "e1 run delivered <nil> <nil>", "bad": "e1 run dead_lettered permanent HTTP 400"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for {
		if event, data := next(); event == "books" && data["dead_letters"].(map[string]any)["bad"] == 1.0 {
			return
		}
	}
}

func TestTheStreamEndsWithTheListenerWhichDoesNotWaitForIt(t *testing.T) {
	d := dispatcher(t)
	a := startedAdmin(t, AdminOptions{Status: d.Stats, Observe: d.Observe})
	next, _ := watching(t, a)
	next()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	for event := ""; event != "end"; event, _ = next() {
	}
}

func TestNobodyObservesWhileNobodyLooksAndOnlySoManyLook(t *testing.T) {
	observing := make(chan int, 100)
	a := startedAdmin(t, AdminOptions{Observe: func(func(core.Observation)) func() {
		observing <- 1
		return func() { observing <- -1 }
	}})
	if len(observing) > 0 {
		t.Error("somebody observes before anybody looks")
	}
	func() {
		t.Run("looking", func(t *testing.T) {
			for range maxViewers {
				if _, status := watching(t, a); status != 200 {
					t.Fatalf("a viewer is answered %d", status)
				}
			}
			if _, status := watching(t, a); status != 503 {
				t.Errorf("one too many is answered %d", status)
			}
		})
	}()
	sum := 0
	for range 2 * maxViewers {
		select {
		case n := <-observing:
			sum += n
		case <-time.After(20 * time.Second):
			t.Fatal("an observer stays when its viewer has gone")
		}
	}
	if sum != 0 {
		t.Errorf("%d observers are left", sum)
	}
}

// A viewer that reads nothing costs what is pending for it, and holds nobody up.
func TestASlowViewerLosesOutcomesAndSaysHowMany(t *testing.T) {
	d := dispatcher(t, taking("good", func([]core.Sealed) error { return nil }))
	v := &viewer{sample: newSampler(time.Now())}
	defer d.Observe(v.see)()
	const events = 20_000
	for range events {
		_ = d.Enqueue(t.Context(), core.Event{Name: "run", Props: core.Props{"text": strings.Repeat("x", 500)}})
	}
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, any := v.glimpse()
	if !any || len(seen.Outcomes) > maxPending || len(seen.Outcomes) == 0 || uint64(len(seen.Outcomes))+seen.Skipped != events {
		t.Errorf("%d outcomes are shown, %d are not, of %d", len(seen.Outcomes), seen.Skipped, events)
	}
	if seen.OneIn < 2 {
		t.Errorf("one in %d is shown", seen.OneIn)
	}
	if seen, any := v.glimpse(); any || seen.Outcomes == nil {
		t.Errorf("what was shown is shown again: %+v", seen)
	}
}

func TestAnEventThatIsTooLargeIsShownWithoutItsContent(t *testing.T) {
	d := dispatcher(t, taking("good", func([]core.Sealed) error { return nil }))
	v := &viewer{sample: newSampler(time.Now())}
	defer d.Observe(v.see)()
	_ = d.Enqueue(t.Context(), core.Event{Name: "run", Props: core.Props{"a": strings.Repeat("word ", 10_000)}})
	_ = d.Flush(t.Context())
	seen, _ := v.glimpse()
	if len(seen.Outcomes) != 1 || len(seen.Outcomes[0]) > 1000 || !strings.Contains(string(seen.Outcomes[0]), `"size":`) {
		t.Errorf("it is shown as %s", seen.Outcomes)
	}
}
