package server

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// TestASenderThatWritesItsWholeBodyFirstFindsTheAnswer: many clients do, and lose the
// answer when the server closes the connection with their bytes unread.
func TestASenderThatWritesItsWholeBodyFirstFindsTheAnswer(t *testing.T) {
	s := started(t, Options{Gate: &recorder{}, WriteKeys: []core.Secret{core.NewSecret(testKey)}, MaxBody: 1 << 20})
	for name, c := range map[string]struct {
		key    string
		size   int
		status int
	}{
		"too large":   {testKey, 20 << 20, http.StatusRequestEntityTooLarge},
		"without key": {"", 4 << 20, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", c.key, c.size)
			if _, err := conn.Write(bytes.Repeat([]byte(" "), c.size)); err != nil {
				t.Fatalf("writing the body: %v", err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || resp.StatusCode != c.status {
				t.Fatalf("answered %v, %v, want %d", resp, err, c.status)
			}
		})
	}
}
