//go:build unix

package redshift

import (
	"context"
	"fmt"
	"net/url"
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

// The tests run against PostgreSQL with what of Redshift the statements use: the type
// SUPER and the function JSON_PARSE. What only Redshift has, DISTSTYLE and SORTKEY, is in a
// part of the DDL that is left out here.
const shim = `CREATE DOMAIN super AS jsonb;
CREATE FUNCTION json_parse(text) RETURNS super LANGUAGE sql IMMUTABLE AS 'SELECT $1::jsonb'`

var server pgserver.Lazy

func TestMain(m *testing.M) { goleak.VerifyTestMain(server.Around(m)) }

const tableName = "telemetry_events"

func openAt(t testing.TB, dsn, ensure string) *driver {
	t.Helper()
	o, err := warehouse.NewOptions(warehouse.Config{Driver: "redshift", Table: tableName, DSN: core.NewSecret(dsn), EnsureSchema: &ensure})
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(o, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shimmed makes the server look like Redshift.
var shimmed sync.Once

// schema makes a schema for a test.
func schema(t testing.TB) (dsn string) {
	t.Helper()
	shimmed.Do(func() { server.Need(t).Exec(t, "postgres", shim) })
	return server.Schema(t)
}

// ready opens the driver in a new schema with the tables in it.
func ready(t testing.TB) (d *driver, dsn string) {
	t.Helper()
	dsn = schema(t)
	d = openAt(t, dsn, warehouse.SchemaCreate)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, dsn
}

// queryAt returns the rows of the last statement, executed without the driver, as text.
func queryAt(t testing.TB, dsn, sql string) (rows [][]string) {
	t.Helper()
	return queryWith(t.Context(), t, dsn, sql)
}

func queryWith(ctx context.Context, t testing.TB, dsn, sql string) (rows [][]string) {
	t.Helper()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, r := range results[len(results)-1].Rows {
		var row []string
		for _, value := range r {
			row = append(row, string(value))
		}
		rows = append(rows, row)
	}
	return rows
}

// rowsAt reads the table back.
func rowsAt(t testing.TB, dsn string) (rows []warehouse.Row) {
	t.Helper()
	return rowsOf(t, dsn, tableName)
}

func rowsOf(t testing.TB, dsn, table string) (rows []warehouse.Row) {
	t.Helper()
	if len(queryAt(t, dsn, "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '"+table+"'")) == 0 {
		return nil
	}
	at := func(text string) time.Time {
		moment, err := time.Parse("2006-01-02 15:04:05.999999Z07", text)
		if err != nil {
			t.Fatal(err)
		}
		return moment.UTC()
	}
	for _, r := range queryAt(t, dsn, `SET timezone = 'UTC'; SELECT "id", "endpoint", "payload", "timestamp", "received_at", "kind", "user_id",
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

// makeRows makes rows with ids that start with a prefix.
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

func TestTheDriverKeepsTheContract(t *testing.T) {
	var proxies sync.Map // of *pgserver.Proxy by DSN
	proxyOf := func(dsn string) *pgserver.Proxy {
		p, _ := proxies.Load(dsn)
		return p.(*pgserver.Proxy)
	}
	with := func(t *testing.T, dsn string, change func(*url.URL)) string {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			proxy, err := server.Need(t).NewProxy()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(proxy.Close)
			dsn := with(t, schema(t), func(u *url.URL) { u.Host = fmt.Sprintf("127.0.0.1:%d", proxy.Port()) })
			proxies.Store(dsn, proxy)
			return dsn
		},
		Open:   func(t *testing.T, place, ensure string) warehouse.Driver { return openAt(t, place, ensure) },
		Rows:   func(t *testing.T, place string) []warehouse.Row { return rowsAt(t, place) },
		Poison: func(r *warehouse.Row) { r.Payload = []byte(`{"n":1e400000}`) },
		Break: func(t *testing.T, place string) func() {
			proxyOf(place).Refuse(true)
			return func() { proxyOf(place).Refuse(false) }
		},
		Lose: func(t *testing.T, place string) { proxyOf(place).LoseAnswerTo("COMMIT") },
		Refused: func(t *testing.T, place string) warehouse.Driver {
			server.Need(t).Exec(t, "postgres", "DO $$ BEGIN CREATE ROLE stranger LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN END $$")
			return openAt(t, with(t, place, func(u *url.URL) { u.User = url.UserPassword("stranger", "wrong") }), warehouse.SchemaVerify)
		},
	})
}
