package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

// fakesnowURL names where fakesnow listens, a server in Python that translates Snowflake's
// SQL to DuckDB's: make test-emulators starts one. It was written by others, who know
// nothing of this driver, so it says more about the statements than an account that was
// taught them. It takes any credentials, and knows neither how sessions end nor
// what is done about it.
const fakesnowURL = "HEADGATE_FAKESNOW_URL"

func TestTheDriverKeepsTheContractWithFakesnow(t *testing.T) {
	upstream := os.Getenv(fakesnowURL)
	if upstream == "" {
		t.Skip(fakesnowURL + " does not say where fakesnow is; see make test-emulators")
	}
	var proxies sync.Map // by place
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			p := newFaultyProxy(t, upstream)
			schema := fmt.Sprintf("S%d", time.Now().UnixNano())
			admin(t, p.url, "CREATE DATABASE IF NOT EXISTS HEADGATE", "CREATE SCHEMA HEADGATE."+schema)
			place := p.url + "/" + schema
			proxies.Store(place, p)
			return place
		},
		Open: func(t *testing.T, place, schema string) warehouse.Driver {
			return microseconds{openPlace(t, place, schema)}
		},
		Rows: func(t *testing.T, place string) (rows []warehouse.Row) {
			withDB(t, placeConfig(place), func(db *sql.DB) { rows = selectRows(t, db, `"TELEMETRY_EVENTS"`) })
			return rows
		},
		// A number of ten digits is refused by a column of nine.
		Poison: func(row *warehouse.Row) { row.SchemaVersion = 1 << 40 },
		Break: func(t *testing.T, place string) func() {
			p, _ := proxies.Load(place)
			return p.(*faultyProxy).breakDown()
		},
		Lose: func(t *testing.T, place string) {
			p, _ := proxies.Load(place)
			p.(*faultyProxy).lose.Store(true)
		},
		MaxRows: 1000,
	})
}

// microseconds cuts times to what DuckDB has, which rounds what is finer.
type microseconds struct{ warehouse.Driver }

func (d microseconds) Write(ctx context.Context, b warehouse.Batch) error {
	b.Rows = slices.Clone(b.Rows)
	for i := range b.Rows {
		row := &b.Rows[i]
		row.Time, row.Received = row.Time.Truncate(time.Microsecond), row.Received.Truncate(time.Microsecond)
	}
	return d.Driver.Write(ctx, b)
}

func placeConfig(place string) warehouse.Config {
	endpoint, schema := place[:strings.LastIndexByte(place, '/')], place[strings.LastIndexByte(place, '/')+1:]
	return warehouse.Config{
		Driver: "snowflake", Table: "telemetry_events", Endpoint: endpoint, Account: "fakesnow", User: "headgate",
		Database: "headgate", Schema: schema, Warehouse: "wh", Password: core.NewSecret(patOf("any")),
	}
}

func openPlace(t *testing.T, place, schema string) warehouse.Driver {
	t.Helper()
	c := placeConfig(place)
	c.EnsureSchema = &schema
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// admin executes statements without the driver's own code but for the sign-in.
func admin(t *testing.T, endpoint string, statements ...string) {
	t.Helper()
	withDB(t, placeConfig(endpoint+"/"), func(db *sql.DB) {
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	})
}

// withDB signs in as the driver does.
func withDB(t *testing.T, c warehouse.Config, do func(*sql.DB)) {
	t.Helper()
	s, err := newSession(c)
	if err != nil {
		t.Fatal(err)
	}
	conn := &connector{session: func() session { return s }, carrier: newCarrier(s, false), timeout: time.Minute}
	db := sql.OpenDB(conn)
	defer conn.carrier.shut()
	defer db.Close()
	do(db)
}

func selectRows(t *testing.T, db *sql.DB, table string) (rows []warehouse.Row) {
	t.Helper()
	var names []string
	for _, c := range warehouse.Columns() {
		name := quote(c.Name)
		if c.Type == warehouse.JSON {
			name = "TO_JSON(" + name + ")"
		}
		names = append(names, name)
	}
	found, err := db.QueryContext(t.Context(), "SELECT "+strings.Join(names, ", ")+" FROM "+table)
	if err != nil {
		if strings.Contains(err.Error(), "002003") {
			return nil
		}
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		rows = append(rows, scanRow(t, found))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func scanRow(t *testing.T, found *sql.Rows) (row warehouse.Row) {
	t.Helper()
	var userID, anonymousID, sessionID, appName, appVersion sql.NullString
	err := found.Scan(&row.ID, &row.Endpoint, &row.Payload, &row.Time, &row.Received, &row.Kind, &userID, &anonymousID, &sessionID, &appName, &appVersion, &row.Context, &row.SchemaVersion)
	if err != nil {
		t.Fatal(err)
	}
	row.UserID, row.AnonymousID, row.SessionID = userID.String, anonymousID.String, sessionID.String
	row.AppName, row.AppVersion = appName.String, appVersion.String
	return row
}

// faultyProxy is between the driver and a server that cannot be told to fail. It lets one
// statement after the other change rows, to its end, as the lock that a MERGE of Snowflake takes does:
// fakesnow runs them beside one another, and goes on with one that is cancelled.
type faultyProxy struct {
	url  string
	http *httptest.Server
	down atomic.Bool
	lose atomic.Bool // the answer to the next statement that changes rows
	lock sync.Mutex
}

// changesRows goes by the size of a request: its statement alone is longer than any other.
func changesRows(r *http.Request) bool { return r.ContentLength > 1000 }

func newFaultyProxy(t *testing.T, upstream string) *faultyProxy {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	p := new(faultyProxy)
	transport := &http.Transport{}
	forward := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			if changesRows(r.Request) && p.lose.CompareAndSwap(true, false) {
				panic(http.ErrAbortHandler)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			panic(http.ErrAbortHandler)
		}
		if changesRows(r) {
			p.lock.Lock()
			defer p.lock.Unlock()
			ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
			defer cancel()
			r = r.WithContext(ctx)
		}
		forward.ServeHTTP(w, r)
	}))
	p.url = p.http.URL
	t.Cleanup(func() {
		p.http.CloseClientConnections()
		p.http.Close()
		transport.CloseIdleConnections()
	})
	return p
}

func (p *faultyProxy) breakDown() (mend func()) {
	p.down.Store(true)
	p.http.CloseClientConnections()
	return func() { p.down.Store(false) }
}
