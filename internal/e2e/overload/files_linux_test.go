package overload

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestADaemonThatRunsOutOfFilesGoesOnWhenThereAreSome has more connections than the daemon may have files, while
// its queue and its sinks need some, too.
func TestADaemonThatRunsOutOfFilesGoesOnWhenThereAreSome(t *testing.T) {
	t.Parallel()
	to := newDestination(t)
	d := start(t, t.TempDir(), fmt.Sprintf("queue: {type: disk, dir: spool, max_bytes: 1MiB, on_full: drop_newest}\nsinks:\n  up: %s\n", to.sinkLines("/up")),
		how{under: []string{"/bin/sh", "-c", `ulimit -n 48 && exec "$0" "$@"`}})
	s := newSender(t, "m-")
	if a := s.post(d, 0, 10); a.accepted != 10 {
		t.Fatalf("%+v", a)
	}
	address := strings.TrimPrefix(d.Listen, "http://")
	var idle []net.Conn
	for range 100 {
		conn, err := net.DialTimeout("tcp", address, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	d.await("the daemon to be out of files", func() bool { return d.footprint().files >= 47 })
	s.client.Timeout = 500 * time.Millisecond
	next := 1000
	for range 6 { // over the connection that is open: whatever it is told, it is no lie
		s.post(d, next, 500)
		next += 500
	}
	for _, conn := range idle {
		_ = conn.Close()
	}
	s.client.Timeout = 30 * time.Second
	d.await("events to be taken again", func() bool {
		next += 10
		return s.post(d, next-10, 10).status == http.StatusOK
	})
	d.await("everything to be delivered", func() bool { return d.stats().Sinks["up"].Queued == 0 })
	if missing, _ := to.missing("/up", s); missing != 0 {
		t.Errorf("%d of %d events that were acknowledged are missing", missing, len(s.acked))
	}
	t.Logf("%d acknowledged, none missing", len(s.acked))
}
