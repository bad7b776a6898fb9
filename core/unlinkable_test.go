package core

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

func TestAnUnlinkableEventIsSealedWithoutWhatLinksItToOthers(t *testing.T) {
	s := &fakeSink{}
	sink := sinkOf("a", s)
	d := newTest(t, Config{App: App{Name: "acme"}, Sinks: []SinkConfig{sink}})
	at := time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)
	e := Event{ID: "given", Name: "crash", UserID: "lovelace", AnonymousID: "cookie", SessionID: "s-1", Time: at, Props: Props{"plan": "pro"}, Unlinkable: true}
	enqueueAll(t, d, e, e, Event{Name: "crash", Unlinkable: true})
	closeOrFail(t, d)
	if len(s.json) != 2 {
		t.Fatalf("%d events: a given id is taken once, and one without is another", len(s.json))
	}
	for _, text := range s.json {
		for _, leak := range []string{"given", "lovelace", "cookie", "s-1", "user_id", "anonymous_id", "session_id", "12:34"} {
			if strings.Contains(text, leak) {
				t.Errorf("%s has %s", text, leak)
			}
		}
	}
	if !strings.Contains(s.json[0], `"time":"2026-11-21T12:00:00Z"`) || !strings.Contains(s.json[0], `"plan":"pro"`) || strings.Split(s.json[0], `"`)[3][14] != '4' {
		t.Errorf("%s", s.json[0])
	}
	if b := d.Stats().Books; b.Duplicates != 1 || b.Accepted != 2 {
		t.Errorf("%+v", b)
	}
	if got, err := DecodeEvent([]byte(`{"name":"x","unlinkable":true}`)); err != nil || !got.Unlinkable {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestContinuousIntegrationIsADimensionOfItsEvents(t *testing.T) {
	for _, ci := range []string{"", "true"} {
		s := &fakeSink{}
		lookup := func(name string) (string, bool) { return ci, name == "CI" }
		d := newTest(t, Config{App: App{Name: "acme"}, Sinks: []SinkConfig{sinkOf("a", s)}}, WithEnviron(lookup))
		enqueueAll(t, d, Event{Name: "x"}, Event{Name: "y", Context: Props{"os": "linux"}}, Event{Name: "z", Context: Props{"ci": "mine"}})
		closeOrFail(t, d)
		for i, text := range s.json {
			if has := strings.Contains(text, `"ci":true`); has != (ci != "" && i < 2) || !strings.Contains(text, `"app":{"name":"acme"}`) {
				t.Errorf("CI=%s: %s", ci, text)
			}
		}
	}
}

// What was queued on disk is not there any more when tracking is turned off.
func TestTurningTrackingOffLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	open := func(sub string) func(int64, queue.OnFull) (queue.Log, error) {
		return func(_ int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: filepath.Join(dir, sub), OnFull: onFull, MaxBytes: 1 << 20})
		}
	}
	s := &fakeSink{answer: refuseAny(Refused, "letter")}
	sink := sinkOf("a", s)
	sink.DeadLetter.Open = open("dead")
	d := newTest(t, Config{Sinks: []SinkConfig{sink}, Queue: QueueConfig{Open: open("queue")}})
	enqueueAll(t, d, Event{Name: "letter", Props: Props{"note": "CANARY"}})
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.set(down)
	for range 20 {
		enqueueAll(t, d, Event{Name: "queued", Props: Props{"note": "CANARY"}})
	}
	if len(withCanary(t, dir)) < 2 {
		t.Fatal("the test has nothing to look for")
	}
	d.SetDoNotTrack(true)
	d.background.Wait()
	if found := withCanary(t, dir); len(found) > 0 {
		t.Errorf("it is still in %v", found)
	}
	if b := balance(t, d, "a"); b.Reasons[reasonWithdrawn] != 20 {
		t.Errorf("%+v", b)
	}
	s.set(nil)
	d.SetDoNotTrack(false)
	enqueueAll(t, d, Event{Name: "again", Props: Props{"note": "CANARY"}})
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.taken(); len(got) != 1 || got[0] != "again" {
		t.Errorf("%v", got)
	}
	balance(t, d, "a")
	closeOrFail(t, d)
}

// withCanary returns the files under a directory that have the word in them.
func withCanary(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("CANARY")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
