package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestDeadLettersAreListedShownReplayedAndPurged(t *testing.T) {
	t.Parallel()
	var open atomic.Bool
	var taken atomic.Value
	taken.Store("")
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !open.Load() {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		taken.Store(taken.Load().(string) + string(body))
	}))
	defer vendor.Close()
	p := startProcess(t, "sinks: {out: {type: http, url: '"+vendor.URL+"', compression: none}, log: {}}\n")
	deadletter := func(code int, args ...string) string {
		t.Helper()
		cmd := exec.Command("headgate", append([]string{"deadletter", "--admin", p.ready.Admin}, args...)...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Fatalf("deadletter %v: exit status %d, want %d\n%s", args, got, code, out)
		}
		return string(out)
	}
	has := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q lacks %q", text, part)
			}
		}
	}
	has(deadletter(exitOK, "list"), "there are no dead letters")
	for _, id := range []string{"m-1", "m-2", "m-3"} {
		if status, body := p.post("/v1/events", `{"name":"run","id":"`+id+`","properties":{"plan":"pro"}}`); status != http.StatusOK {
			t.Fatal(status, body)
		}
	}
	p.await("the dead letters", func() bool { return p.stats().Sinks["out"].DeadLettered == 3 })

	has(deadletter(exitOK, "list", "--sink", "out"), "m-1", "m-2", "m-3", "run", "permanent", "422")
	has(deadletter(exitOK, "list", "--json"), `"sink":"out","id":"m-1"`)
	has(deadletter(exitOK, "show", "m-2"), "m-2", `"properties":{"plan":"pro"}`)
	has(deadletter(exitFailed, "show", "m-9"), "no dead letter has the id m-9; headgate deadletter list prints those there are")
	has(deadletter(exitFailed, "list", "--sink", "nobody"), "no sink of that name")
	has(deadletter(exitUsage, "replay", "--rate", "0"), "--rate")
	has(deadletter(exitFailed, "replay"), "out: 0 accepted, 3 not accepted, and kept", "log: 0 accepted")

	open.Store(true)
	has(deadletter(exitOK, "replay", "--sink", "out", "m-2"), "out: 1 accepted")
	has(deadletter(exitOK, "replay", "--json", "--sink", "out"), `{"sink":"out","accepted":2,"failed":0,"left":0}`)
	has(taken.Load().(string), `"id":"m-1"`, `"id":"m-2"`, `"id":"m-3"`)
	if s := p.stats().Sinks["out"]; s.Delivered != 3 || s.Recovered != 3 || s.DeadLettered != 3 || s.Queued != 0 {
		t.Errorf("the books: %+v", s)
	}

	open.Store(false)
	p.post("/v1/events", `{"name":"run","id":"m-4"}`)
	p.await("the dead letter", func() bool { return p.stats().Sinks["out"].DeadLettered == 4 })
	has(deadletter(exitOK, "purge", "--sink", "out"), "out: 1 dropped")
	has(deadletter(exitOK, "list"), "there are no dead letters")

	p.signal(syscall.SIGTERM)
	p.wait()
	has(deadletter(exitFailed, "list"), "no daemon answers")
}
