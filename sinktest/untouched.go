package sinktest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// footprint is what can be seen of what a sink has done.
type footprint struct {
	connections int
	files       map[string]string
}

func (s *subject) footprint() (f footprint) {
	f.files = map[string]string{}
	_ = filepath.WalkDir(s.env.Dir, func(name string, d fs.DirEntry, err error) error {
		if info, infoErr := d.Info(); err == nil && infoErr == nil && name != s.env.Dir {
			f.files[name] = fmt.Sprint(info.Size(), info.ModTime(), info.Mode())
		}
		return nil
	})
	if s.to != nil {
		f.connections = s.to.Connections()
	}
	return f
}

// since says what was done since an earlier footprint, "" if nothing.
func (f footprint) since(before footprint) string {
	var done []string
	if n := f.connections - before.connections; n > 0 {
		done = append(done, fmt.Sprintf("%d connections were made", n))
	}
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		if f.files[name] != before.files[name] {
			done = append(done, "the file "+filepath.Base(name)+" was written")
		}
	}
	return strings.Join(done, ", ")
}

// lingers is how long the kit looks whether something is done behind the caller's back.
const lingers = 30 * time.Millisecond

func newTouchesNothing(tr *trial) {
	s := tr.prepare(setting{})
	before := s.footprint()
	if err := s.make(); err != nil {
		tr.broken("New: %v", err)
		return
	}
	time.Sleep(lingers)
	after := s.footprint()
	s.close(s.h.Patience)
	if done := after.since(before); done != "" {
		tr.broken("in New %s", done)
	}
	if tr.h.HTTP == nil {
		return
	}
	dead := tr.prepare(setting{url: deadURL(tr)})
	if err := dead.make(); err != nil {
		tr.broken("New for a destination that is down: %v", err)
		return
	}
	dead.close(dead.h.Patience)
}

// deadURL is that of a port where nobody listens, nor will: it is in use until the test is over, by
// our end of a connection.
func deadURL(tr *trial) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() { _ = listener.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		tr.Fatal(err)
	}
	tr.Cleanup(func() { _ = conn.Close() })
	return "http://" + conn.LocalAddr().String()
}

func previewTouchesNothing(tr *trial) {
	s := tr.open(setting{})
	previewer, ok := s.sink.(core.Previewer)
	if !ok {
		tr.Skip("the sink has no Preview")
	}
	batch := s.batch(3)
	before, was := s.footprint(), imprintOf(batch)
	var shown []core.Request
	r := s.call(s.h.Patience, func() (err error) {
		shown, err = previewer.Preview(batch)
		return err
	})
	if !r.fine(tr, "Preview") {
		return
	}
	if r.err != nil || len(shown) == 0 {
		tr.broken("Preview of %d events returned %d requests and the error %v", len(batch), len(shown), r.err)
	}
	time.Sleep(lingers)
	if done := s.footprint().since(before); done != "" {
		tr.broken("in Preview %s", done)
	}
	if difference := was.changed(batch); difference != "" {
		tr.broken("in Preview %s", difference)
	}
	if s.deliver(tr, batch) {
		s.expect(tr, "after a preview of the same batch", batch)
	}
}

func checkReportsNothing(tr *trial) {
	s := tr.open(setting{})
	if _, ok := s.sink.(core.Checker); !ok {
		tr.Skip("the sink has no Check")
	}
	before := s.footprint()
	r := s.check(s.h.Patience)
	if !r.fine(tr, "Check") {
		return
	}
	if s.to == nil { // there may be nothing yet to check, so the error is the sink's affair
		if done := s.footprint().since(before); done != "" {
			tr.broken("in Check %s", done)
		}
		s.expect(tr, "after Check")
		return
	}
	if r.err != nil {
		tr.broken("Check of a destination that answers: %v", r.err)
	}
	for _, r := range s.to.Requests() {
		if tr.h.HTTP.IDs == nil && newID.Match(r.Body) {
			tr.broken("Check has sent what looks like an event: %.300q", r.Body)
			return
		}
	}
	s.expect(tr, "after Check")
	if batch := s.batch(2); s.deliver(tr, batch) {
		s.expect(tr, "after Check and Send", batch)
	}
	checksTrouble(tr)
}

// newID is an id that the core gives to an event, a UUID of version 7.
var newID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func (s *subject) check(timeout time.Duration) result {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.call(timeout+s.h.Patience, func() error { return s.sink.(core.Checker).Check(s.marked(ctx)) })
}

// checksTrouble checks destinations that would take nothing.
func checksTrouble(tr *trial) {
	down := tr.open(setting{url: deadURL(tr)})
	if r := down.check(down.h.Patience); r.fine(tr, "Check") && r.err == nil {
		tr.broken("Check of a port where nobody listens found nothing")
	}
	// A check may do without a request, or without credentials in it; if it fails, it must say why.
	refused := tr.open(setting{})
	refused.to.accept(func(Request) Answer { return Answer{Status: 401} })
	if r := refused.check(refused.h.Patience); r.fine(tr, "Check") && r.err != nil {
		if class, _ := core.Classify(r.err); class != core.ClassUnauthorized {
			tr.broken("Check of a destination that answers 401 returned an error of class %s: %v", class, r.err)
		}
	}
	silent := tr.open(setting{timeout: never})
	silent.to.accept(func(Request) Answer { return Answer{Fault: Hang} })
	silent.check(50*time.Millisecond).fine(tr, "Check of a destination that answers nothing")
}
