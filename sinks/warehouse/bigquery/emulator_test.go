package bigquery

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

// emulatorVariable names the program of goccy/bigquery-emulator, which "make test-emulators"
// builds and sets it to.
const emulatorVariable = "HEADGATE_BIGQUERY_EMULATOR"

// emulator is a BigQuery that others wrote, in a process of its own.
type emulator struct {
	rest, grpc string // addresses
}

// startEmulator starts one with an empty dataset.
func startEmulator(t *testing.T) *emulator {
	t.Helper()
	program := os.Getenv(emulatorVariable)
	if program == "" {
		t.Skipf("%s names no emulator; make test-emulators builds one", emulatorVariable)
	}
	program, err := filepath.Abs(program)
	if err != nil {
		t.Fatal(err)
	}
	e := &emulator{rest: freeAddress(t), grpc: freeAddress(t)}
	_, restPort, _ := net.SplitHostPort(e.rest)
	_, grpcPort, _ := net.SplitHostPort(e.grpc)
	cmd := exec.Command(program, "--host", "127.0.0.1", "--port", restPort, "--grpc-port", grpcPort, "--project", project, "--dataset", dataset, "--log-level", "error")
	cmd.Dir = t.TempDir()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get("http://" + e.rest + "/bigquery/v2/projects/" + project + "/datasets/" + dataset)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return e
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the emulator does not answer: %v\n%s", err, said.String())
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// place tells where the emulator is, for another process as well. Its REST API is behind a
// proxy that puts one thing right: a job whose name is taken is answered with 409, as
// BigQuery does, rather than with 500.
func (e *emulator) place(t *testing.T) string {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: e.rest}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	var one sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if m := jobName.FindSubmatch(body); m != nil && strings.HasPrefix(r.URL.Path, "/upload/") {
			one.Lock()
			defer one.Unlock()
			resp, err := http.Get(target.String() + "/bigquery/v2/projects/" + project + "/jobs/" + string(m[1]))
			if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
				http.Error(w, "{}", http.StatusConflict)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://") + " " + e.grpc
}

var jobName = regexp.MustCompile(`"jobId":"([^"]+)"`)

// knocking asks for the stream before the first append, which the emulator needs and BigQuery does not.
type knocking struct {
	*driver
	heard *atomic.Bool
}

func (k knocking) Write(ctx context.Context, b warehouse.Batch) error {
	if !k.load && !k.heard.Load() && k.writer.check(ctx) == nil {
		k.heard.Store(true)
	}
	return k.driver.Write(ctx, b)
}

// at are the options for an emulator at a place.
func at(place string) change {
	return func(c *warehouse.Config) {
		rest, grpc, _ := strings.Cut(place, " ")
		c.Endpoint, c.WriteEndpoint = "http://"+rest, "http://"+grpc
	}
}

func TestTheEmulatorTakesTheStatementsAndTheRows(t *testing.T) {
	for _, m := range []string{"stream", "load"} {
		place := startEmulator(t).place(t)
		d := openQuickly(t, options(t, "", at(place), mode(m), schema("create")), network{})
		t.Cleanup(func() { _ = d.Close(t.Context()) })
		// The emulator takes these, but does not tell afterwards how a table is partitioned.
		for _, statement := range ddl(options(t, "", in("EU"), retention("90d"))) {
			if err := d.execute(within(t, time.Minute), "try the statement", statement); err != nil {
				t.Errorf("%v:\n%s", err, statement)
			}
		}
		for range 2 {
			if err := ensure(t, d); err != nil {
				t.Fatalf("%s: %v", m, err)
			}
		}
		if err := d.Check(within(t, time.Minute)); err != nil {
			t.Errorf("%s: %v", m, err)
		}
		b := batch("row", 5)
		write(t, d, b)
		again := batch("again", 1)
		again.Rows = append(again.Rows, b.Rows[1:3]...)
		write(t, d, again)
		got := map[string]int{}
		for _, row := range query(t, options(t, "", at(place))) {
			got[row.ID]++
		}
		if diff := cmp.Diff(map[string]int{"row-0": 1, "row-1": 1, "row-2": 1, "row-3": 1, "row-4": 1, "again-0": 1}, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", m, diff)
		}
	}
}

func TestTheDriverKeepsTheContractWithTheEmulatorWhenItAppends(t *testing.T) {
	emulatorContract(t, mode("stream"))
}

func TestTheDriverKeepsTheContractWithTheEmulatorWhenItLoads(t *testing.T) {
	emulatorContract(t, mode("load"))
}

func emulatorContract(t *testing.T, mode change) {
	t.Helper()
	if os.Getenv(emulatorVariable) == "" {
		t.Skipf("%s names no emulator; make test-emulators builds one", emulatorVariable)
	}
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string { return startEmulator(t).place(t) },
		Open: func(t *testing.T, place, s string) warehouse.Driver {
			return knocking{openQuickly(t, options(t, "", at(place), mode, schema(s)), network{}), new(atomic.Bool)}
		},
		Rows:      func(t *testing.T, place string) []warehouse.Row { return query(t, options(t, "", at(place))) },
		OwnExpiry: true,
	})
}
