package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recording is one request that a Langflow backend made, see langflow/testdata/record.py.
type recording struct {
	Line       string          `json:"line"`
	Event      string          `json:"event"`
	Time       *time.Time      `json:"time"`
	Properties json.RawMessage `json:"properties"`
}

func recordings(t testing.TB) map[string][]recording {
	t.Helper()
	files, err := filepath.Glob("langflow/testdata/httpx-*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatalf("found the recordings %v: %v", files, err)
	}
	all := map[string][]recording{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var r recording
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(file)] = append(all[filepath.Base(file)], r)
		}
	}
	return all
}

// TestEveryRequestOfALangflowBackendIsTaken plays the request lines back on one connection,
// byte for byte, and holds the events against the payloads they were made of.
func TestEveryRequestOfALangflowBackendIsTaken(t *testing.T) {
	for file, requests := range recordings(t) {
		t.Run(file, func(t *testing.T) {
			gate := &recorder{}
			s := started(t, Options{Gate: gate})
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			answers := bufio.NewReader(conn)
			const chunks = 3 // the last requests, which become one event
			whole := map[string]any{}
			for i, r := range requests {
				fmt.Fprintf(conn, "%s\r\nHost: %s\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: python-httpx\r\n\r\n", r.Line, s.Addr())
				resp, err := http.ReadResponse(answers, nil)
				if err != nil {
					t.Fatalf("%.80s: %v", r.Line, err)
				}
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != 200 || len(body) > 0 {
					t.Fatalf("%.80s is answered %s %q", r.Line, resp.Status, body)
				}
				taken := gate.taken()
				wanted := decoded(t, r.Properties)
				if first := len(requests) - chunks; i >= first {
					if inputs := wanted["componentInputs"].(map[string]any); i == first {
						whole = wanted
					} else {
						for key, v := range inputs {
							whole["componentInputs"].(map[string]any)[key] = v
						}
					}
					if i < len(requests)-1 {
						if len(taken) != first {
							t.Fatalf("a chunk became an event: %v", taken[first:])
						}
						continue
					}
					delete(whole, "chunkIndex")
					delete(whole, "totalChunks")
					wanted, i = whole, first
				}
				if len(taken) != i+1 {
					t.Fatalf("after %.80s there are %d events", r.Line, len(taken))
				}
				e := taken[i]
				if e.Name != r.Event {
					t.Errorf("%.80s is called %q", r.Line, e.Name)
				}
				if at := r.Time; at == nil && !e.Time.IsZero() || at != nil && !e.Time.Equal(*at) {
					t.Errorf("%.80s has the time %v", r.Line, e.Time)
				}
				props, err := json.Marshal(e.Props)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(wanted, decoded(t, props)); diff != "" {
					t.Errorf("%.80s: -want +got:\n%s", r.Line, diff)
				}
			}
		})
	}
}

// decoded returns a JSON object, its numbers as the digits that encoding/json writes, so that
// 1 and 1.5 differ from "1" and 12 from what only a float64 holds.
func decoded(t *testing.T, data []byte) map[string]any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return spelled(t, v).(map[string]any)
}

func spelled(t *testing.T, v any) any {
	switch v := v.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return v
		}
		f, err := v.Float64()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(f)
		return json.Number(text)
	case map[string]any:
		for key := range v {
			v[key] = spelled(t, v[key])
		}
	case []any:
		for i := range v {
			v[i] = spelled(t, v[i])
		}
	}
	return v
}

func TestLangflowIsNeverRedirected(t *testing.T) {
	gate := &recorder{}
	s := started(t, Options{Gate: gate})
	c := client(t)
	for path, name := range map[string]string{
		"/langflow": "version", "/langflow/": "version", "/langflow//": "version", "//langflow": "version",
		"/langflow/run": "run", "/langflow//run": "run", "/langflow/run/": "run", "///langflow///run///": "run",
		"/langflow/version": "version", "/langflow/./run": "run", "/langflow/../v1/events": "events", "/langflow/a%2Fb": "a/b",
		"/langflow/%zz": "", "/langflowx": "", "/x/langflow": "", "/Langflow": "",
	} {
		before := len(gate.taken())
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET %s?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		conn.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		taken := gate.taken()[before:]
		if name == "" {
			if resp.StatusCode/100 != 4 || len(taken) > 0 {
				t.Errorf("%s is answered %s and made %d events", path, resp.Status, len(taken))
			}
			continue
		}
		if resp.StatusCode != 200 || len(taken) != 1 || taken[0].Name != name {
			t.Errorf("%s is answered %s and made the events %v", path, resp.Status, taken)
		}
		if resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", path)
		}
	}
	if resp, _ := get(t, c, s.URL()+"/langflow/run?bad=%zz&runSeconds=x;y"); resp.StatusCode != 200 {
		t.Errorf("a query that cannot be parsed is answered %s", resp.Status)
	}
}

const chunkQuery = "/langflow/component_inputs?componentRunId=r&componentId=c&componentInputs=%%7B%%27k%d%%27%%3A+%d%%7D&chunkIndex=%d&totalChunks=%d"

func TestChunksThatStayIncompleteAreHandedInAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &recorder{}
		s := newServer(t, Options{Gate: gate})
		want(t, do(s, request("GET", fmt.Sprintf(chunkQuery, 1, 1, 1, 3), "")), 200)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if n := len(gate.taken()); n != 0 {
			t.Fatalf("%d events were taken early", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		taken := gate.taken()
		if len(taken) != 1 || taken[0].Props["chunksMissing"] != int64(2) {
			t.Errorf("the events are %v", taken)
		}
	})
}

func TestNothingIsHeldOfAPersonWhoIsNotToBeTracked(t *testing.T) {
	for name, headers := range map[string][]string{"the header": {"DNT", "1"}, "the whole": nil} {
		gate := &recorder{dnt: headers == nil}
		s := newServer(t, Options{Gate: gate})
		for i := range 2 {
			want(t, do(s, request("GET", fmt.Sprintf(chunkQuery, i, i, i, 2), "", headers...)), 200)
			if denied := gate.counted().Denied; int(denied) != i+1 {
				t.Errorf("%s: after %d chunks %d were denied", name, i+1, denied)
			}
		}
	}
}
