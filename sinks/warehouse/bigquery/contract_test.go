package bigquery

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	project = "my-project"
	dataset = "analytics"
	events  = project + "." + dataset + ".telemetry_events"
	unique  = events + "_unique"
)

// newServer makes a BigQuery with an empty dataset.
func newServer(t *testing.T) *fake.Server {
	t.Helper()
	return newServerWith(t, false)
}

func newServerWith(t *testing.T, secure bool) *fake.Server {
	t.Helper()
	s, err := fake.New(secure)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddDataset(project+"."+dataset, "EU")
	return s
}

// options are those of a driver on a server, changed by changes.
func options(t testing.TB, url string, changes ...func(*warehouse.Config)) warehouse.Options {
	t.Helper()
	c := warehouse.Config{Driver: "bigquery", Project: project, Dataset: dataset, Table: "telemetry_events", Endpoint: url}
	for _, change := range changes {
		change(&c)
	}
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func mode(m string) func(*warehouse.Config) {
	return func(c *warehouse.Config) { c.Mode = &m }
}

func schema(s string) func(*warehouse.Config) {
	return func(c *warehouse.Config) { c.EnsureSchema = &s }
}

// rowOf makes a row of what the server has.
func rowOf(stored fake.Row) warehouse.Row {
	text := func(name string) string { s, _ := stored[name].(string); return s }
	version, _ := stored["schema_version"].(int64)
	return warehouse.Row{
		ID: text("id"), Endpoint: text("endpoint"), Payload: stored["payload"].(json.RawMessage), Kind: text("kind"),
		Time: stored["timestamp"].(time.Time), Received: stored["received_at"].(time.Time),
		UserID: text("user_id"), AnonymousID: text("anonymous_id"), SessionID: text("session_id"),
		AppName: text("app_name"), AppVersion: text("app_version"),
		Context: stored["context"].(json.RawMessage), SchemaVersion: int(version),
	}
}

// harness tries the driver in one of its modes.
func harness(mode func(*warehouse.Config), lose func(*fake.Server)) drivertest.Harness {
	var servers sync.Map // of *fake.Server, by URL
	of := func(place string) *fake.Server {
		s, _ := servers.Load(place)
		return s.(*fake.Server)
	}
	openAs := func(t *testing.T, place, s string, changes ...func(*warehouse.Config)) warehouse.Driver {
		t.Helper()
		d, err := open(options(t, place, append(changes, mode, schema(s))...))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return drivertest.Harness{
		New: func(t *testing.T) string {
			s := newServer(t)
			servers.Store(s.URL(), s)
			return s.URL()
		},
		Open: func(t *testing.T, place, s string) warehouse.Driver { return openAs(t, place, s) },
		Rows: func(t *testing.T, place string) (rows []warehouse.Row) {
			stored, err := of(place).Query(unique)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range stored {
				rows = append(rows, rowOf(row))
			}
			return rows
		},
		Poison: func(row *warehouse.Row) { // deeper than BigQuery takes
			row.Payload = []byte(strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600))
		},
		Break: func(t *testing.T, place string) func() {
			of(place).Break()
			return of(place).Mend
		},
		Lose: func(t *testing.T, place string) { lose(of(place)) },
		Refused: func(t *testing.T, place string) warehouse.Driver {
			ours, theirs := of(place), newServer(t)
			if _, err := ours.Credentials(); err != nil { // from now on it wants a token
				t.Fatal(err)
			}
			key, err := theirs.Credentials()
			if err != nil {
				t.Fatal(err)
			}
			return openAs(t, place, warehouse.SchemaVerify, credentialsOf(key))
		},
		OwnExpiry: true,
	}
}

func TestTheDriverKeepsTheContractWhenItAppends(t *testing.T) {
	drivertest.Run(t, harness(mode("stream"), func(s *fake.Server) {
		var once sync.Once
		s.OnAppend(func(int) (a *fake.Append) {
			once.Do(func() { a = &fake.Append{Lost: true} })
			return a
		})
	}))
}

func TestTheDriverKeepsTheContractWhenItLoads(t *testing.T) {
	drivertest.Run(t, harness(mode("load"), func(s *fake.Server) {
		var once sync.Once
		s.OnRequest(func(_ int, r *http.Request) (a *fake.Answer) {
			if strings.HasPrefix(r.URL.Path, "/upload/") {
				once.Do(func() { a = &fake.Answer{Lost: true} })
			}
			return a
		})
	}))
}
