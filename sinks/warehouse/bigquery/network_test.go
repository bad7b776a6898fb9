package bigquery

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

// dials notes who is dialled.
type dials struct {
	mu sync.Mutex
	to []string
}

func (d *dials) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	d.to = append(d.to, address)
	d.mu.Unlock()
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

func (d *dials) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.to)
}

func TestNothingIsDialledBeforeItIsNeededAndThenOnlyBigQuery(t *testing.T) {
	for _, m := range []string{"stream", "load"} {
		s := newServerWith(t, true)
		key := keyOf(t, s)
		noted := new(dials)
		o := options(t, s.URL(), mode(m), schema("create"), credentialsOf(key))
		d := openQuickly(t, o, network{dial: noted.dial, roots: s.Roots()})
		if d.service.web != nil || d.service.conn != nil || len(noted.all()) != 0 {
			t.Errorf("%s: opening made clients, or dialled %v", m, noted.all())
		}
		if err := ensure(t, d); err != nil {
			t.Fatal(err)
		}
		write(t, d, batch("row", 3))
		if err := d.Check(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Error(err)
		}
		server := strings.TrimPrefix(s.URL(), "https://")
		for _, address := range noted.all() {
			if address != server {
				t.Errorf("%s: dialled %s, which is not %s", m, address, server)
			}
		}
		if len(noted.all()) == 0 {
			t.Errorf("%s: the dialer was not asked", m)
		}
		unused := new(dials)
		if err := openQuickly(t, o, network{dial: unused.dial}).Close(t.Context()); err != nil || len(unused.all()) != 0 {
			t.Errorf("%s: closing what was never used: %v, dialled %v", m, err, unused.all())
		}
	}
}

