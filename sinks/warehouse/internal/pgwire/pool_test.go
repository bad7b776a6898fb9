//go:build unix

package pgwire

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/internal/pgserver"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

var server pgserver.Lazy

func TestMain(m *testing.M) { goleak.VerifyTestMain(server.Around(m)) }

// poolAt makes a pool whose clock is ahead by what later returns.
func poolAt(t *testing.T, dsn string, later *time.Duration) *Pool {
	t.Helper()
	p, err := Open(warehouse.Options{Config: warehouse.Config{DSN: core.NewSecret(dsn)}}, 5432)
	if err != nil {
		t.Fatal(err)
	}
	p.now = func() time.Time { return time.Now().Add(*later) }
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return p
}

// backend returns the process that serves the connection that Do uses.
func backend(t *testing.T, p *Pool) (pid uint32) {
	t.Helper()
	err := p.Do(t.Context(), func(conn *pgconn.PgConn) error {
		pid = conn.PID()
		return conn.Ping(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestAConnectionIsKeptWhileItIsFitForUse(t *testing.T) {
	var later time.Duration
	p := poolAt(t, server.Need(t).DSN("postgres"), &later)
	first := backend(t, p)
	for _, wait := range []time.Duration{0, checkAfter + time.Second, maxIdle - time.Second} {
		if later += wait; backend(t, p) != first {
			t.Errorf("after %v another connection was made", wait)
		}
	}
	later += maxIdle
	second := backend(t, p)
	if second == first {
		t.Errorf("a connection was used after %v", maxIdle)
	}
	for elapsed := time.Duration(0); elapsed < maxLifetime; elapsed += maxIdle / 2 {
		later += maxIdle / 2
		first, second = second, backend(t, p)
	}
	if second == first {
		t.Errorf("a connection was used for more than %v", maxLifetime)
	}
}

func TestAConnectionThatWasCutIsReplacedBeforeItIsUsed(t *testing.T) {
	s := server.Need(t)
	proxy, err := s.NewProxy()
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	var later time.Duration
	config, err := pgconn.ParseConfig(s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	p := poolAt(t, settings{"host": "127.0.0.1", "port": strconv.Itoa(proxy.Port()), "user": config.User, "dbname": "postgres"}.dsn(), &later)
	first := backend(t, p)
	proxy.Cut()
	later += checkAfter + time.Second
	if backend(t, p) == first {
		t.Error("the connection that was cut answers")
	}
	// One that was used a moment ago is not tried first, and is not used twice.
	proxy.Cut()
	if err := p.Do(t.Context(), func(conn *pgconn.PgConn) error { return conn.Ping(t.Context()) }); err == nil {
		t.Error("the connection that was cut answers")
	}
	backend(t, p)
}

func TestAConnectionLeftInATransactionIsNotUsedAgain(t *testing.T) {
	var none time.Duration
	p := poolAt(t, server.Need(t).DSN("postgres"), &none)
	first := backend(t, p)
	err := p.Do(t.Context(), func(conn *pgconn.PgConn) error {
		_, err := conn.Exec(t.Context(), "BEGIN").ReadAll()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if backend(t, p) == first {
		t.Error("the next one would have been within the transaction")
	}
	func() {
		defer func() { _ = recover() }()
		_ = p.Do(t.Context(), func(*pgconn.PgConn) error { panic("of the caller") })
	}()
	backend(t, p)
}

func TestAPoolThatIsClosedConnectsNoMore(t *testing.T) {
	var none time.Duration
	p := poolAt(t, server.Need(t).DSN("postgres"), &none)
	backend(t, p)
	for range 2 {
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := p.Do(t.Context(), func(*pgconn.PgConn) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("%v, want %v", err, errClosed)
	}
}
