package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/headgate-dev/headgate/core"
)

// sendResult is what "headgate send" prints.
type sendResult struct {
	// OK is whether every event was accepted and no sink failed to take its events.
	OK         bool         `json:"ok"`
	Accepted   int          `json:"accepted"`
	Denied     int          `json:"denied"`
	Rejected   int          `json:"rejected"`
	Duplicates int          `json:"duplicates"`
	DoNotTrack []string     `json:"do_not_track"`
	Sinks      []sinkResult `json:"sinks"`

	stream bool
}

// sinkResult is what one sink made of the events.
type sinkResult struct {
	Sink         string            `json:"sink"`
	Type         string            `json:"type"`
	Delivered    uint64            `json:"delivered"`
	Filtered     uint64            `json:"filtered"`
	SampledOut   uint64            `json:"sampled_out"`
	DeadLettered uint64            `json:"dead_lettered"`
	Expired      uint64            `json:"expired"`
	Overflowed   uint64            `json:"overflowed"`
	Queued       uint64            `json:"queued"`
	Reasons      map[string]uint64 `json:"reasons,omitempty"`
	Error        string            `json:"error,omitempty"`
}

// failed reports whether the sink failed to take an event that was for it.
func (s sinkResult) failed() bool {
	return s.DeadLettered+s.Expired+s.Overflowed+s.Queued > 0
}

func (r *sendResult) events() int { return r.Accepted + r.Denied + r.Rejected + r.Duplicates }

// fill takes over what the books say.
func (r *sendResult) fill(s core.Stats) {
	r.DoNotTrack = append([]string{}, s.DoNotTrack.Sources...) // [] for none
	r.Sinks = []sinkResult{}
	r.OK = r.Denied+r.Rejected == 0
	taken := r.Accepted == 0
	for _, name := range slices.Sorted(maps.Keys(s.Sinks)) {
		b := s.Sinks[name]
		sink := sinkResult{
			Sink: name, Type: b.Type,
			Delivered: b.Delivered, Filtered: b.Filtered, SampledOut: b.SampledOut, DeadLettered: b.DeadLettered,
			Expired: b.Expired, Overflowed: b.Overflowed, Queued: b.Queued, Reasons: b.Reasons,
		}
		if sink.failed() {
			r.OK, sink.Error = false, b.LastError
		}
		taken = taken || sink.Delivered > 0
		r.Sinks = append(r.Sinks, sink)
	}
	r.OK = r.OK && taken
}

func (j *sending) print() error {
	if j.json {
		return j.printJSON(j.result)
	}
	_, err := fmt.Fprint(j.out, j.resultText())
	return err
}

func (j *sending) resultText() string {
	r := j.result
	var b strings.Builder
	if r.stream {
		fmt.Fprintf(&b, "%d events: %d accepted, %d denied, %d rejected, %d duplicates\n",
			r.events(), r.Accepted, r.Denied, r.Rejected, r.Duplicates)
	}
	switch {
	case len(r.DoNotTrack) > 0:
		fmt.Fprintf(&b, "tracking is off, turned off by %s: nothing was sent\n", visible(strings.Join(r.DoNotTrack, ", ")))
		return b.String()
	case r.Denied > 0 && !r.stream:
		b.WriteString("the event was denied: no sink may have it\n")
		return b.String()
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range r.Sinks {
		fmt.Fprintf(w, "%s\t%s\n", visible(s.Sink), j.outcome(s))
	}
	_ = w.Flush() // to memory
	return b.String()
}

// outcome says in words what a sink made of the events.
func (j *sending) outcome(s sinkResult) string {
	var parts []string
	for _, part := range []struct {
		n            uint64
		word, reason string
		colour       string
	}{
		{s.Delivered, "delivered", "", green},
		{s.Filtered, "filtered", "filtered.", yellow},
		{s.SampledOut, "sampled out", "", yellow},
		{s.DeadLettered, "refused", "dead_lettered.", red},
		{s.Expired, "expired", "expired.", red},
		{s.Overflowed, "dropped, the queue was full", "", red},
		{s.Queued, "not delivered", "", red},
	} {
		if part.n == 0 {
			continue
		}
		text := part.word
		if j.result.stream {
			text = fmt.Sprintf("%d %s", part.n, part.word)
		}
		text = j.colour(j.out, part.colour, text)
		if part.reason != "" {
			text += reasons(s.Reasons, part.reason)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	text := strings.Join(parts, ", ")
	if s.Error != "" {
		text += ": " + visible(s.Error)
	}
	return text
}

// reasons lists the reasons under a counter, in brackets.
func reasons(all map[string]uint64, prefix string) string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if name, ok := strings.CutPrefix(key, prefix); ok && all[key] > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}
