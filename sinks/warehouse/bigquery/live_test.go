package bigquery

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

// liveVariable names a dataset of BigQuery itself, as project.dataset, in which tables are
// made and removed, with the credentials of the machine. It costs next to nothing.
const liveVariable = "HEADGATE_BIGQUERY_DATASET"

// patient tries again where a table that was made a moment ago is not known everywhere yet.
type patient struct{ *driver }

func (p patient) Write(ctx context.Context, b warehouse.Batch) error {
	for {
		err := p.driver.Write(ctx, b)
		if class, _ := core.Classify(err); err == nil || class != core.ClassRetry || !p.justCreated() || sleep(ctx, 5*time.Second) != nil {
			return err
		}
	}
}

func TestTheDriverKeepsTheContractWithBigQueryWhenItAppends(t *testing.T) {
	liveContract(t, mode("stream"))
}

func TestTheDriverKeepsTheContractWithBigQueryWhenItLoads(t *testing.T) {
	liveContract(t, mode("load"))
}

func liveContract(t *testing.T, mode change) {
	t.Helper()
	where, within, ok := strings.Cut(os.Getenv(liveVariable), ".")
	if !ok {
		t.Skipf("%s names no dataset", liveVariable)
	}
	to := func(t *testing.T, table, s string) warehouse.Options {
		return options(t, "", mode, schema(s), func(c *warehouse.Config) { c.Project, c.Dataset, c.Table = where, within, table })
	}
	made := 0
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			made++
			table := fmt.Sprintf("headgate_test_%d_%d", time.Now().UnixNano(), made)
			t.Cleanup(func() {
				d := openQuickly(t, to(t, table, warehouse.SchemaOff), network{})
				defer d.Close(context.Background())
				for kind, name := range map[string]string{"VIEW": d.target.unique, "TABLE": d.target.table} {
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					if err := d.execute(ctx, "remove what the test has made", "DROP "+kind+" IF EXISTS "+quote(where, within, name)); err != nil {
						t.Log(err)
					}
					cancel()
				}
			})
			return table
		},
		Open: func(t *testing.T, place, s string) warehouse.Driver {
			d, err := openOn(to(t, place, s), network{})
			if err != nil {
				t.Fatal(err)
			}
			return patient{d}
		},
		Rows:      func(t *testing.T, place string) []warehouse.Row { return query(t, to(t, place, warehouse.SchemaOff)) },
		Poison:    poison,
		OwnExpiry: true,
		NoCrash:   "it is tried with a server in memory, where processes are killed for nothing",
		Patience:  5 * time.Minute,
	})
}
