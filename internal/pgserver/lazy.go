//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// TB is what of testing.TB is needed.
type TB interface {
	Helper()
	Context() context.Context
	Fatal(args ...any)
	Skip(args ...any)
}

// Lazy is a server for the tests of a package, started by the first that needs it. The
// zero value is ready to use.
type Lazy struct {
	once   sync.Once
	server *Server
	err    error
	names  atomic.Int64
}

// Need returns the running server. Where there is no PostgreSQL the test is skipped, or
// fails if CI or HEADGATE_REQUIRE_SERVICES is set.
func (l *Lazy) Need(t TB) *Server {
	t.Helper()
	l.once.Do(func() { l.server, l.err = Start() })
	switch {
	case errors.Is(l.err, errMissing) && !required():
		t.Skip(l.err)
	case l.err != nil:
		t.Fatal(l.err)
	}
	return l.server
}

// Database makes an empty database and returns its connection string. It is dropped with
// the server.
func (l *Lazy) Database(t TB) string {
	t.Helper()
	s := l.Need(t)
	name := fmt.Sprintf("test%d", l.names.Add(1))
	s.Exec(t, "postgres", "CREATE DATABASE "+name)
	return s.DSN(name)
}

// Schema makes an empty schema, which is much cheaper than a database, and returns a
// connection string with which names stand for what is in it, or else in public.
func (l *Lazy) Schema(t TB) string {
	t.Helper()
	s := l.Need(t)
	name := fmt.Sprintf("schema%d", l.names.Add(1))
	s.Exec(t, "postgres", "CREATE SCHEMA "+name)
	return s.DSN("postgres") + "&search_path=" + name + ",public"
}

// Around returns tests that stop the server after they have run, for TestMain.
func (l *Lazy) Around(m interface{ Run() int }) interface{ Run() int } { return around{m, l} }

type around struct {
	m interface{ Run() int }
	l *Lazy
}

func (a around) Run() int {
	defer func() {
		if a.l.server != nil {
			a.l.server.Stop()
		}
	}()
	return a.m.Run()
}

// Exec runs statements in a database as the superuser, beside any proxy.
func (s *Server) Exec(t TB, database, sql string) {
	t.Helper()
	if err := s.exec(t.Context(), database, sql); err != nil {
		t.Fatal(fmt.Sprintf("%s: %v", sql, err))
	}
}
