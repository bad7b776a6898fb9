package cli

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestADaemonWhoseQueueIsAwayLivesAndIsNotReady(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	p := startProcess(t, "queue: {type: jetstream, url: \"nats://${WORD}@"+address+"\"}\n", "WORD="+strings.Repeat("pa5s", 4))
	for probe, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable} {
		if status, body := p.get(p.ready.Admin + probe); status != want {
			t.Errorf("%s: %d %s, want %d", probe, status, body, want)
		}
	}
	if status, body := p.post("/v1/events", `{"name":"signup"}`); status != http.StatusTooManyRequests {
		t.Errorf("post: %d %s, want 429", status, body)
	}
	p.await("a word about the servers", func() bool { return strings.Contains(p.stderr(), "nats://"+address) })
	if strings.Contains(p.stderr(), strings.Repeat("pa5s", 4)) {
		t.Error("the password is logged")
	}
	if got := p.stats().Books; got.Accepted != 0 || got.Rejected != 1 {
		t.Errorf("the books are %+v", got)
	}
}
