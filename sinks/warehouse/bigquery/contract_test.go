package bigquery

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness tries the driver in one of its modes.
func harness(mode change, lose func(*fake.Server)) drivertest.Harness {
	var servers sync.Map // of *fake.Server, by URL
	of := func(place string) *fake.Server {
		s, _ := servers.Load(place)
		return s.(*fake.Server)
	}
	return drivertest.Harness{
		New: func(t *testing.T) string {
			s := newServer(t)
			servers.Store(s.URL(), s)
			return s.URL()
		},
		Open: func(t *testing.T, place, s string) warehouse.Driver {
			return openQuickly(t, options(t, place, mode, schema(s)), network{})
		},
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
		Poison: poison,
		Break: func(t *testing.T, place string) func() {
			of(place).Break()
			return of(place).Mend
		},
		Lose: func(t *testing.T, place string) { lose(of(place)) },
		Refused: func(t *testing.T, place string) warehouse.Driver {
			if _, err := of(place).Credentials(); err != nil { // from now on it wants a token
				t.Fatal(err)
			}
			theirs, err := newServer(t).Credentials()
			if err != nil {
				t.Fatal(err)
			}
			return openQuickly(t, options(t, place, mode, credentialsOf(theirs)), network{})
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
