package disk

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// fanout holds a dispatcher and its sinks to what they promise, over a log on a disk that loses what
// was not synced, or over one in memory: an event that was accepted comes to every sink that wants it, or is
// among its dead letters, or is counted; in order; and again only after a crash, and then little.
type fanout struct {
	t        *rapid.T
	state    string // directory of the dispatcher's own files
	fs       *crashfs.FS
	sync     Sync
	maxBytes int64
	onFull   core.OnFull

	d        *core.Dispatcher
	books    core.Books // of this process
	offered  int
	accepted map[int]time.Time
	retired  map[string]bool // sinks that were removed in this process
	off      bool            // do-not-track
	crashes  int
	failures int // events that could not be stored

	mu      sync.Mutex // guards what follows, and the destinations
	process int
	sinks   []*destination
	fault   string
}

func TestEveryEventComesToEverySinkOverADiskThatCrashes(t *testing.T) {
	checkFanout(t, 1, func(t *rapid.T, m *fanout) {
		m.fs = crashfs.New(rapid.Uint64().Draw(t, "seed"))
		m.sync = rapid.SampledFrom([]Sync{SyncBatch, SyncBatch, SyncInterval}).Draw(t, "sync")
	})
}

func TestEveryEventComesToEverySinkOverALogInMemory(t *testing.T) {
	checkFanout(t, 1, func(*rapid.T, *fanout) {})
}

// modelRounds asks for that many times as many histories as usual.
const modelRounds = "HEADGATE_MODEL_ROUNDS"

func checkFanout(t *testing.T, rounds int, where func(*rapid.T, *fanout)) {
	if n, err := strconv.Atoi(os.Getenv(modelRounds)); err == nil {
		rounds *= n
	}
	state := t.TempDir()
	for range rounds {
		passed, failed := 0, false
		rapid.Check(t, func(rt *rapid.T) {
			if (raceEnabled || testing.Short()) && passed == 10 && !failed {
				return // each takes many times as long
			}
			var failure any
			synctest.Test(t, func(*testing.T) {
				defer func() { failure = recover() }() // rapid is to meet it on its own goroutine
				m := &fanout{t: rt, state: state, accepted: map[int]time.Time{}, retired: map[string]bool{}, maxBytes: 8 << 20}
				where(rt, m)
				m.run()
			})
			if failure != nil {
				failed = true
				again(failure)
			}
			passed++
		})
	}
}

// again panics as rapid has on another goroutine. It tells data that rapid cannot use from failures by
// the line.
func again(failure any) {
	if fmt.Sprintf("%T", failure) == "rapid.invalidData" {
		panic(failure)
	}
	panic(failure)
}

func (m *fanout) run() {
	if rapid.IntRange(0, 3).Draw(m.t, "small") == 0 {
		m.maxBytes = 32 << 10
	}
	m.onFull = rapid.SampledFrom([]core.OnFull{core.DropOldest, core.DropNewest}).Draw(m.t, "on full")
	for range rapid.IntRange(1, 3).Draw(m.t, "sinks") {
		m.add(m.t)
	}
	m.open()
	defer func() { _ = m.close(time.Second) }()
	m.t.Repeat(m.operations())
	m.finish()
}

func (m *fanout) operations() map[string]func(*rapid.T) {
	ops := map[string]func(*rapid.T){
		"offer": m.offer, "offer more": m.offer, "offer a group": m.offerGroup, "answer": m.answers, "answer again": m.answers,
		"wait": m.wait, "wait again": m.wait, "flush": m.flush, "reload": m.reload, "track": m.track, "close": m.reopen,
		"": m.check,
	}
	if m.fs != nil {
		ops["crash"], ops["crash soon"], ops["crash soon again"] = m.crashNow, m.crashSoon, m.crashSoon
	}
	return ops
}

func (m *fanout) wrong(format string, args ...any) {
	if m.fault == "" {
		m.fault = fmt.Sprintf(format, args...)
	}
}

// dead reports whether the process has ended in the middle of something.
func (m *fanout) dead() bool { return m.fs != nil && m.fs.Killed() }

