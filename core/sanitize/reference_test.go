package sanitize

import (
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// referenceEvent is the event that the comparison with other programs reports: the
// properties of one run, in the forms in which an encoder may get them.
type referenceEvent struct {
	name, user string
	attrs      []slog.Attr
	props      map[string]any
	object     []byte
}

// newReferenceEvent returns the event of a run. Every string of it ends in suffix.
func newReferenceEvent(run int, suffix string) referenceEvent {
	attrs := []slog.Attr{
		slog.String("run", fmt.Sprintf("mark-%08d", run)+suffix), slog.Float64("seconds", 45.25), slog.Bool("success", true), slog.Int("tokens", 7410),
		slog.String("model", "gpt-4o-mini"+suffix), slog.String("component", "OpenAIEmbeddings"+suffix),
		slog.String("note", "The run read twelve pages, wrote a summary of three short paragraphs and answered two questions that came later, one of them twice"+suffix),
		slog.String("flow", "0b8babf3-7d26-4ec6-9200-023000532978"+suffix),
	}
	ev := referenceEvent{name: "flow_run" + suffix, user: "user-4711-of-the-comparison" + suffix, attrs: attrs, props: map[string]any{}}
	ev.object = append(ev.object, '{')
	for i, a := range attrs {
		ev.props[a.Key] = a.Value.Any()
		if i > 0 {
			ev.object = append(ev.object, ',')
		}
		ev.object = append(strconv.AppendQuote(ev.object, a.Key), ':')
		if a.Value.Kind() == slog.KindString {
			ev.object = strconv.AppendQuote(ev.object, a.Value.String())
		} else {
			ev.object = append(ev.object, a.Value.String()...)
		}
	}
	ev.object = append(ev.object, '}')
	return ev
}

// unseen returns events no two of which have a string in common.
func unseen() []referenceEvent {
	events := make([]referenceEvent, 1024)
	seed := uint32(1)
	for i := range events {
		seed = seed*1664525 + 1013904223
		events[i] = newReferenceEvent(i, "-"+strconv.FormatUint(uint64(seed>>8)|1<<24, 36)+strconv.FormatInt(int64(i), 36))
	}
	return events
}

// marked returns events that differ in their mark alone, as those of the comparison do.
func marked() []referenceEvent {
	events := make([]referenceEvent, 1024)
	for i := range events {
		events[i] = newReferenceEvent(i, "")
	}
	return events
}

// BenchmarkReference measures what an event costs in each form: when all its strings came
// before, when all but one did, and when none did. It reports the processor time.
func BenchmarkReference(b *testing.B) {
	again := []referenceEvent{newReferenceEvent(4711, "")}
	forms := []struct {
		name   string
		encode func(e *Encoder, dst []byte, ev *referenceEvent) []byte
	}{
		{"attrs", func(e *Encoder, dst []byte, ev *referenceEvent) []byte {
			dst = e.AppendField(dst, "name", ev.name)
			dst = e.AppendField(dst, "user_id", ev.user)
			return e.AppendAttrs(dst, ev.attrs)
		}},
		{"object", func(e *Encoder, dst []byte, ev *referenceEvent) []byte {
			dst, _ = e.AppendObject(dst, ev.object)
			return dst
		}},
		{"map", func(e *Encoder, dst []byte, ev *referenceEvent) []byte { return e.AppendMap(dst, ev.props) }},
	}
	s := newSanitizer(b, Options{})
	for _, form := range forms {
		for name, events := range map[string][]referenceEvent{"again": again, "marked": marked(), "unseen": unseen()} {
			b.Run(form.name+"/"+name, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				buf := make([]byte, 0, 4096)
				b.ReportAllocs()
				start, i := threadTime(), 0
				for b.Loop() {
					e := s.Encoder()
					buf = form.encode(e, buf[:0], &events[i%len(events)])
					e.Release()
					i++
				}
				b.ReportMetric(float64(threadTime()-start)/float64(b.N)/float64(time.Nanosecond), "cpu-ns/op")
			})
		}
	}
}
