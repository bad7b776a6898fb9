package core

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Close is not bounded while Open blocks under the control mutex.
func TestCloseIsBoundedWhileASinkIsBeingOpened(t *testing.T) {
	block := make(chan struct{})
	first := true
	d := newTest(t, Config{Sinks: []SinkConfig{{Name: "a", Reach: ReachLocal, Open: func() (Sink, error) {
		if !first {
			<-block
		}
		first = false
		return &fakeSink{}, nil
	}}}})
	d.SetDoNotTrack(true)
	go d.SetDoNotTrack(false)
	time.Sleep(10 * time.Millisecond)
	done := make(chan struct{})
	go func() { _ = d.Close(context.Background()); close(done) }()
	select {
	case <-done:
	case <-time.After(defaultCloseTimeout + time.Second):
		t.Error("Close without a deadline has not returned after 11 s, 10 s are promised")
	}
	close(block)
	<-done
}

// An event that is rejected makes the installation id.
func TestARejectedEventWritesNoFile(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	d, err := New(Config{}, WithStateDir(state), WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Track(context.Background(), "")
	_ = d.Close(context.Background())
	if _, err := os.Stat(state); err == nil {
		t.Error("an event without a name made the installation id")
	}
}
