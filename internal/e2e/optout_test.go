package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// optOutCase is a way, or several at once, of saying that one is not to be tracked.
type optOutCase struct {
	ID, Note string
	Env      map[string]string
	Config   map[string]any
	Headers  map[string]string
	Consent  map[string]bool
	Expect   struct {
		Collect    bool `json:"collect"`     // a log file gets the event
		Network    bool `json:"network"`     // an HTTP endpoint of the operator does
		ThirdParty bool `json:"third_party"` // a vendor does
	}
}

func optOutCases(t *testing.T) (cases []optOutCase) {
	t.Helper()
	f, err := os.Open("testdata/opt_out_cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c optOutCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// vendor is a sink type that stands for a company's.
type vendor struct{}

var vendorGot atomic.Int64

func init() {
	registry.Register(registry.Sink[vendor]{
		Type: "test_vendor", Summary: "Counts events, for tests.", Reach: core.ReachThirdParty,
		New: func(context.Context, registry.Env, vendor) (core.Sink, error) {
			return core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
				vendorGot.Add(int64(len(batch)))
				return nil
			}), nil
		},
	})
}

// TestEveryWayToOptOutIsHonouredFromTheFileToTheSinks runs each case through a sinks.yaml, the
// front door, and a sink of every reach. Where tracking is off, nothing was dialled,
// written or left running.
func TestEveryWayToOptOutIsHonouredFromTheFileToTheSinks(t *testing.T) {
	cases := optOutCases(t)
	if len(cases) < 70 {
		t.Fatalf("only %d cases", len(cases))
	}
	var connections, requests atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := &http.Server{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			requests.Add(1)
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				connections.Add(1)
			}
		},
	}
	go func() { _ = endpoint.Serve(l) }()
	defer endpoint.Close()

	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			connections.Store(0)
			requests.Store(0)
			vendorGot.Store(0)
			dir := t.TempDir()
			logFile, state := filepath.Join(dir, "logs", "events.jsonl"), filepath.Join(dir, "state")
			store := filepath.Join(dir, "store", "warehouse.db")
			path := filepath.Join(dir, "sinks.yaml")
			if err := os.WriteFile(path, c.yaml(t, logFile, store, "http://"+l.Addr().String()), 0o600); err != nil {
				t.Fatal(err)
			}
			before := runtime.NumGoroutine()
			d, err := config.Open(path, core.WithStateDir(state), core.WithEnviron(func(key string) (string, bool) {
				v, ok := c.Env[key]
				return v, ok
			}))
			if err != nil {
				// A setting that cannot be understood stops everything, which is a refusal kept.
				if c.Expect.Collect {
					t.Fatalf("%s: %v", c.Note, err)
				}
				return
			}
			off := d.Stats().DoNotTrack.Active
			if after := runtime.NumGoroutine(); off && after > before {
				t.Errorf("%d goroutines were started although tracking is off", after-before)
			}
			c.post(t, serve(t, d))
			if err := d.Close(context.Background()); err != nil {
				t.Error(err)
			}
			_, statErr := os.Stat(logFile)
			got := [3]bool{statErr == nil, requests.Load() > 0, vendorGot.Load() > 0}
			if want := [3]bool{c.Expect.Collect, c.Expect.Network, c.Expect.ThirdParty}; got != want {
				t.Errorf("%s: reached log, network, third party: %v, want %v", c.Note, got, want)
			}
			if !c.Expect.Network && connections.Load() > 0 {
				t.Errorf("%s: %d connections were made", c.Note, connections.Load())
			}
			if _, err := os.Stat(filepath.Dir(store)); (err == nil) != c.Expect.Collect {
				t.Errorf("%s: the embedded warehouse was made: %v, want %v", c.Note, err == nil, c.Expect.Collect)
			}
			if _, err := os.Stat(state); off && err == nil {
				t.Errorf("%s: an installation id was made", c.Note)
			}
			if stats := d.Stats(); !balanced(stats) || stats.Books.Received != 1 || (stats.Books.Denied == 1) == c.Expect.Collect {
				t.Errorf("%s: books %+v", c.Note, stats.Books)
			}
		})
	}
}

// yaml is a configuration with the case's settings and a sink of each reach.
func (c *optOutCase) yaml(t *testing.T, logFile, store, url string) []byte {
	var b bytes.Buffer
	app := "acme"
	for key := range c.Env {
		if prefix, ok := strings.CutSuffix(key, "_DO_NOT_TRACK"); ok {
			app = strings.ToLower(prefix)
		}
	}
	fmt.Fprintf(&b, "app: {name: %s}\n", app)
	for key, value := range c.Config {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if value == nil {
			text = []byte("~")
		}
		fmt.Fprintf(&b, "%s: %s\n", key, text)
	}
	fmt.Fprintf(&b, "sinks:\n  log: {format: json, path: %q}\n  warehouse: {path: %q, retention: 90d}\n  http: {url: %q}\n  test_vendor: {}\n", logFile, store, url)
	return b.Bytes()
}

// post sends one event with what the person said.
func (c *optOutCase) post(t *testing.T, door string) {
	t.Helper()
	event := map[string]any{"name": "run", "properties": map[string]any{"runSeconds": 45}}
	if len(c.Consent) > 0 {
		event["context"] = map[string]any{"consent": c.Consent}
	}
	body, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, door+"/v1/events", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range c.Headers {
		req.Header.Set(name, value)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Accepted, Denied int }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	if want := map[bool]int{true: 1, false: 0}[c.Expect.Collect]; answer.Accepted != want || answer.Denied != 1-want {
		t.Errorf("%s: the front door answered %+v", c.Note, answer)
	}
}
