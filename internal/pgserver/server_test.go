//go:build unix

package pgserver

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var server Lazy

func TestMain(m *testing.M) { os.Exit(server.Around(m).Run()) }

func count(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.Exec(t.Context(), "SELECT count(*) FROM kept").ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[0].Rows[0][0])
}

func TestWhatIsCommittedOutlivesAKilledServer(t *testing.T) {
	dsn := server.Database(t)
	s := server.Need(t)
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	s.Exec(t, config.Database, "CREATE TABLE kept AS SELECT generate_series(1, 1000)")
	for range 2 {
		s.Kill()
		if _, err := pgconn.Connect(t.Context(), dsn); err == nil {
			t.Fatal("a killed server answers")
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		if n := count(t, dsn); n != "1000" {
			t.Errorf("%s rows, want 1000", n)
		}
	}
}

func TestAProxyCutsWhereItIsTold(t *testing.T) {
	s := server.Need(t)
	p, err := s.NewProxy()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	config, err := pgconn.ParseConfig(s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	config.Port = uint16(p.Port())
	query := func(conn *pgconn.PgConn) error {
		_, err := conn.Exec(t.Context(), "SELECT 1").ReadAll()
		return err
	}
	for name, cut := range map[string]func(){"at once": p.Cut, "within a message": func() { p.CutAfter(10) }} {
		conn, err := pgconn.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if err := query(conn); err != nil {
			t.Fatal(err)
		}
		cut()
		if err := query(conn); err == nil {
			t.Errorf("%s: a query came through a cut connection", name)
		}
		conn.Close(t.Context())
	}
	if n := p.Connections(); n < 2 {
		t.Errorf("%d connections were counted of 2", n)
	}
}
