package jetstream

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// roleVariable makes this test's binary another program: a server, or a process with a dispatcher.
const roleVariable = "HEADGATE_JETSTREAM_TEST_ROLE"

func play(role string) int {
	var err error
	switch role {
	case "server":
		err = playServer()
	case "replica":
		err = playReplica()
	default:
		err = fmt.Errorf("unknown role %s", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is this test's binary in another role. It ends when its standard input does.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{}
}

// spawn starts a process; what it prints is given to a function, line by line.
func spawn(t testing.TB, role string, settings any, line func(string)) *process {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(p.stdin, "%s\n", text)
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			line(lines.Text())
		}
		_ = p.cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process without a warning, as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
	_ = p.stdin.Close()
}

// settle reads the settings of a process, and returns the rest of what it is told.
func settings(into any) (*bufio.Scanner, error) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		return nil, io.ErrUnexpectedEOF
	}
	return lines, json.Unmarshal(lines.Bytes(), into)
}

// serverSettings are those of a server of a cluster, or of one alone.
type serverSettings struct {
	Name, Dir string
	Port      int
	Route     int   // the port for the other servers; 0: alone
	Routes    []int // all of them
}

func playServer() error {
	var s serverSettings
	rest, err := settings(&s)
	if err != nil {
		return err
	}
	opts := &natsserver.Options{
		ServerName: s.Name, Host: "127.0.0.1", Port: s.Port, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: s.Dir, SyncAlways: true, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 4 << 30,
	}
	if s.Route != 0 {
		opts.Cluster = natsserver.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: s.Route}
		for _, port := range s.Routes {
			opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
		}
	}
	server, err := natsserver.NewServer(opts)
	if err != nil {
		return err
	}
	server.Start()
	for rest.Scan() { // until whoever started it is gone
	}
	server.Shutdown()
	return nil
}

// cluster is servers in processes of their own.
type cluster struct {
	t        testing.TB
	settings []serverSettings
	mu       sync.Mutex
	running  []*process
}

func startCluster(t testing.TB, servers int) *cluster {
	t.Helper()
	c := &cluster{t: t, running: make([]*process, servers)}
	var routes []int
	for range servers {
		routes = append(routes, freePort(t))
	}
	for i := range servers {
		s := serverSettings{Name: fmt.Sprint("server-", i), Dir: t.TempDir(), Port: freePort(t)}
		if servers > 1 {
			s.Route, s.Routes = routes[i], routes
		}
		c.settings = append(c.settings, s)
		c.start(i)
	}
	return c
}

func (c *cluster) start(i int) {
	c.t.Helper()
	p := spawn(c.t, "server", c.settings[i], func(string) {})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running[i] = p
}

func (c *cluster) kill(i int) {
	c.mu.Lock()
	p := c.running[i]
	c.mu.Unlock()
	p.kill()
}

func (c *cluster) url() (urls string) {
	for i, s := range c.settings {
		if i > 0 {
			urls += ","
		}
		urls += fmt.Sprintf("nats://127.0.0.1:%d", s.Port)
	}
	return urls
}

// await waits until the cluster takes requests.
func (c *cluster) await(a admin) {
	c.t.Helper()
	eventually(c.t, "the servers have a leader", func() bool {
		ctx, cancel := contextFor(2 * time.Second)
		defer cancel()
		_, err := a.js.AccountInfo(ctx)
		return err == nil
	})
}
