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
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestWhatALangflowBackendSendsComesOutOfALogAndAnHTTPSink plays the recorded request lines
// of real Langflow payloads to the front door, and looks at what each sink made of them.
func TestWhatALangflowBackendSendsComesOutOfALogAndAnHTTPSink(t *testing.T) {
	files, err := filepath.Glob("../../server/langflow/testdata/httpx-*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("found the recordings %v: %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var mu sync.Mutex
			var posted bytes.Buffer
			endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				_, _ = io.Copy(&posted, r.Body)
			}))
			defer endpoint.Close()
			logFile := filepath.Join(t.TempDir(), "events.jsonl")
			d := open(t, fmt.Sprintf("sinks:\n  log: {format: json, path: %q}\n  http: {url: %q, body: ndjson}\n", logFile, endpoint.URL))
			want := replay(t, file, serve(t, d))
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if err := d.Close(ctx); err != nil {
				t.Error(err)
			}
			logged, err := os.ReadFile(logFile)
			if err != nil {
				t.Fatal(err)
			}
			for sink, output := range map[string][]byte{"log": logged, "http": posted.Bytes()} {
				lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
				if len(lines) != len(want) {
					t.Fatalf("the %s sink has %d events, want %d", sink, len(lines), len(want))
				}
				for i, line := range lines {
					want[i].check(t, sink, line)
				}
			}
		})
	}
}

// payload is an event that a backend meant to send.
type payload struct {
	Line       string
	Event      string
	Properties map[string]any
}

// replay sends every recorded request, and returns the events they stand for: the chunks of
// component inputs, which come last, are one.
func replay(t *testing.T, file, door string) (want []payload) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(door, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for line := range bytes.Lines(data) {
		var p payload
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s\r\nHost: %s\r\nAccept: */*\r\n\r\n", p.Line, address)
		resp, err := http.ReadResponse(answers, nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%.80s: %v %v", p.Line, resp, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		total, isChunk := p.Properties["totalChunks"].(float64)
		index, _ := p.Properties["chunkIndex"].(float64)
		if isChunk && total > 1 {
			if index > 0 {
				inputs := want[len(want)-1].Properties["componentInputs"].(map[string]any)
				for key, value := range p.Properties["componentInputs"].(map[string]any) {
					inputs[key] = value
				}
				continue
			}
			delete(p.Properties, "totalChunks")
			delete(p.Properties, "chunkIndex")
		}
		want = append(want, p)
	}
	return want
}

// check compares an event with what was meant. Text that the sanitiser has cleaned only
// has to be text.
func (p *payload) check(t *testing.T, sink string, line []byte) {
	t.Helper()
	var got struct {
		Name       string
		Properties map[string]any
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("the %s sink wrote %q: %v", sink, line, err)
	}
	if got.Name != p.Event {
		t.Errorf("%.80s: the %s sink has it as %q, want %q", p.Line, sink, got.Name, p.Event)
	}
	if path, ok := same(p.Properties, got.Properties); !ok {
		t.Errorf("%.80s: the %s sink has another %s: %s", p.Line, sink, path, line)
	}
}

// same compares decoded JSON, and names the first difference.
func same(want, got any) (path string, ok bool) {
	switch w := want.(type) {
	case map[string]any:
		g, isMap := got.(map[string]any)
		if !isMap || len(g) != len(w) {
			return "object", false
		}
		for key, value := range w {
			if path, ok := same(value, g[key]); !ok {
				return key + "." + path, false
			}
		}
		return "", true
	case string:
		g, isText := got.(string)
		return "text", isText && (g == w || strings.Contains(g, "[redacted:") || strings.Contains(g, "…[truncated:"))
	default:
		return "value", reflect.DeepEqual(want, got)
	}
}
