//go:build unix

package postgres

import (
	"fmt"
	"testing"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestPgBouncerMayStandBetween(t *testing.T) {
	for _, mode := range []string{"session", "transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			b, ok, err := server.Need(t).NewBouncer(mode)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				t.Skip("there is no pgbouncer on the PATH; install the package pgbouncer")
			}
			defer b.Close()
			direct := server.Database(t)
			dsn := b.DSN(one(t, direct, "SELECT current_database()"))
			writers := 2 // through one connection to the server
			if mode == "session" {
				writers = 1
			}
			var drivers []*driver
			for range writers {
				d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
				defer closeDriver(t, d)
				drivers = append(drivers, d)
			}
			var all [][]warehouse.Row
			for i, way := range []string{"inserted", "copied", "staged", "refused"} {
				for w, d := range drivers {
					if err := d.EnsureSchema(t.Context()); err != nil {
						t.Fatal(err)
					}
					d.doubt.left.Store(cautious)
					rows := makeRows(fmt.Sprint(way, i, w), 50)
					switch way {
					case "copied":
						trusting(d)
					case "staged":
						d.stageFrom = 50
					case "refused":
						d.stageFrom = stageFrom
						bad := append([]warehouse.Row{}, rows...)
						poison(&bad[7])
						if err := d.Write(t.Context(), warehouse.Batch{Rows: bad}); err == nil {
							t.Error("a bad row was written")
						}
					}
					if way == "staged" && mode == "statement" { // it takes no transactions, as is found out
						if err := d.Write(t.Context(), warehouse.Batch{Rows: rows}); err == nil || !d.noTemp.Load() {
							t.Errorf("%v", err)
						}
					}
					write(t, d, rows)
					all = append(all, rows)
				}
			}
			mustHave(t, direct, all...)
		})
	}
}
