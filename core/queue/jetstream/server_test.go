package jetstream

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
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

// freePort returns a port that nobody listens on. It is below those that the system gives to clients, or one
// might be taken before a server of ours listens on it, and while that is stopped.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		if _, taken := ports.LoadOrStore(port, true); taken {
			continue
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

// ports are those that were given to tests.
var ports sync.Map