func TestWithTrackingOffNothingIsMade(t *testing.T) {
	s := newServer(t)
	for want, off := range []bool{true, false} { // want events
		made := 0
		d, err := core.New(core.Config{DoNotTrack: off, Sinks: []core.SinkConfig{{
			Name: "warehouse", Reach: core.ReachNetwork,
			Open: func() (core.Sink, error) {
				made++
				return warehouse.New(t.Context(), registry.Env{Name: "warehouse", Timeout: 10 * time.Second}, options(t, s.URL(), schema("create")).Config)
			},
		}}}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Enqueue(t.Context(), core.Event{ID: "e1", Name: "run", AnonymousID: "a", Props: core.Props{"n": 1}})
		if err := d.Close(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
		if made != want || len(s.Rows(events)) != want || (s.Connections() > 0) == off {
			t.Errorf("tracking off: %t: made %d, %d rows, %d connections", off, made, len(s.Rows(events)), s.Connections())
		}
	}
	if row := s.Rows(events)[0]; row["id"] != "e1" || row["endpoint"] != "run" || row["anonymous_id"] != "a" {
		t.Errorf("%v", row)
	}
}

// What a child process is told.
const (
	childURL  = "HEADGATE_BIGQUERY_TEST_URL"
	childMode = "HEADGATE_BIGQUERY_TEST_MODE"
)

// child writes to a BigQuery with the machine's own network and credentials, if this is the
// process to do so.
func child(t *testing.T) bool {
	url, ok := os.LookupEnv(childURL)
	if !ok {
		return false
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		fmt.Println("a name was looked up at", address)
		return nil, io.EOF
	}}
	d := openQuickly(t, options(t, url, mode(os.Getenv(childMode)), schema("create")), network{})
	if err := ensure(t, d); err != nil {
		t.Fatal(err)
	}
	write(t, d, batch("row", 3))
	if err := d.Check(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	_ = d.Close(t.Context())
	fmt.Println("written")
	os.Exit(0) // past the search for goroutines: the library keeps its connection to a metadata server
	return true
}

// inChild runs this test in a process of its own, and returns all that it printed.
func inChild(t *testing.T, s *fake.Server, mode string, environment ...string) string {
	t.Helper()
	return inChildAt(t, s, s.URL(), mode, environment...)
}

func inChildAt(t *testing.T, s *fake.Server, url, mode string, environment ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v=false")
	cmd.Env = append(os.Environ(), append(environment,
		childURL+"="+url, childMode+"="+mode, "SSL_CERT_FILE="+fileWith(t, s.PEM()), "SSL_CERT_DIR="+t.TempDir(), "HOME="+t.TempDir(),
		// What would make a client talk, of requests with their tokens among others.
		"GOOGLE_SDK_GO_LOGGING_LEVEL=debug", "GOOGLE_SDK_GO_EXPERIMENTAL_TRACING=true", "GOOGLE_SDK_GO_EXPERIMENTAL_METRICS=true",
		"GOOGLE_CLOUD_ENABLE_DIRECT_PATH_XDS=true", "EXPERIMENTAL_GOOGLE_API_USE_S2A=true",
	)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "written") {
		t.Fatalf("%s: %v\n%s", mode, err, out.String())
	}
	return out.String()
}

// bystander is a server that nobody should come to.
func bystander(t *testing.T) (address string, visits func() int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			n++
			mu.Unlock()
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return ln.Addr().String(), func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestNobodyElseIsCalledOrToldAnything(t *testing.T) {
	if child(t) {
		return
	}
	for _, m := range []string{"stream", "load"} {
		s := newServerWith(t, true)
		key := keyOf(t, s)
		address, visits := bystander(t)
		said := inChild(t, s, m, "GOOGLE_APPLICATION_CREDENTIALS="+fileWith(t, key),
			// Whatever is not on this machine goes there, metadata servers as well.
			"HTTP_PROXY=http://"+address, "HTTPS_PROXY=http://"+address, "ALL_PROXY=http://"+address, "NO_PROXY=", "GCE_METADATA_HOST="+address)
		if visits() != 0 {
			t.Errorf("%s: somebody else was called %d times", m, visits())
		}
		if said != "written\n" {
			t.Errorf("%s: it printed %q", m, said)
		}
		if len(s.Rows(events)) != 3 {
			t.Errorf("%s: %d rows", m, len(s.Rows(events)))
		}
	}
}

func TestBothAPIsGoThroughAProxyWhichLooksUpTheirNames(t *testing.T) {
	if child(t) {
		return
	}
	s := newServerWith(t, true)
	key := keyOf(t, s)
	server := strings.TrimPrefix(s.URL(), "https://")
	_, port, _ := net.SplitHostPort(server)
	var mu sync.Mutex
	tunnels := map[string]int{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tunnels[r.Method+" "+r.Host]++
		mu.Unlock()
		there, err := net.Dial("tcp", server)
		if err != nil {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = there.Close()
			return
		}
		fmt.Fprint(here, "HTTP/1.1 200 Connected\r\n\r\n")
		go func() {
			_, _ = io.Copy(there, buffered)
			_ = there.Close()
		}()
		_, _ = io.Copy(here, there)
		_ = here.Close()
	}))
	t.Cleanup(proxy.Close)
	said := inChildAt(t, s, "https://"+net.JoinHostPort(fake.Name, port), "stream",
		"GOOGLE_APPLICATION_CREDENTIALS="+fileWith(t, key), "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	if said != "written\n" {
		t.Errorf("it printed %q", said)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := tunnels["CONNECT "+net.JoinHostPort(fake.Name, port)]; n != 2 || len(tunnels) != 1 || len(s.Rows(events)) != 3 {
		t.Errorf("tunnels %v, %d rows", tunnels, len(s.Rows(events)))
	}
}

func TestTheCredentialsOfAMachineComeFromItsMetadataServer(t *testing.T) {
	if child(t) {
		return
	}
	s := newServerWith(t, true)
	keyOf(t, s)
	token := s.Issue()
	var mu sync.Mutex
	var paths []string
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		w.Header().Set("Metadata-Flavor", "Google")
		if strings.HasSuffix(r.URL.Path, "/token") {
			fmt.Fprintf(w, `{"access_token":%q,"expires_in":3599,"token_type":"Bearer"}`, token)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(metadata.Close)
	inChild(t, s, "stream", "GOOGLE_APPLICATION_CREDENTIALS=", "GCE_METADATA_HOST="+strings.TrimPrefix(metadata.URL, "http://"))
	if len(s.Rows(events)) != 3 {
		t.Errorf("%d rows", len(s.Rows(events)))
	}
	mu.Lock()
	defer mu.Unlock()
	for _, path := range paths {
		if !strings.HasSuffix(path, "/service-accounts/default/token") {
			t.Errorf("the metadata server was asked for %s", path)
		}
	}
}
