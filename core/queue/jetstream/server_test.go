package jetstream

import (
	"net"
	"strconv"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// testServer is a server in this process, whose port and directory stay the same when it is started again.
type testServer struct {
	dir    string
	port   int
	server *natsserver.Server
	change func(*natsserver.Options)
}

func startServer(t testing.TB) *testServer {
	t.Helper()
	s := &testServer{dir: t.TempDir(), port: freePort(t)}
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *testServer) options() *natsserver.Options {
	opts := &natsserver.Options{
		Host: "127.0.0.1", Port: s.port, JetStream: true, StoreDir: s.dir,
		NoLog: true, NoSigs: true, SyncAlways: true, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 4 << 30,
	}
	if s.change != nil {
		s.change(opts)
	}
	return opts
}

func (s *testServer) start(t testing.TB) {
	t.Helper()
	server, err := natsserver.NewServer(s.options())
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	if !server.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server did not start")
	}
	s.server = server
}

func (s *testServer) stop() {
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
		s.server = nil
	}
}

func (s *testServer) url() string { return "nats://127.0.0.1:" + strconv.Itoa(s.port) }

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
