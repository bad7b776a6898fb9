package outbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
)

// The program under test is this test binary: with these variables it is a run or a flush.
const (
	dirVariable = "OUTBOX_TEST_DIR"
	urlVariable = "OUTBOX_TEST_URL"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" && len(os.Args) > 1 {
		os.Exit(program(boxIn(dir, os.Getenv(urlVariable)), os.Args[1]))
	}
	// What waits for a process that was started to flush may wait longer than this one lives.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/headgate-dev/headgate/core/outbox.start.func1"))
}

// program is what the test binary does in place of its tests.
func program(b Box, command string) int {
	switch command {
	case "__flush":
		if b.Flush(context.Background()) != nil {
			return 1
		}
	default: // whatever it was started with, it reports that
		r, _ := b.Open()
		_ = r.Enqueue(context.Background(), core.Event{Name: "run", ID: command + fmt.Sprint(os.Getpid())})
		if command == "killed" {
			_ = r.Enqueue(context.Background(), core.Event{Name: "run", ID: "killed"})
			process, _ := os.FindProcess(os.Getpid())
			_ = process.Kill()
		}
		_ = r.Close(context.Background())
	}
	return 0
}

// boxIn is a box whose sinks post the ids of events to a server.
func boxIn(dir, url string) Box {
	return Box{
		Dir: dir, Gather: 20 * time.Millisecond, Patience: 20 * time.Second, Pause: time.Minute,
		Config: func() core.Config {
			return core.Config{Sinks: []core.SinkConfig{poster("a", url+"/a"), poster("b", url+"/b")}}
		},
		Options: []core.Option{core.WithStateDir(dir + "-state"), core.WithEnviron(func(key string) (string, bool) {
			return "1", key == "DO_NOT_TRACK" && strings.HasSuffix(dir, "off")
		})},
	}
}

// poster is a sink that posts the ids of a batch, one per line, and who posts them.
func poster(name, url string) core.SinkConfig {
	return core.SinkConfig{
		Name: name, Retry: core.RetryConfig{Initial: 20 * time.Millisecond, Max: 50 * time.Millisecond},
		Open: func() (core.Sink, error) { return &posting{url: url, transport: &http.Transport{}}, nil },
	}
}

type posting struct {
	url       string
	transport *http.Transport
}

func (p *posting) Send(ctx context.Context, batch []core.Sealed) error {
	var body bytes.Buffer
	for _, e := range batch {
		fmt.Fprintln(&body, e.ID())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, &body)
	if err != nil {
		return core.Permanent(err)
	}
	req.Header.Set("From", whoAmI())
	resp, err := p.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusBadRequest:
		return core.Refused(fmt.Errorf("answered %d", resp.StatusCode))
	}
	return fmt.Errorf("answered %d", resp.StatusCode)
}

func (p *posting) Close(context.Context) error {
	p.transport.CloseIdleConnections()
	return nil
}

// destination is a server that answers each sink with a status, and remembers what it took.
type destination struct {
	*httptest.Server
	mu     sync.Mutex
	status map[string]int // by path; 200 if none
	took   map[string]map[string]int
	from   map[string]bool
	hold   func() // is called before an answer
}

func newDestination(t *testing.T) *destination {
	t.Helper()
	d := &destination{status: map[string]int{}, took: map[string]map[string]int{}, from: map[string]bool{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *destination) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	hold := d.hold
	d.mu.Unlock()
	if hold != nil {
		hold()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if status := d.status[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	if d.took[r.URL.Path] == nil {
		d.took[r.URL.Path] = map[string]int{}
	}
	for _, id := range strings.Fields(string(body)) {
		d.took[r.URL.Path][id]++
	}
	d.from[r.Header.Get("From")] = true
}

func (d *destination) answer(status int, paths ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, path := range paths {
		d.status[path] = status
	}
}

// count returns how many events a sink delivered, and how many of them more than once.
func (d *destination) count(path string) (distinct, again int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.took[path] {
		if distinct++; n > 1 {
			again++
		}
	}
	return distinct, again
}
