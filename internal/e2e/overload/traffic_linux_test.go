package overload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sender posts events, each with an id of its own, and remembers what the daemon said.
type sender struct {
	t      *testing.T
	prefix string
	client *http.Client

	mu    sync.Mutex
	acked map[string]bool
}

func newSender(t *testing.T, prefix string) *sender {
	s := &sender{t: t, prefix: prefix, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}, acked: make(map[string]bool)}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// answer is what a post came to.
type answer struct {
	status     int // 0 if there was none
	retryAfter string
	accepted   int
	took       time.Duration
}

// post sends n events from a number on. What is acknowledged is what a 200 does not reject.
func (s *sender) post(d *daemon, first, n int) (a answer) {
	s.t.Helper()
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, `{"name":"run","id":"%s%d","properties":{"seq":%d,"note":%q}}`+"\n", s.prefix, first+i, first+i, strings.Repeat("n", 300))
	}
	began := time.Now()
	resp, err := s.client.Post(d.Listen+"/v1/events", "application/x-ndjson", &body)
	a.took = time.Since(began)
	if err != nil {
		return a
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") != "application/json" {
		return a // another program has got the port of a daemon that was killed
	}
	var account struct {
		Accepted int
		Rejected []struct{ Index int }
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return a // the daemon was killed
	}
	if err := json.Unmarshal(text, &account); err != nil {
		s.t.Errorf("%s answers %q", resp.Status, text)
		return a
	}
	a.status, a.retryAfter = resp.StatusCode, resp.Header.Get("Retry-After")
	if a.status != http.StatusOK {
		return a
	}
	a.accepted = account.Accepted
	rejected := make(map[int]bool)
	for _, r := range account.Rejected {
		rejected[r.Index] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		if !rejected[i] {
			s.acked[fmt.Sprint(s.prefix, first+i)] = true
		}
	}
	return a
}

// destination is where sinks send, by path. It answers each with a status, after a while.
type destination struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]*intake
}

// intake is what a destination saw of one sink.
type intake struct {
	status  int // 200 if zero
	took    map[string]int
	order   []int // sequence numbers as they came, of what was taken
	at      []time.Time
	during  int // requests in flight
	most    int // requests in flight at once
	delay   time.Duration
	bytes   int
	refused int
}

func newDestination(t *testing.T) *destination {
	d := &destination{paths: make(map[string]*intake)}
	d.Server = httptest.NewServer(d)
	t.Cleanup(func() {
		d.CloseClientConnections()
		d.Close()
	})
	return d
}

func (d *destination) of(path string) *intake {
	in := d.paths[path]
	if in == nil {
		in = &intake{took: make(map[string]int)}
		d.paths[path] = in
	}
	return in
}

func (d *destination) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	in := d.of(r.URL.Path)
	in.during++
	in.most = max(in.most, in.during)
	in.at = append(in.at, time.Now())
	delay := in.delay
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		in.during--
		d.mu.Unlock()
	}()
	body, err := io.ReadAll(r.Body)
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.status != 0 || err != nil {
		in.refused++
		w.WriteHeader(max(in.status, http.StatusBadRequest))
		return
	}
	in.bytes += len(body)
	for line := range bytes.Lines(body) {
		id, seq := idOf(line)
		in.took[id]++
		in.order = append(in.order, seq)
	}
}

// idOf reads an event's id, and its sequence number, quicker than a decoder.
func idOf(line []byte) (id string, seq int) {
	_, rest, _ := bytes.Cut(line, []byte(`"id":"`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	_, rest, _ = bytes.Cut(rest, []byte(`"seq":`))
	digits, _, _ := bytes.Cut(rest, []byte(`,`))
	seq, _ = strconv.Atoi(strings.TrimRight(string(digits), "}"))
	return string(text), seq
}

func (d *destination) answer(path string, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(path).status = status
}

func (d *destination) slow(path string, delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.of(path).delay = delay
}

// distinct returns how many events came to a path, each counted once.
func (d *destination) distinct(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.of(path).took)
}

// missing returns how many of what was acknowledged did not come to a path, and how many came more than once.
func (d *destination) missing(path string, s *sender) (missing, again int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	in := d.of(path)
	for id := range s.acked {
		switch in.took[id] {
		case 0:
			missing++
		case 1:
		default:
			again++
		}
	}
	return missing, again
}

// sinkLines are the options of an http sink that posts lines to a path.
func (d *destination) sinkLines(path string, more ...string) string {
	options := append([]string{"type: http", fmt.Sprintf("url: %q", d.URL+path), "body: ndjson", "compression: none", "retry: {initial: 50ms, max: 500ms}"}, more...)
	return "{" + strings.Join(options, ", ") + "}"
}
