//go:build unix

package postgres

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/internal/pgserver"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

var server pgserver.Lazy

func TestMain(m *testing.M) { goleak.VerifyTestMain(server.Around(m)) }

const tableName = "telemetry_events"

// openAt opens the driver on a DSN.
func openAt(t testing.TB, dsn, schema string) warehouse.Driver {
	t.Helper()
	return openWith(t, warehouse.Config{Driver: "postgres", Table: tableName, DSN: core.NewSecret(dsn), EnsureSchema: &schema})
}

func openWith(t testing.TB, c warehouse.Config) warehouse.Driver {
	t.Helper()
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ready opens the driver in a new schema with the table in it.
func ready(t testing.TB) (d *driver, dsn string) {
	t.Helper()
	dsn = server.Schema(t)
	d = openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	t.Cleanup(func() { closeDriver(t, d) })
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, dsn
}

func closeDriver(t testing.TB, d warehouse.Driver) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
}

// query returns the rows of a statement, executed without the driver, as text.
func queryAt(t testing.TB, dsn, sql string) [][]string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := query(t.Context(), conn, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// one returns the only value of a statement.
func one(t testing.TB, dsn, sql string) string {
	t.Helper()
	rows := queryAt(t, dsn, sql)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: %v, want one value", sql, rows)
	}
	return rows[0][0]
}

// rowsAt reads the table back.
func rowsAt(t testing.TB, dsn, table string) (rows []warehouse.Row) {
	t.Helper()
	if one(t, dsn, "SELECT to_regclass('"+table+"') IS NULL") == "t" {
		return nil
	}
	at := func(text string) time.Time {
		const layout = "2006-01-02 15:04:05.999999Z07"
		moment, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment.UTC()
	}
	for _, r := range queryAt(t, dsn+"&timezone=UTC", `SELECT "id", "endpoint", "payload", "timestamp", "received_at", "kind", "user_id",
		"anonymous_id", "session_id", "app_name", "app_version", "context", "schema_version" FROM `+table) {
		row := warehouse.Row{
			ID: r[0], Endpoint: r[1], Payload: []byte(r[2]), Time: at(r[3]), Received: at(r[4]), Kind: r[5], UserID: r[6],
			AnonymousID: r[7], SessionID: r[8], AppName: r[9], AppVersion: r[10], Context: []byte(r[11]),
		}
		fmt.Sscan(r[12], &row.SchemaVersion)
		rows = append(rows, row)
	}
	return rows
}

// proxied are the proxies before schemas, by the DSN that leads through one.
type proxied struct {
	mu      sync.Mutex
	proxies map[string]*pgserver.Proxy
}

// schema makes a schema behind a proxy of its own.
func (p *proxied) schema(t *testing.T) (dsn string) {
	t.Helper()
	proxy, err := server.Need(t).NewProxy()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	dsn = through(t, server.Schema(t), proxy)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proxies == nil {
		p.proxies = make(map[string]*pgserver.Proxy)
	}
	p.proxies[dsn] = proxy
	return dsn
}

func (p *proxied) of(dsn string) *pgserver.Proxy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proxies[dsn]
}

// through returns a DSN with the address of a proxy in it.
func through(t testing.TB, dsn string, proxy *pgserver.Proxy) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d", proxy.Port())
	return u.String()
}

// as returns a DSN with another user in it.
func as(t testing.TB, dsn, user, password string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// poison makes a payload that is JSON, but has a number that jsonb has no room for.
func poison(r *warehouse.Row) { r.Payload = []byte(`{"n":1e400000}`) }

func TestTheDriverKeepsTheContract(t *testing.T) {
	var places proxied
	drivertest.Run(t, drivertest.Harness{
		New:    places.schema,
		Open:   func(t *testing.T, place, schema string) warehouse.Driver { return openAt(t, place, schema) },
		Rows:   func(t *testing.T, place string) []warehouse.Row { return rowsAt(t, place, tableName) },
		Poison: poison,
		Break: func(t *testing.T, place string) func() {
			proxy := places.of(place)
			proxy.Refuse(true)
			return func() { proxy.Refuse(false) }
		},
		Lose: func(t *testing.T, place string) { places.of(place).LoseAnswerTo("INSERT") },
		Refused: func(t *testing.T, place string) warehouse.Driver {
			server.Need(t).Exec(t, "postgres", "DO $$ BEGIN CREATE ROLE stranger LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN END $$")
			return openAt(t, as(t, place, "stranger", "wrong"), warehouse.SchemaVerify)
		},
	})
}

// rows makes rows with ids that start with a prefix.
func makeRows(prefix string, n int) []warehouse.Row {
	made := make([]warehouse.Row, n)
	at := time.Now().UTC().Truncate(time.Microsecond)
	for i := range made {
		made[i] = warehouse.Row{
			ID: fmt.Sprintf("%s-%d", prefix, i), Endpoint: "run", Kind: "track", Payload: fmt.Appendf(nil, `{"n":%d}`, i),
			Time: at, Received: at, Context: []byte("{}"), SchemaVersion: warehouse.SchemaVersion,
		}
	}
	return made
}

func ids(rows []warehouse.Row) string {
	var all []string
	for _, r := range rows {
		all = append(all, r.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