// gone reports whether a process has ended. It is called with mu held.
func (m *fanout) gone(process int) bool { return process != m.process || m.dead() }

func (m *fanout) logger() *slog.Logger { return slog.New(slog.NewTextHandler(logWriter{m.t}, nil)) }

func (m *fanout) letters(sink string) core.DeadLetterConfig {
	if m.fs == nil {
		return core.DeadLetterConfig{}
	}
	fs := m.fs
	return core.DeadLetterConfig{MaxBytes: 1 << 20, Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
		return Open(Config{Dir: "/letters/" + sink, FS: fs, MaxBytes: maxBytes, OnFull: onFull, Logger: m.logger()})
	}}
}

func (m *fanout) config() core.Config {
	cfg := core.Config{Queue: core.QueueConfig{MaxBytes: m.maxBytes, OnFull: m.onFull}}
	if fs := m.fs; fs != nil {
		cfg.Queue.Open = func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return Open(Config{Dir: "/queue", FS: fs, MaxBytes: maxBytes, OnFull: onFull, Sync: m.sync, Logger: m.logger()})
		}
	}
	for _, s := range m.sinks {
		cfg.Sinks = append(cfg.Sinks, s.config())
	}
	return cfg
}

// open starts a process.
func (m *fanout) open() {
	d, err := core.New(m.config(), core.WithStateDir(m.state), core.WithLogger(m.logger()),
		core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		m.t.Fatal(err)
	}
	m.d, m.books, m.off = d, core.Books{}, false
	clear(m.retired)
}

func (m *fanout) close(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return m.d.Close(ctx)
}

// check compares the books with what the destinations know, at an instant when nobody is at work.
func (m *fanout) check(t *rapid.T) {
	synctest.Wait()
	stats := m.d.Stats()
	letters := map[string][]core.DeadLetter{}
	for _, s := range m.sinks {
		letters[s.name] = m.d.DeadLetters(s.name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.books.Received = m.books.Accepted + m.books.Denied + m.books.Rejected + m.books.Duplicates
	if stats.Books != m.books {
		m.wrong("the books are %+v, want %+v", stats.Books, m.books)
	}
	for _, s := range m.sinks {
		s.bury(letters[s.name])
		m.compare(s, stats.Sinks[s.name])
	}
	if m.fault != "" {
		t.Fatal(m.fault)
	}
}

func (m *fanout) compare(s *destination, k core.SinkStats) {
	if in, out := m.books.Accepted+k.Recovered, k.Delivered+k.Filtered+k.SampledOut+k.DeadLettered+k.Expired+k.Overflowed+k.Queued; in != out {
		m.wrong("%s: %d came and %d ended or wait: %+v", s.name, in, out, k)
	}
	if k.Delivered != s.delivered {
		m.wrong("%s: delivered %d, took %d", s.name, k.Delivered, s.delivered)
	}
	if m.maxBytes > 1<<20 && k.Overflowed > 0 || k.Expired > 0 || k.Reasons["filtered.damaged"] > 0 && m.sync == SyncBatch && m.failures == 0 {
		m.wrong("%s: events were given up: %+v", s.name, k)
	}
	owed := uint64(len(s.owed))
	if k.Queued+k.Overflowed+s.overflow < owed {
		m.wrong("%s: %d events are owed, and %d wait: %+v; %v", s.name, owed, k.Queued, k, slices.Sorted(maps.Keys(s.owed)))
	}
	if m.crashes+m.failures > 0 || s.picky || k.Overflowed+s.overflow > 0 {
		return // then it is not known which of them wait
	}
	if k.Queued != owed {
		m.wrong("%s: %d events wait, and %d are owed", s.name, k.Queued, owed)
	}
	age := 0.0
	for n := range s.owed {
		age = max(age, time.Since(m.accepted[n]).Seconds())
	}
	if k.OldestEventAge == nil || math.Abs(*k.OldestEventAge-age) > 0.001 {
		m.wrong("%s: the oldest event has waited %vs: %+v", s.name, age, k)
	}
}
