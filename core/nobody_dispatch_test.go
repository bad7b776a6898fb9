package core

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// What programs send as an id when they have none makes no person of all who have it.
func TestEventsOfNobodyAreOfTheInstallation(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	got := map[string][2]string{}
	d, err := New(Config{Sinks: []SinkConfig{sinkOf("a", SinkFunc(func(_ context.Context, batch []Sealed) error {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range batch {
			got[e.ID()] = [2]string{e.UserID(), e.AnonymousID()}
		}
		return nil
	}))}}, WithStateDir(dir), WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	address := "jane.doe" + "@corp.example"
	for id, e := range map[string]Event{
		"none": {}, "null": {UserID: "null"}, "anonymous": {UserID: "Anonymous", AnonymousID: "0"}, "address": {UserID: address},
		"known": {UserID: "user-42", AnonymousID: "undefined"}, "device": {UserID: address, AnonymousID: "anon-7"},
	} {
		e.ID, e.Name = id, "run"
		if err := d.Enqueue(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	closeOrFail(t, d)
	text, err := os.ReadFile(filepath.Join(dir, "installation_id"))
	if err != nil {
		t.Fatal(err)
	}
	installation := strings.TrimSpace(string(text))
	for id, want := range map[string][2]string{
		"none": {"", installation}, "null": {"", installation}, "anonymous": {"", installation}, "address": {"", installation},
		"known": {"user-42", ""}, "device": {"", "anon-7"},
	} {
		if got[id] != want {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
	}
}
