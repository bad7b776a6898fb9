package http

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sealed returns events of these names as a sink gets them.
func sealed(t testing.TB, names ...string) (batch []core.Sealed) {
	t.Helper()
	for i, name := range names {
		s, err := core.Seal(core.Config{}, core.Event{Name: name, AnonymousID: "a", Props: core.Props{"n": i}})
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, s)
	}
	return batch
}

// received is a request as the server saw it.
type received struct {
	path   string // as it was sent
	header nethttp.Header
	body   string
}

// server records requests and answers them as it is told.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// newServer makes a server. answer gets the number of the request, from 0, and may be nil.
func newServer(t *testing.T, answer func(i int, r received) (status int, header map[string]string)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		body, _ := io.ReadAll(r.Body)
		got := received{r.Method + " " + r.RequestURI, r.Header, string(body)}
		s.mu.Lock()
		i := len(s.requests)
		s.requests = append(s.requests, got)
		s.mu.Unlock()
		if answer != nil {
			status, header := answer(i, got)
			for k, v := range header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for _, r := range s.requests {
		paths = append(paths, r.path)
	}
	return paths
}

func newSink(t testing.TB, c Config) core.Sink {
	t.Helper()
	s, err := New(t.Context(), registry.Env{Timeout: 5 * time.Second}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func TestABatchIsSentInTheFormThatWasAskedFor(t *testing.T) {
	batch := sealed(t, "run", "play", "run")
	one := func(i int) string { return string(batch[i].JSON()) }
	for body, want := range map[string][]string{
		"":       {"[" + one(0) + "," + one(1) + "," + one(2) + "]"},
		"array":  {"[" + one(0) + "," + one(1) + "," + one(2) + "]"},
		"ndjson": {one(0) + "\n" + one(1) + "\n" + one(2) + "\n"},
		"event":  {one(0), one(1), one(2)},
	} {
		srv := newServer(t, nil)
		s := newSink(t, Config{URL: srv.URL + "/in", Body: body})
		if err := s.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range srv.requests {
			got = append(got, r.body)
			wantType := "application/json"
			if body == "ndjson" {
				wantType = "application/x-ndjson"
			}
			if ct := r.header.Get("Content-Type"); ct != wantType || r.path != "POST /in" {
				t.Errorf("%s: %s, content type %q", body, r.path, ct)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", body, diff)
		}
		for _, text := range got {
			for line := range strings.Lines(text) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s: not JSON: %q", body, line)
				}
			}
		}
	}
}

func TestHeadersTokenMethodAndCompressionAreSent(t *testing.T) {
	srv := newServer(t, nil)
	s := newSink(t, Config{
		URL: srv.URL, Method: "PUT", Compression: "gzip", BearerToken: core.NewSecret("tok"),
		Headers: map[string]core.Secret{"X-Key": core.NewSecret("k"), "content-type": core.NewSecret("application/cloudevents+json")},
	})
	batch := sealed(t, "run")
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	r := srv.requests[0]
	for name, want := range map[string]string{
		"Authorization": "Bearer tok", "X-Key": "k", "Content-Type": "application/cloudevents+json", "Content-Encoding": "gzip",
	} {
		if got := r.header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	plain, err := gzip.NewReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(plain); err != nil || string(body) != "["+string(batch[0].JSON())+"]" || !strings.HasPrefix(r.path, "PUT ") {
		t.Errorf("%s %q, %v", r.path, body, err)
	}
}

func TestTheNameInTheURLGroupsABatch(t *testing.T) {
	batch := sealed(t, "run", "play", "run", "a b")
	for body, want := range map[string][]string{
		"array":  {"POST /e/run?n=run", "POST /e/play?n=play", "POST /e/a%20b?n=a+b"},
		"ndjson": {"POST /e/run?n=run", "POST /e/play?n=play", "POST /e/a%20b?n=a+b"},
		"event":  {"POST /e/run?n=run", "POST /e/play?n=play", "POST /e/run?n=run", "POST /e/a%20b?n=a+b"},
	} {
		srv := newServer(t, nil)
		s := newSink(t, Config{URL: srv.URL + "/e/{event}?n={event}", Body: body})
		if err := s.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, srv.paths()); diff != "" {
			t.Errorf("%s: -want +got\n%s", body, diff)
		}
		if body == "array" && !strings.Contains(srv.requests[0].body, `"n":0`) || body == "array" && !strings.Contains(srv.requests[0].body, `"n":2`) {
			t.Errorf("the first request has %s", srv.requests[0].body)
		}
	}
}

func TestAnswersDecideWhatBecomesOfEachEvent(t *testing.T) {
	const (
		ok, retry, pause      = core.Class(""), core.ClassRetry, core.ClassRetryAfter
		perm, refused, unauth = core.ClassPermanent, core.ClassRefused, core.ClassUnauthorized
		large                 = core.ClassTooLarge
	)
	for name, c := range map[string]struct {
		body     string
		path     string
		names    []string
		statuses []int // of the requests, the last for all that follow
		want     []core.Class
		requests int
	}{
		"one request":                {"array", "", []string{"a", "a"}, []int{400}, []core.Class{perm, perm}, 1},
		"too large as a whole":       {"ndjson", "", []string{"a", "a"}, []int{413}, []core.Class{large, large}, 1},
		"one bad event":              {"event", "", []string{"a", "a", "a"}, []int{200, 400, 200}, []core.Class{ok, perm, ok}, 3},
		"a bad first event":          {"event", "", []string{"a", "a", "a"}, []int{400, 200}, []core.Class{perm, ok, ok}, 3},
		"one too large":              {"event", "", []string{"a", "a"}, []int{413, 200}, []core.Class{large, ok}, 2},
		"an address that is missing": {"event", "/{event}", []string{"a", "b", "c"}, []int{200, 404, 200}, []core.Class{ok, refused, ok}, 3},
		"a single failure":           {"event", "", []string{"a", "a", "a", "a"}, []int{200, 503, 200, 500}, []core.Class{ok, retry, ok, retry}, 4},
		"plainly down":               {"event", "", []string{"a", "a", "a", "a", "a"}, []int{200, 503}, []core.Class{ok, retry, retry, retry, retry}, 3},
		"down from the start":        {"event", "", []string{"a", "a", "a", "a"}, []int{500}, []core.Class{retry, retry, retry, retry}, 2},
		"a pause":                    {"event", "", []string{"a", "a", "a"}, []int{200, 429}, []core.Class{ok, pause, pause}, 2},
		"credentials":                {"event", "", []string{"a", "a", "a"}, []int{200, 401}, []core.Class{ok, unauth, unauth}, 2},
		"a redirect":                 {"event", "", []string{"a", "a"}, []int{302}, []core.Class{refused, refused}, 2},
		"groups":                     {"array", "/{event}", []string{"a", "b", "a"}, []int{200, 400}, []core.Class{ok, perm, ok}, 2},
		// Only one event of a group is at fault. It cannot be found while the batch
		// has others that were delivered, so the group comes back on its own …
		"a group among others": {"array", "/{event}", []string{"b", "a", "a"}, []int{200, 400}, []core.Class{ok, retry, retry}, 2},
		// … and is then split.
		"a group that comes first": {"array", "/{event}", []string{"a", "a", "b"}, []int{400, 200}, []core.Class{perm, perm, perm}, 1},
	} {
		srv := newServer(t, func(i int, _ received) (int, map[string]string) {
			code := c.statuses[min(i, len(c.statuses)-1)]
			if code == 429 {
				return code, map[string]string{"Retry-After": "9"}
			}
			return code, nil
		})
		s := newSink(t, Config{URL: srv.URL + c.path, Body: c.body})
		err := s.Send(t.Context(), sealed(t, c.names...))
		if diff := cmp.Diff(c.want, sinktest.Classes(err, len(c.names))); diff != "" {
			t.Errorf("%s: -want +got\n%s%v", name, diff, err)
		}
		if n := len(srv.paths()); n != c.requests {
			t.Errorf("%s: %d requests, want %d", name, n, c.requests)
		}
	}
}

func TestAServerThatIsNotThereIsTriedOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	conns := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns++
			mu.Unlock()
			buf := make([]byte, 100)
			c.Read(buf)
			c.Close()
		}
	}()
	s := newSink(t, Config{URL: "http://" + ln.Addr().String(), Body: "event"})
	err = s.Send(t.Context(), sealed(t, "a", "b", "c", "d"))
	ln.Close()
	<-done
	if diff := cmp.Diff([]core.Class{"retry", "retry", "retry", "retry"}, sinktest.Classes(err, 4)); diff != "" || conns != 1 {
		t.Errorf("%d connections; -want +got\n%s", conns, diff)
	}
}

