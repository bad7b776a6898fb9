package sinktest

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// labelKey is the key of the label that marks the goroutines of a sink. A goroutine has the
// labels of the one that started it, so nothing that others do beside the test is taken for the sink's.
const labelKey = "headgate-sinktest"

// goroutines returns the stacks of the goroutines with a label.
func goroutines(label string) (stacks []string) {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil
	}
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, `"`+labelKey+`":"`+label+`"`) {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// alone waits until the goroutines of the sink have ended, and returns those that have not.
func (s *subject) alone() (left []string) {
	for until := time.Now().Add(s.h.Patience); ; time.Sleep(5 * time.Millisecond) {
		if left = goroutines(s.label); len(left) == 0 || time.Now().After(until) {
			return left
		}
	}
}

// lives are what sinks go through before they are closed.
var lives = []struct {
	name string
	http bool // needs a server
	live func(*subject)
}{
	{"was closed at once", false, func(*subject) {}},
	{"was checked", false, func(s *subject) {
		if c, ok := s.sink.(core.Checker); ok {
			s.call(s.h.Patience, func() error { return c.Check(context.Background()) })
		}
	}},
	{"has sent", false, func(s *subject) {
		s.send(s.h.Patience, s.batch(2))
		s.send(s.h.Patience, s.batch(2))
	}},
	{"was refused", true, func(s *subject) {
		s.to.follow(always(Answer{Status: 400, Body: strings.Repeat("no ", 10_000)}))
		s.send(s.h.Patience, s.batch(2))
	}},
	{"got no answer", true, func(s *subject) {
		s.to.follow(always(Answer{Fault: Hang}))
		s.send(50*time.Millisecond, s.batch(2))
	}},
	{"was cut off", true, func(s *subject) {
		s.to.follow(always(Answer{Fault: CutBody}))
		s.send(s.h.Patience, s.batch(2))
	}},
	{"got more than it could read", true, func(s *subject) {
		s.to.follow(always(Answer{Fault: EndlessBody}))
		s.send(s.h.Patience, s.batch(2))
	}},
}

func leavesNoGoroutine(tr *trial) {
	for _, life := range lives {
		if life.http && tr.h.HTTP == nil {
			continue
		}
		s := tr.open(setting{})
		life.live(s)
		r := s.close(s.h.Patience)
		if !r.fine(tr, "Close") {
			continue
		}
		if left := s.alone(); len(left) > 0 {
			tr.broken("after a sink that %s was closed, %d goroutines of it are there:\n%s", life.name, len(left), strings.Join(left, "\n\n"))
			return
		}
	}
}
