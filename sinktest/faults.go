package sinktest

import (
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// faultCase is a misbehaviour of a server.
type faultCase struct {
	name   string
	answer Answer
	// head says that the body of the request is not read.
	head bool
	// hangs says that nothing ends the attempt but its time.
	hangs bool
	want  []core.Class
}

func (c faultCase) caseName() string { return c.name }

var (
	// perhaps are the classes after an answer that says that events are taken, and breaks off: a sink
	// that needs no more of it may count them as delivered.
	perhaps = append([]core.Class{Delivered}, again...)
	denied  = append([]core.Class{core.ClassUnauthorized}, again...)
)

var faults = []faultCase{
	{"no answer", Answer{Fault: Hang}, false, true, again},
	{"the body is not read", Answer{Fault: Hang}, true, true, again},
	{"reset before the body", Answer{Fault: Reset}, true, false, again},
	{"reset after the body", Answer{Fault: Reset}, false, false, again},
	{"hangs up", Answer{Fault: HangUp}, false, false, again},
	{"half of the connection is closed", Answer{Fault: HalfClose}, false, false, again},
	{"half a status line", Answer{Fault: CutStatusLine}, false, false, again},
	{"not HTTP", Answer{Fault: NotHTTP}, false, false, again},
	{"half a header", Answer{Fault: HangInHeader}, false, true, again},
	{"200 and a body that breaks off", Answer{Fault: CutBody, Body: "{"}, false, false, perhaps},
	{"200 and a body that hangs", Answer{Fault: HangInBody, Body: "{"}, false, true, perhaps},
	{"200 and ten bytes a second", Answer{Fault: SlowBody}, false, true, perhaps},
	{"200 and wrong chunks", Answer{Fault: BadChunks}, false, false, perhaps},
	{"200 and chunks that break off", Answer{Fault: CutChunks}, false, false, perhaps},
	{"503 and a body that breaks off", Answer{Status: 503, Fault: CutBody, Body: "{"}, false, false, again},
	{"503 and a body that hangs", Answer{Status: 503, Fault: HangInBody, Body: "{"}, false, true, again},
	{"503 and wrong chunks", Answer{Status: 503, Fault: BadChunks}, false, false, again},
	{"401 and a body that hangs", Answer{Status: 401, Fault: HangInBody, Body: "{"}, false, true, denied},
	{"nobody listens", Answer{}, false, false, again},
}

// short bounds an attempt that only its time ends.
const short = 300 * time.Millisecond

func survives(tr *trial) {
	try := func(tr *trial, c faultCase) given {
		in := setting{script: always(c.answer)}
		if c.hangs {
			in.timeout = short
		}
		if c.name == "nobody listens" {
			in.url = deadURL(tr)
		}
		s := tr.prepare(in)
		if c.head {
			s.to.OnHead = func(Request) (Answer, bool) { return c.answer, true }
		}
		if err := s.make(); err != nil {
			tr.Fatalf("New: %v", err)
		}
		g := given{batch: s.batch(3)}
		timeout := s.h.Patience
		if c.hangs {
			timeout = short
		}
		g.result = s.send(timeout, g.batch)
		s.close(s.h.Patience)
		return g
	}
	each(tr, faults, try, func(tr *trial, c faultCase, g given) {
		if g.fine(tr, "Send") {
			tr.oneOf(c.name, g.err, len(g.batch), c.want...)
		}
	})
}

// flood is an answer that is more than anybody should read.
type flood struct {
	name   string
	answer Answer
}

func (c flood) caseName() string { return c.name }

var floods = []flood{
	{"a header without end", Answer{Fault: EndlessHeader}},
	{"200 and a body without end", Answer{Fault: EndlessBody}},
	{"200 and a body of 10 GB", Answer{Fault: HugeBody}},
	{"400 and a body without end", Answer{Status: 400, Fault: EndlessBody}},
	{"500 and a body of 10 GB", Answer{Status: 500, Fault: HugeBody}},
}

// flooded is what became of a flood.
type flooded struct {
	given
	overread int
}

func readsInBounds(tr *trial) {
	try := func(tr *trial, c flood) flooded {
		s := tr.open(setting{script: always(c.answer)})
		f := flooded{given: given{batch: s.batch(2)}}
		f.result = s.send(s.h.Patience, f.batch)
		s.close(s.h.Patience)
		s.to.Close() // what it has written is known then
		f.overread = s.to.overread
		return f
	}
	each(tr, floods, try, func(tr *trial, c flood, f flooded) {
		switch {
		case !f.fine(tr, "Send"):
		case f.overread > 0:
			tr.broken("the sink has read an answer of %d MiB to its end (%s)", endless>>20, c.name)
		case f.err == nil && !strings.HasPrefix(c.name, "200"):
			tr.broken("Send returned nil after %s", c.name)
		}
	})
}
