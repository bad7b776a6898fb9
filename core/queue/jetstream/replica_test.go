package jetstream

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	nethttp "net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/http"
)

func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}

// replicaSettings are those of a process with a dispatcher whose log is in a stream.
type replicaSettings struct {
	Name      string
	URL       string
	Replicas  int
	AckWait   time.Duration
	Collector string
	Producers int
	StateDir  string
}

// playReplica reports events until it is told to stop, and delivers what there is until it is told to
// end. It prints the ids of the events that were accepted.
func playReplica() error {
	var s replicaSettings
	commands, err := settings(&s)
	if err != nil {
		return err
	}
	d, err := s.dispatcher()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	var printing sync.Mutex
	stop := make(chan struct{})
	var producing sync.WaitGroup
	for p := range s.Producers {
		producing.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				accepted := s.report(d, fmt.Sprintf("%s-%d-%d", s.Name, p, n))
				printing.Lock()
				for _, id := range accepted {
					fmt.Fprintln(out, "accepted", id)
				}
				_ = out.Flush()
				printing.Unlock()
				if len(accepted) == 0 {
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	for commands.Scan() && commands.Text() != "stop" {
	}
	close(stop)
	producing.Wait()
	for commands.Scan() && commands.Text() != "end" {
	}
	text, err := json.Marshal(d.Stats())
	if err != nil {
		return err
	}
	fmt.Println("stats", string(text))
	ctx, cancel := contextFor(10 * time.Second)
	defer cancel()
	return d.Close(ctx)
}

func (s replicaSettings) dispatcher() (*core.Dispatcher, error) {
	sink := http.Config{URL: s.Collector, Method: "POST", Body: "array", Compression: "none",
		Headers: map[string]core.Secret{"X-Replica": core.NewSecret(s.Name)}}
	env := registry.Env{Name: "collector", Logger: slog.New(slog.DiscardHandler), Timeout: 5 * time.Second}
	return core.New(core.Config{
		Queue: core.QueueConfig{Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return Open(Config{URL: core.NewSecret(s.URL), Replicas: s.Replicas, MaxBytes: maxBytes, OnFull: onFull, AckWait: s.AckWait})
		}},
		Sinks: []core.SinkConfig{{
			Name:  "collector",
			Open:  func() (core.Sink, error) { return http.New(context.Background(), env, sink) },
			Batch: core.BatchConfig{MaxWait: 20 * time.Millisecond},
			Retry: core.RetryConfig{Initial: 10 * time.Millisecond},
		}},
	}, core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(s.StateDir))
}

// report offers a group of events, and returns the ids of those that were accepted.
func (s replicaSettings) report(d *core.Dispatcher, id string) (accepted []string) {
	group := d.Group(context.Background())
	defer group.Release()
	var ids []string
	for i := range 50 {
		ids = append(ids, fmt.Sprintf("%s-%d", id, i))
		group.Offer(core.Event{ID: ids[i], Name: "run", AnonymousID: "nobody", Props: core.Props{"replica": s.Name, "number": i, "padding": strings.Repeat("x", 200)}})
	}
	for i, o := range group.Outcomes() {
		if o.Verdict == core.Accepted {
			accepted = append(accepted, ids[i])
		}
	}
	return accepted
}

// collector is a destination that counts.
type collector struct {
	server *httptest.Server

	mu        sync.Mutex
	delivered map[string]int // by event id
	by        map[string]int // by replica
}

func startCollector(t testing.TB) *collector {
	c := &collector{delivered: make(map[string]int), by: make(map[string]int)}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	return c
}

func (c *collector) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	var events []struct{ ID string }
	if err := json.NewDecoder(r.Body).Decode(&events); err != nil {
		w.WriteHeader(nethttp.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		c.delivered[e.ID]++
	}
	c.by[r.Header.Get("X-Replica")] += len(events)
}

// replica is a process with a dispatcher.
type replica struct {
	*process
	name string

	mu       sync.Mutex
	accepted []string
	began    time.Time // of the first acceptance
	last     time.Time
	gap      time.Duration // the longest between two
	stats    core.Stats
}

func startReplica(t testing.TB, s replicaSettings) *replica {
	t.Helper()
	s.StateDir = t.TempDir()
	r := &replica{name: s.Name}
	r.process = spawn(t, "replica", s, r.line)
	return r
}

func (r *replica) line(text string) {
	what, rest, _ := strings.Cut(text, " ")
	r.mu.Lock()
	defer r.mu.Unlock()
	switch what {
	case "accepted":
		now := time.Now()
		if r.began.IsZero() {
			r.began, r.last = now, now
		}
		r.gap = max(r.gap, now.Sub(r.last))
		r.last = now
		r.accepted = append(r.accepted, rest)
	case "stats":
		_ = json.Unmarshal([]byte(rest), &r.stats)
	}
}

func (r *replica) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.accepted)
}

func (r *replica) tell(command string) { fmt.Fprintln(r.stdin, command) }

// rate returns how many events were accepted in a second, while there were any.
func (r *replica) rate() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return float64(len(r.accepted)) / r.last.Sub(r.began).Seconds()
}
