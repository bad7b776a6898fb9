package suite

import (
	"testing"

	"github.com/google/pprof/profile"
)

func TestASampleCountsForTheInnermostPart(t *testing.T) {
	for want, stack := range map[string][]string{ // innermost first
		"sanitising": {"runtime.memmove", own + "core/sanitize.(*Encoder).text", own + "core.(*sealer).props", own + "core.(*Dispatcher).Track"},
		"decoding":   {"runtime.mallocgc", "encoding/json.(*decodeState).object", own + "core.DecodeEvent", own + "server.(*Server).take"},
		"disk":       {"syscall.Fdatasync", own + "core/queue/disk.(*writer).write", own + "core.(*Group).store"},
		"log":        {own + "core/queue.(*Memory).Append", own + "core.(*Dispatcher).store"},
		"core":       {own + "core.(*worker).collect"},
		"door":       {own + "server.(*intake).offer"},
		"garbage":    {"runtime.scanobject", "runtime.gcAssistAlloc", own + "core.(*Group).Offer"},
		"load":       {own + "bench/internal/sdk.(*load).produce"},
		"others":     {"runtime.findRunnable", "runtime.schedule"},
	} {
		var s profile.Sample
		for _, name := range stack {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		if got := partOf(&s); got != want {
			t.Errorf("%s counts as %s, want %s", stack[0], got, want)
		}
	}
}
