package sinktest

import (
	"crypto/rand"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Harness says how to make a sink, and what its destination is. New is required, and one of
// HTTP and Stored.
type Harness struct {
	// New makes a sink for the destination that env describes: the constructor that is registered, with the
	// options that it needs. It is called often, and must not close the sink.
	New func(t testing.TB, env Env) (core.Sink, error)

	// HTTP says how the destination speaks, if the sink reaches it by HTTP. The kit is then
	// the destination. Nil for any other sink.
	HTTP *HTTP
	// Stored returns the ids of the events that are at the destination of env, in any order,
	// one that is there twice twice. Nil if HTTP is set.
	Stored func(t testing.TB, env Env) []string
	// Break, if not nil, makes the destination of env unusable until mend is called. Only
	// for sinks without HTTP.
	Break func(t testing.TB, env Env) (mend func())

	// Event, if not nil, completes an event so that the destination takes it. ID is set already and
	// must stay.
	Event func(core.Event) core.Event
	// Skip names rules the sink is not held to, each with the reason, which is
	// reported. The name of a case within a rule goes behind a slash.
	Skip map[string]string
	// Patience is how long the kit waits for what should take no time, on a machine that is busy; 10 s if zero.
	Patience time.Duration
}

// HTTP is the protocol of a destination. The zero HTTP is one that answers 200 without a body and
// refuses with 400.
type HTTP struct {
	// Accept answers a request whose events are taken; 200 without a body if nil. It is also
	// asked about requests without events.
	Accept func(Request) Answer
	// IDs returns the ids of the events in a request. If nil, they are found by their form, which
	// only works if they are sent as they are and not compressed, or with gzip.
	IDs func(Request) []string
	// Reject, if not nil, answers a request of whose events some are refused for good, and
	// names those, by the ids given. Nil if the destination has no way to name events.
	Reject func(r Request, ids []string) Answer
	// AllOrNothing says that of a request that is answered by Reject no event is taken. The zero
	// value is a destination that takes the others.
	AllOrNothing bool
}

// Env is what a sink is made with.
type Env struct {
	// Env is what a constructor gets from the registry. Its Name is another for each destination: letters,
	// digits and underscores.
	registry.Env
	// URL is that of the destination, "" without HTTP.
	URL string
	// Dir is an empty directory for what the sink writes.
	Dir string

	secrets *secrets
}

// Secret returns a credential to configure the sink with, always the same for a name. It
// holds characters that need escaping in a URL, but neither spaces nor colons. The kit
// looks for it wherever it must not be.
func (e Env) Secret(name string) core.Secret {
	return core.NewSecret(e.secrets.made(name, func() string { return "kit" + rand.Text() + "+/=%&" + rand.Text()[:8] }))
}

// KnownSecret makes the kit look for a credential of the author's making, for a destination that wants
// a certain form. It should be long, and like nothing else.
func (e Env) KnownSecret(value string) core.Secret {
	return core.NewSecret(e.secrets.made(value, func() string { return value }))
}

// Run holds a sink against every rule that applies to it. It watches the default HTTP transport,
// the default logger and os.Stdout while it runs, so nothing else should run beside it.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.New == nil || (h.HTTP == nil) == (h.Stored == nil) {
		t.Fatal("the harness needs New, and either HTTP or Stored")
	}
	if h.Patience == 0 {
		h.Patience = 10 * time.Second
	}
	known := map[string]bool{}
	for _, r := range rules {
		known[r.name] = true
		for _, c := range r.cases {
			known[r.name+"/"+c] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Skip)) {
		if !known[name] {
			t.Errorf("Skip names %q, and there is no such rule or case", name)
		}
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if reason, skip := h.Skip[r.name]; skip {
				t.Skipf("not held to %s: %s", r.name, reason)
			}
			if reason := r.needs.missing(h); reason != "" {
				t.Skip(reason)
			}
			r.test(&trial{T: t, h: h, rule: r})
		})
	}
}
