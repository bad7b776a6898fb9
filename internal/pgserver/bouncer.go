//go:build unix

package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Bouncer is a PgBouncer before a server, with one connection to each database.
type Bouncer struct {
	port   int
	cmd    *exec.Cmd
	exited chan struct{}
}

// NewBouncer starts a PgBouncer, which is looked for on the PATH, with a pool_mode. Close
// ends it. ok is false if there is none.
func (s *Server) NewBouncer(mode string) (b *Bouncer, ok bool, err error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		return nil, false, nil
	}
	dir, err := os.MkdirTemp(s.dir, "bouncer")
	if err != nil {
		return nil, true, err
	}
	if err := s.own(dir); err != nil {
		return nil, true, err
	}
	b = &Bouncer{port: freePort(), exited: make(chan struct{})}
	name := filepath.Join(filepath.Base(dir), "ini")
	ini := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=%s pool_size=1\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=%d\nunix_socket_dir=\nauth_type=any\npool_mode=%s\nlogfile=%s\n",
		s.port, User, b.port, mode, filepath.Join(dir, "log"))
	if err := s.writeFile(name, []byte(ini)); err != nil {
		return nil, true, err
	}
	b.cmd = exec.Command(program, "-q", filepath.Join(s.dir, name))
	b.cmd.Dir, b.cmd.SysProcAttr = dir, s.attributes(syscall.SIGKILL)
	if err := b.cmd.Start(); err != nil {
		return nil, true, err
	}
	go func() {
		_ = b.cmd.Wait()
		close(b.exited)
	}()
	for end := time.Now().Add(patience); ; time.Sleep(poll) {
		conn, err := pgconn.Connect(context.Background(), b.DSN("postgres"))
		if err == nil {
			return b, true, conn.Close(context.Background())
		}
		select {
		case <-b.exited:
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			return nil, true, fmt.Errorf("pgserver: pgbouncer ended: %s", text)
		default:
			if time.Now().After(end) {
				b.Close()
				return nil, true, err
			}
		}
	}
}

// DSN returns a connection string for a database of the server.
func (b *Bouncer) DSN(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", User, b.port, database)
}

// Close ends the PgBouncer.
func (b *Bouncer) Close() {
	_ = b.cmd.Process.Kill()
	<-b.exited
}
