package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core"
)

const (
	// maxViewers bounds the pages that look at once.
	maxViewers = 16
	// maxPending bounds the outcomes that wait for a slow viewer; what comes then is counted only.
	maxPending = 128
	// maxShown bounds the JSON of an event that is shown.
	maxShown = 16 << 10
	// glance is how often viewers are told of outcomes, and every so many times of the books.
	glance       = 250 * time.Millisecond
	booksEvery   = 4
	viewerWithin = 10 * time.Second
)

var errViewers = &refusal{status: http.StatusServiceUnavailable, text: "too many pages are looking already", retry: 10 * time.Second}

// live is the stream of what the page shows: GET /ui/stream, server-sent events. While
// nobody looks, nobody observes.
type live struct {
	admin   *Admin
	process string // tells this process from others, whose token the page may hold
	viewers chan struct{}
	stop    chan struct{} // closed at shutdown
	changes atomic.Uint64 // that were asked for: viewers get the books at once
}

// sighting is what became of an event at a sink, as the page is told.
type sighting struct {
	At     time.Time       `json:"at"`
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Sink   string          `json:"sink"`
	Result core.Result     `json:"result"`
	Reason string          `json:"reason,omitempty"`
	Error  string          `json:"error,omitempty"`
	Event  json.RawMessage `json:"event,omitempty"` // absent if it is too large to show
	Size   int             `json:"size"`
}

// glimpse is an event of the stream: what was seen since the last, and how many outcomes were not shown.
type glimpse struct {
	Outcomes []json.RawMessage `json:"outcomes"`
	Skipped  uint64            `json:"skipped"`
	OneIn    int               `json:"one_in"`
}

// overview is the event of the stream that has the books.
type overview struct {
	Process string    `json:"process"`
	At      time.Time `json:"at"`
	Ready   bool      `json:"ready"`
	// Listen is where events are taken, "" if that is not known.
	Listen string   `json:"listen,omitempty"`
	Order  []string `json:"order"` // of the sinks, if it is known
	// DeadLetters are how many are kept.
	DeadLetters map[string]int `json:"dead_letters"`
	Can         abilities      `json:"can"`
	core.Stats
}

// abilities are what the page can ask of this admin listener.
type abilities struct {
	Watch       bool `json:"watch"`
	Pause       bool `json:"pause"`
	Reload      bool `json:"reload"`
	DeadLetters bool `json:"dead_letters"`
}

func newLive(a *Admin, process string) *live {
	return &live{admin: a, process: process, viewers: make(chan struct{}, maxViewers), stop: make(chan struct{})}
}

// serve tells a viewer what happens, until it goes away or the listener ends.
func (l *live) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case l.viewers <- struct{}{}:
		defer func() { <-l.viewers }()
	default:
		errViewers.writeTo(w, plainFailure)
		return
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")   // of proxies
	_, _ = io.WriteString(w, "retry: 1000\n\n") // milliseconds, when the connection is lost
	v := &viewer{sample: newSampler(time.Now())}
	if observe := l.admin.opts.Observe; observe != nil {
		defer observe(v.see)()
	}
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	var told uint64
	for n := 0; ; n++ {
		var messages []byte
		if seen, any := v.glimpse(); any {
			messages = appendMessage(messages, "seen", seen)
		}
		if changes := l.changes.Load(); n%booksEvery == 0 || changes != told {
			told = changes
			messages = appendMessage(messages, "books", l.overview())
		}
		if len(messages) > 0 {
			_ = control.SetWriteDeadline(time.Now().Add(viewerWithin))
			if _, err := w.Write(messages); err != nil || control.Flush() != nil {
				return
			}
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-l.stop:
			return
		}
	}
}

// appendMessage appends a server-sent event. JSON has no line breaks.
func appendMessage(dst []byte, event string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil { // of types of this package only
		panic(err)
	}
	return fmt.Appendf(dst, "event: %s\ndata: %s\n\n", event, text)
}

func (l *live) overview() overview {
	o := l.admin.opts
	all := overview{
		Process: l.process, At: time.Now(), Ready: o.Ready(), Stats: l.admin.books(), Order: []string{}, DeadLetters: map[string]int{},
		Can: abilities{Watch: o.Observe != nil, Pause: o.Sinks != nil, Reload: o.Reload != nil, DeadLetters: o.DeadLetters != nil},
	}
	if o.FrontDoor != nil {
		all.Listen = o.FrontDoor()
	}
	if o.DeadLetters != nil {
		all.Order = append(all.Order, o.DeadLetters.SinkNames()...)
		if counting, ok := o.DeadLetters.(interface{ CountDeadLetters(sink string) int }); ok {
			for _, sink := range all.Order {
				all.DeadLetters[sink] = counting.CountDeadLetters(sink)
			}
		}
	}
	return all
}

// viewer is one page that looks.
type viewer struct {
	mu      sync.Mutex
	sample  *sampler
	pending []json.RawMessage
	skipped uint64 // since the last glimpse
}

// see is called by those who deliver: it encodes a few events and counts the others.
func (v *viewer) see(o core.Observation) {
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range o.Len() {
		if !v.sample.take(o.ID(i), now) || len(v.pending) == maxPending {
			v.skipped++
			continue
		}
		v.pending = append(v.pending, encodeSighting(&o, i, now))
	}
}

func encodeSighting(o *core.Observation, i int, now time.Time) json.RawMessage {
	event := o.Event(i)
	out := sighting{
		At: now, ID: event.ID(), Name: event.Name(), Sink: o.Sink, Result: o.Result, Reason: o.Reason, Error: o.Error, Size: len(event.JSON()),
	}
	if out.Size <= maxShown {
		out.Event = event.JSON()
	}
	text, err := json.Marshal(out)
	if err != nil { // a record that is damaged
		return json.RawMessage("null")
	}
	return text
}

// glimpse takes what has been seen since the last one.
func (v *viewer) glimpse() (seen glimpse, any bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	seen = glimpse{Outcomes: v.pending, Skipped: v.skipped, OneIn: v.sample.oneIn()}
	any = len(v.pending) > 0 || v.skipped > 0
	if seen.Outcomes == nil {
		seen.Outcomes = []json.RawMessage{}
	}
	v.pending, v.skipped = nil, 0
	return seen, any
}
