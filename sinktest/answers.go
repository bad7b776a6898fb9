package sinktest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// answerCase is an answer and what it means for the events.
type answerCase struct {
	name   string
	answer Answer
	want   []core.Class
}

func (c answerCase) caseName() string { return c.name }

// given is what became of a batch of four and an answer.
type given struct {
	result
	batch []core.Sealed
}

// give sends a batch to a destination that gives an answer, with plenty of time.
func (tr *trial) give(a Answer) given {
	s := tr.open(setting{script: always(a)})
	batch := s.batch(4)
	r := s.send(s.h.Patience, batch)
	s.close(s.h.Patience)
	return given{r, batch}
}

var answers = []answerCase{
	{"400", Answer{Status: 400, Body: "bad"}, []core.Class{core.ClassPermanent, core.ClassRefused}},
	{"401", Answer{Status: 401}, []core.Class{core.ClassUnauthorized}},
	{"403", Answer{Status: 403}, []core.Class{core.ClassUnauthorized}},
	{"404", Answer{Status: 404}, []core.Class{core.ClassRefused, core.ClassPermanent}},
	{"405", Answer{Status: 405}, []core.Class{core.ClassRefused, core.ClassPermanent}},
	{"408", Answer{Status: 408}, again},
	{"413", Answer{Status: 413}, []core.Class{core.ClassTooLarge}},
	{"422", Answer{Status: 422}, []core.Class{core.ClassPermanent, core.ClassRefused}},
	{"429", Answer{Status: 429}, again},
	{"500", Answer{Status: 500}, again},
	{"502", Answer{Status: 502, Body: "<html>bad gateway"}, again},
	{"503", Answer{Status: 503}, again},
	{"504", Answer{Status: 504}, again},
}

func classifies(tr *trial) {
	each(tr, answers, func(tr *trial, c answerCase) given { return tr.give(c.answer) }, func(tr *trial, c answerCase, g given) {
		if g.fine(tr, "Send") {
			tr.oneOf("the answer "+c.name, g.err, len(g.batch), c.want...)
		}
	})
}

// waitCase is a header that asks for a wait, and what is understood.
type waitCase struct {
	name            string
	status          int
	value           func() string
	shortest, most  time.Duration
	mayNotBeAskedIn bool // it says nothing that must be understood
}

func (c waitCase) caseName() string { return c.name }

func text(s string) func() string { return func() string { return s } }

const longestWait = 24 * time.Hour

var waitsAsked = []waitCase{
	{"429 for seconds", 429, text("7"), 7 * time.Second, 8 * time.Second, false},
	{"503 for seconds", 503, text("7"), 7 * time.Second, 8 * time.Second, false},
	{"429 until a time", 429, func() string { return time.Now().Add(100 * time.Second).UTC().Format(http.TimeFormat) }, 10 * time.Second, 101 * time.Second, false},
	{"429 for longer than a life", 429, text("99999999999999999999"), 0, longestWait, true},
	{"429 until a time that is over", 429, text("Mon, 02 Jan 2006 15:04:05 GMT"), 0, time.Minute, true},
	{"429 for less than nothing", 429, text("-7"), 0, time.Minute, true},
	{"429 for nonsense", 429, text("soon; NaN"), 0, time.Minute, true},
}

func passesWaitOn(tr *trial) {
	try := func(tr *trial, c waitCase) given {
		return tr.give(Answer{Status: c.status, Header: map[string]string{"Retry-After": c.value()}})
	}
	each(tr, waitsAsked, try, func(tr *trial, c waitCase, g given) {
		if !g.fine(tr, "Send") || !tr.oneOf(strconv.Itoa(c.status)+" with Retry-After", g.err, len(g.batch), again...) {
			return
		}
		class, wait := core.Classify(g.err)
		if _, waits := Outcomes(g.err, len(g.batch)); class != core.ClassRetryAfter && len(waits) > 0 {
			wait = slices.Min(waits)
		}
		if wait < 0 || wait > c.most || wait < c.shortest && !c.mayNotBeAskedIn {
			tr.broken("after %d with Retry-After: %s, Send asks for a wait of %v, want %v to %v: %v", c.status, c.value(), wait, c.shortest, c.most, g.err)
		}
	})
}