func TestASendEndsWithItsContextAndKeepsWhatWasDelivered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := newServer(t, func(i int, _ received) (int, map[string]string) {
		if i == 1 {
			cancel()
		}
		return 200, nil
	})
	s := newSink(t, Config{URL: srv.URL, Body: "event"})
	classes := sinktest.Classes(s.Send(ctx, sealed(t, "a", "b", "c", "d")), 4)
	if classes[0] != "" || classes[2] != core.ClassRetry || classes[3] != core.ClassRetry || len(srv.paths()) != 2 {
		t.Errorf("%v after %d requests", classes, len(srv.paths()))
	}
}

// The whole way: a bad event among groups is found by the dispatcher, and the others arrive.
func TestABadEventInAGroupIsFoundAndTheOthersArrive(t *testing.T) {
	var mu sync.Mutex
	arrived := map[string]int{}
	srv := newServer(t, func(_ int, r received) (int, map[string]string) {
		var events []struct{ ID string }
		if strings.Contains(r.body, `"bad":true`) || json.Unmarshal([]byte(r.body), &events) != nil {
			return 400, nil
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range events {
			arrived[e.ID]++
		}
		return 200, nil
	})
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "http", Reach: core.ReachNetwork, Sink: newSink(t, Config{URL: srv.URL + "/{event}"}),
		Batch: core.BatchConfig{MaxEvents: 30, MaxWait: time.Second}, Retry: core.RetryConfig{Initial: time.Millisecond, Max: 5 * time.Millisecond},
	}}}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		props := core.Props{"n": i}
		if i == 17 {
			props["bad"] = true
		}
		if err := d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: []string{"a", "b", "c"}[i%3], AnonymousID: "x", Props: props}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	stats := d.Stats().Sinks["http"]
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
	if stats.Delivered != 29 || stats.DeadLettered != 1 || len(arrived) != 29 || arrived["e17"] != 0 {
		t.Errorf("delivered %d, dead %d, arrived %d", stats.Delivered, stats.DeadLettered, len(arrived))
	}
	for id, n := range arrived {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	if n := len(srv.paths()); n > 3+2+2*4+1 { // the groups, the group again, its search
		t.Errorf("%d requests", n)
	}
}
