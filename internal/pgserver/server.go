//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// User is the superuser of a server. It is let in without a password.
const User = "headgate"

// Server is a PostgreSQL server that listens on the loopback interface and on a socket.
// Its methods must not be called at the same time.
type Server struct {
	bin, dir string
	port     int
	owner    *syscall.Credential // of the processes and files, nil for who runs the test
	cmd      *exec.Cmd           // nil while it is stopped
	exited   chan struct{}       // closed when cmd has ended
}

// How long to wait for the programs of PostgreSQL on a machine that is busy.
const (
	patience = 2 * time.Minute
	poll     = 10 * time.Millisecond
)

// Start makes a new cluster in a temporary directory and runs a server on it.
func Start() (*Server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(shortTempDir(), "hgpg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if err := s.create(); err != nil {
		s.Stop()
		return nil, err
	}
	if err := s.Restart(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// shortTempDir returns a directory whose name leaves room for that of a socket, at most
// 103 bytes on some systems.
func shortTempDir() string {
	if dir := os.TempDir(); len(dir) < 60 {
		return dir
	}
	return "/tmp"
}

// create makes the cluster. Its owner cannot be root, which the server refuses to run as.
func (s *Server) create() error {
	if os.Geteuid() == 0 {
		owner, err := unprivileged()
		if err != nil {
			return err
		}
		s.owner = owner
		if err := s.own(s.dir); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// What initdb writes need not survive a power failure; what the server writes does.
	initdb := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"),
		"--pgdata", s.data(), "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = s.dir, s.attributes(syscall.SIGKILL)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("pgserver: initdb: %w\n%s", err, out)
	}
	if err := s.writeCertificate(); err != nil {
		return err
	}
	return s.writeFile("data/pg_hba.conf", []byte(hba))
}

// hba lets the superuser in as it comes, and others only with a password.
const hba = `local all ` + User + ` trust
host all ` + User + ` 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// writeFile writes a file that the server can read, and nobody else.
func (s *Server) writeFile(name string, text []byte) error {
	name = filepath.Join(s.dir, name)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return err
	}
	return s.own(name)
}

func (s *Server) own(name string) error {
	if s.owner == nil {
		return nil
	}
	return os.Chown(name, int(s.owner.Uid), int(s.owner.Gid))
}

// Restart starts the server when it is not running. It keeps its address.
func (s *Server) Restart() error {
	if s.cmd != nil {
		return errors.New("pgserver: it is running already")
	}
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(poll) {
		if s.port == 0 || s.taken(err) {
			s.port = freePort()
		}
		if err = s.run(); err == nil {
			return nil
		}
		// The port may be taken, or processes of a server that was killed still be there.
	}
	return err
}

// taken reports whether the first start failed because of the port. Later ones keep it.
func (s *Server) taken(err error) bool {
	return err != nil && s.exited == nil && strings.Contains(err.Error(), "could not bind")
}

// freePort returns a port that nothing listens on now. It is below those that systems
// give to outgoing connections and to listeners without a port of their own, so that
// none of these can take it while the server is down.
func freePort() int {
	for {
		port := 15000 + rand.IntN(15000)
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			ln.Close()
			return port
		}
	}
}

// settings of the server. It syncs what it commits, as a real one does.
func (s *Server) settings() []string {
	return []string{
		"-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=50", "-c", "shared_buffers=64MB",
		"-c", "ssl=on", "-c", "ssl_cert_file=" + filepath.Join(s.dir, "server.crt"), "-c", "ssl_key_file=" + filepath.Join(s.dir, "server.key"),
	}
}

// run starts the server and waits until it answers.
func (s *Server) run() error {
	logName := filepath.Join(s.dir, "log")
	log, err := os.Create(logName)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), s.settings()...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = s.attributes(syscall.SIGQUIT) // an immediate shutdown, should the test die
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := s.exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			s.cmd, s.exited = cmd, exited
			return nil
		}
		select {
		case <-exited:
			text, _ := os.ReadFile(logName)
			return fmt.Errorf("pgserver: postgres ended: %s", text)
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGQUIT)
			<-exited
			return fmt.Errorf("pgserver: postgres does not answer: %w", err)
		case <-time.After(poll):
		}
	}
}

// Kill ends every process of the server at once, as kill -9 does. Restart starts it again.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	children := childrenOf(s.cmd.Process.Pid)
	_ = s.cmd.Process.Kill()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	<-s.exited
	s.cmd = nil
}

// childrenOf returns the processes that a process has started: those that serve
// connections and those that write in the background. Where there is no /proc it finds
// none; they then end by themselves when they see that the server has.
func childrenOf(parent int) (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// "pid (name) state parent …"; a name may have spaces and parentheses in it.
		_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-s.exited:
			s.cmd = nil
		case <-time.After(patience):
			s.Kill()
		}
	}
	_ = os.RemoveAll(s.dir)
}

// Port returns the TCP port that the server listens on at 127.0.0.1.
func (s *Server) Port() int { return s.port }

// DSN returns a connection string for a database, as the superuser and without TLS.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", User, s.port, database)
}

// exec runs statements in a database, over the socket.
func (s *Server) exec(ctx context.Context, database, sql string) error {
	conn, err := pgconn.Connect(ctx, fmt.Sprintf("host=%s port=%d user=%s dbname=%s", s.dir, s.port, User, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql).ReadAll()
	return err
}