// redirectCase is a status that leads elsewhere.
type redirectCase int

func (c redirectCase) caseName() string { return strconv.Itoa(int(c)) }

var redirects = []redirectCase{301, 302, 303, 307, 308}

// led is what became of a redirect.
type led struct {
	given
	elsewhere, repeated int
}

func followsNothing(tr *trial) {
	try := func(tr *trial, c redirectCase) led {
		elsewhere := NewServer(tr, nil)
		s := tr.open(setting{script: func(n int, _ Request, _ []string) (Answer, bool) {
			to := elsewhere.URL + "/followed"
			if n%2 == 1 {
				to = "/followed" // on the same host
			}
			return Answer{Status: int(c), Header: map[string]string{"Location": to}}, true
		}})
		l := led{given: given{batch: s.batch(2)}}
		l.result = s.send(s.h.Patience, l.batch)
		if other := s.send(s.h.Patience, s.batch(2)); l.err != nil && other.err == nil {
			l.result = other
		}
		for _, r := range s.to.Requests() {
			if r.Path == "/followed" {
				l.repeated++
			}
		}
		l.elsewhere = elsewhere.Connections()
		s.close(s.h.Patience)
		return l
	}
	each(tr, redirects, try, func(tr *trial, c redirectCase, l led) {
		switch {
		case !l.fine(tr, "Send"):
		case l.elsewhere > 0:
			tr.broken("after %d the sink connected to another host", c)
		case l.repeated > 0:
			tr.broken("after %d the sink followed to another path", c)
		case l.err == nil:
			tr.broken("after %d Send returned nil", c)
		}
	})
}

// attemptCase is a failure that tempts to try again.
type attemptCase struct {
	name   string
	answer Answer
}

func (c attemptCase) caseName() string { return c.name }

var attempts = []attemptCase{
	{"429", Answer{Status: 429}},
	{"429 with a wait", Answer{Status: 429, Header: map[string]string{"Retry-After": "0"}}},
	{"500", Answer{Status: 500}},
	{"503", Answer{Status: 503}},
	{"503 with a wait", Answer{Status: 503, Header: map[string]string{"Retry-After": "1"}}},
	{"a reset", Answer{Fault: Reset}},
	{"a connection that is closed", Answer{Fault: HangUp}},
}

// attempted is how often the events of a batch were sent.
type attempted struct {
	result
	most int
}

func makesOneAttempt(tr *trial) {
	try := func(tr *trial, c attemptCase) attempted {
		// The first Send leaves a connection for reuse, on which net/http may repeat by itself.
		var failing bool
		s := tr.open(setting{})
		s.deliver(tr, s.batch(1))
		s.to.follow(func(int, Request, []string) (Answer, bool) { failing = true; return c.answer, true })
		batch := s.batch(3)
		r := s.send(s.h.Patience, batch)
		s.close(s.h.Patience)
		time.Sleep(lingers) // for an attempt behind the caller's back
		offered, _ := s.to.books()
		most := 0
		for _, id := range idsOf(batch) {
			most = max(most, offered[id])
		}
		if !failing {
			most = 0
		}
		return attempted{r, most}
	}
	each(tr, attempts, try, func(tr *trial, c attemptCase, a attempted) {
		if a.fine(tr, "Send") && a.most != 1 {
			tr.broken("within one Send an event was sent %s; the answer was %s", times(a.most), c.name)
		}
	})
}

func times(n int) string {
	if n == 0 {
		return "not at all"
	}
	return fmt.Sprintf("%d times", n)
}
