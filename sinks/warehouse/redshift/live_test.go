//go:build unix

package redshift

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

// The contract, tried with Redshift itself: HEADGATE_REDSHIFT_DSN names a database where
// tables may be made, which the test removes.
func TestTheDriverKeepsTheContractWithRedshiftItself(t *testing.T) {
	dsn := os.Getenv("HEADGATE_REDSHIFT_DSN")
	if dsn == "" {
		t.Skip("HEADGATE_REDSHIFT_DSN is not set")
	}
	const between = " table "
	openTable := func(t *testing.T, place, ensure string) *driver {
		dsn, table, _ := strings.Cut(place, between)
		o, err := warehouse.NewOptions(warehouse.Config{Driver: "redshift", Table: table, DSN: core.NewSecret(dsn), EnsureSchema: &ensure})
		if err != nil {
			t.Fatal(err)
		}
		d, err := open(o, tableAttributes)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			table := fmt.Sprintf("headgate_test_%d", time.Now().UnixNano())
			t.Cleanup(func() {
				queryWith(context.Background(), t, dsn, "DROP TABLE IF EXISTS "+table+"; DROP TABLE IF EXISTS "+table+lockSuffix)
			})
			return dsn + between + table
		},
		Open: func(t *testing.T, place, ensure string) warehouse.Driver { return openTable(t, place, ensure) },
		Rows: func(t *testing.T, place string) []warehouse.Row {
			dsn, table, _ := strings.Cut(place, between)
			return rowsOf(t, dsn, table)
		},
		Poison:   func(r *warehouse.Row) { r.Payload = []byte(`{"v":"` + strings.Repeat("x", 70_000) + `"}`) },
		Patience: 5 * time.Minute,
	})
}
