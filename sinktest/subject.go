package sinktest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// subject is a sink and its destination.
type subject struct {
	tr    *trial
	h     Harness
	env   Env
	sink  core.Sink
	to    *destination // nil without HTTP
	log   *Log
	label string // of the goroutines that the sink starts
	ended atomic.Bool
}

// setting is what a subject is made in, other than usual.
type setting struct {
	script  script
	timeout time.Duration // of the registry's Env; 10 s if zero
	url     string        // another than the destination's
}

var subjects atomic.Int64 // for names that are not used twice

// prepare makes a destination and what a sink needs to know of it.
func (tr *trial) prepare(in setting) *subject {
	n := subjects.Add(1)
	s := &subject{tr: tr, h: tr.h, log: &Log{}, label: fmt.Sprint("sinktest-", n)}
	s.env = Env{
		Env: registry.Env{
			Name: fmt.Sprintf("sinktest_%d_%d", time.Now().UnixNano()%1e9, n), App: core.App{Name: "acme", Version: "1.2.3"},
			Logger: s.log.Logger(), Timeout: cmp.Or(in.timeout, 10*time.Second),
		},
		URL: in.url, Dir: tr.TempDir(), secrets: &secrets{},
	}
	if tr.h.HTTP != nil {
		s.to = newDestination(tr, *tr.h.HTTP, in.script)
		s.env.URL = cmp.Or(in.url, s.to.URL)
	}
	return s
}

// open makes a sink and its destination, both closed when the test is over.
func (tr *trial) open(in setting) *subject {
	s := tr.prepare(in)
	if err := s.make(); err != nil {
		tr.Fatalf("New: %v", err)
	}
	tr.Cleanup(func() { s.close(time.Second) })
	return s
}

// make makes the sink.
func (s *subject) make() error {
	r := s.call(s.h.Patience, func() (err error) {
		s.sink, err = s.h.New(s.tr, s.env)
		return err
	})
	if !r.fine(s.tr, "New") {
		return r.err
	}
	if r.err == nil && s.sink == nil {
		s.tr.Fatal("New returned neither a sink nor an error")
	}
	return r.err
}

// result is what became of a call.
type result struct {
	err      error
	took     time.Duration
	panicked string
	hung     bool
}

// fine reports a panic, and a call that did not return.
func (r result) fine(tr *trial, call string) bool {
	tr.Helper()
	switch {
	case r.hung:
		tr.broken("%s has not returned after %v", call, r.took.Round(time.Millisecond))
	case r.panicked != "":
		tr.broken("%s panicked: %s", call, r.panicked)
	}
	return !r.hung && r.panicked == ""
}

// call makes a call in a goroutine that is labelled, as are those that it starts, so that they are
// told from all others. A call that hangs is left alone after a time.
func (s *subject) call(most time.Duration, f func() error) result {
	began := time.Now()
	done := make(chan result, 1)
	go func() {
		r := result{panicked: "it ended its goroutine"} // by runtime.Goexit
		defer func() { done <- r }()
		defer func() {
			if p := recover(); p != nil {
				r.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
		}()
		pprof.Do(context.Background(), pprof.Labels(labelKey, s.label), func(context.Context) { r.err = f() })
		r.panicked = ""
	}()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case r := <-done:
		r.took = time.Since(began)
		return r
	case <-timer.C:
		return result{hung: true, took: time.Since(began)}
	}
}

// send calls Send with a context that has a deadline, as the dispatcher does.
func (s *subject) send(timeout time.Duration, batch []core.Sealed) result {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.sendIn(ctx, timeout+s.h.Patience, batch)
}

func (s *subject) sendIn(ctx context.Context, most time.Duration, batch []core.Sealed) result {
	return s.call(most, func() error { return s.sink.Send(s.marked(ctx), batch) })
}

// deliver sends a batch that nothing is wrong with, and reports whether it was delivered.
func (s *subject) deliver(tr *trial, batch []core.Sealed) bool {
	tr.Helper()
	r := s.send(s.h.Patience, batch)
	if !r.fine(tr, "Send") {
		return false
	}
	if r.err != nil {
		tr.broken("Send of %d events to a destination that takes them: %v", len(batch), r.err)
	}
	return r.err == nil
}

// close closes the sink, once.
func (s *subject) close(timeout time.Duration) result {
	if s.sink == nil || s.ended.Swap(true) {
		return result{}
	}
	return s.closeAgain(timeout)
}

func (s *subject) closeAgain(timeout time.Duration) result {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.call(timeout+s.h.Patience, func() error { return s.sink.Close(s.marked(ctx)) })
}

// marked gives a context the label, for sinks that set labels of their own.
func (s *subject) marked(ctx context.Context) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels(labelKey, s.label))
}

// limits returns what bounds a batch: what the sink declares, or what is usual.
func (s *subject) limits() core.Limits {
	limits := core.Limits{}
	if l, ok := s.sink.(core.Limiter); ok {
		limits = l.Limits()
	}
	return core.Limits{
		MaxEvents: cmp.Or(limits.MaxEvents, 500), MaxBytes: cmp.Or(limits.MaxBytes, 1<<20), MaxConcurrency: cmp.Or(limits.MaxConcurrency, 8),
	}
}

// labelled is the sink for a dispatcher, whose goroutines are not to be taken for the sink's.
type labelled struct{ *subject }

func (l labelled) Send(ctx context.Context, batch []core.Sealed) (err error) {
	pprof.Do(ctx, pprof.Labels(labelKey, l.label), func(ctx context.Context) { err = l.sink.Send(ctx, batch) })
	return err
}

func (l labelled) Close(ctx context.Context) (err error) {
	l.ended.Store(true)
	pprof.Do(ctx, pprof.Labels(labelKey, l.label), func(ctx context.Context) { err = l.sink.Close(ctx) })
	return err
}

func (l labelled) Limits() core.Limits {
	if limiter, ok := l.sink.(core.Limiter); ok {
		return limiter.Limits()
	}
	return core.Limits{}
}

// Log is a log to search, while it is written, too. The zero Log is empty.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logger returns a logger that writes everything to the log, as text.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

var _ testing.TB = (*trial)(nil)
