package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// sink takes events, or answers as it is told.
type sink struct {
	mu     sync.Mutex
	answer func(batch []core.Sealed) error
	taken  int
	names  []string // the first few
}

func (s *sink) Send(_ context.Context, batch []core.Sealed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.answer != nil {
		err = s.answer(batch)
	}
	if err == nil {
		s.taken += len(batch)
		for i := range batch {
			if len(s.names) < 1000 {
				s.names = append(s.names, batch[i].Name())
			}
		}
	}
	return err
}

func (s *sink) Close(context.Context) error { return nil }

func (s *sink) set(answer func([]core.Sealed) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// daemon is what "headgate run" is made of, with sinks that a test controls.
type daemon struct {
	t          testing.TB
	dispatcher *core.Dispatcher
	front      *server.Server
	admin      *server.Admin
	file       string // the sinks.yaml that a reload reads
	client     *http.Client
}

// start starts a daemon. change, if not nil, is asked about the options of the front door.
func start(t testing.TB, cfg core.Config, change func(*server.Options)) *daemon {
	t.Helper()
	dir := t.TempDir()
	d := &daemon{t: t, file: filepath.Join(dir, "sinks.yaml"), client: &http.Client{Transport: &http.Transport{}}}
	var err error
	d.dispatcher, err = core.New(cfg, core.WithStateDir(filepath.Join(dir, "state")), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	options := server.Options{Gate: d.dispatcher, Listen: "127.0.0.1:0"}
	if change != nil {
		change(&options)
	}
	d.front, err = server.New(options)
	if err == nil {
		d.admin, err = server.NewAdmin(server.AdminOptions{
			Listen: "127.0.0.1:0", Status: d.dispatcher.Stats, Ready: d.front.Ready, DeadLetters: d.dispatcher, Sinks: d.dispatcher,
			Observe: d.dispatcher.Observe, FrontDoor: d.front.URL, Reload: func(context.Context) error { return d.reload(cfg) },
		})
	}
	if err = errors.Join(err, d.admin.Start(t.Context()), d.front.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = d.front.Shutdown(ctx)
		hurried, cancelClose := context.WithTimeout(ctx, 200*time.Millisecond) // of what is down nothing will be taken
		defer cancelClose()
		_ = d.dispatcher.Close(hurried)
		if err := d.admin.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		d.client.CloseIdleConnections()
	})
	return d
}

// reload checks the file as the daemon does, and goes on with the sinks there are.
func (d *daemon) reload(cfg core.Config) error {
	if _, problems := config.LoadFile(d.file, config.Options{}); len(problems) > 0 {
		var all []error
		for _, p := range problems {
			all = append(all, errors.New(p.String()))
		}
		return errors.Join(all...)
	}
	return d.dispatcher.Reload(cfg)
}

func (d *daemon) write(yaml string) {
	d.t.Helper()
	if err := os.WriteFile(d.file, []byte(yaml), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// event is one as POST /v1/events takes it.
type event struct {
	ID         string         `json:"id,omitempty"`
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties,omitempty"`
}

// post sends events through the front door.
func (d *daemon) post(events ...event) {
	d.t.Helper()
	body, err := json.Marshal(events)
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := d.client.Post(d.front.URL()+"/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d.t.Fatalf("the front door answers %d", resp.StatusCode)
	}
}

// eventually waits until something is true of the books.
func (d *daemon) eventually(what string, is func(core.Stats) bool) core.Stats {
	d.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		stats := d.dispatcher.Stats()
		if is(stats) {
			return stats
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("the books never had it that %s: %+v", what, stats)
		}
	}
}

// local is a sink that consent does not matter to, and that sends at once.
func local(name, typ string, s core.Sink) core.SinkConfig {
	return core.SinkConfig{
		Name: name, Type: typ, Sink: s, Reach: core.ReachLocal,
		Batch: core.BatchConfig{MaxWait: 5 * time.Millisecond}, Retry: core.RetryConfig{Initial: 20 * time.Millisecond, Max: 100 * time.Millisecond},
	}
}
