//go:build unix

package postgres

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// benchRows makes rows of events with eight properties, about 500 bytes each as JSON.
func benchRows(b *testing.B, n int) []warehouse.Row {
	b.Helper()
	rows := make([]warehouse.Row, n)
	for i := range rows {
		sealed, err := core.Seal(core.Config{App: core.App{Name: "acme", Version: "1.2.3"}}, core.Event{
			Name: "component_run", UserID: fmt.Sprint("user-", i%1000), AnonymousID: fmt.Sprint("anonymous-", i%1000), SessionID: fmt.Sprint("session-", i%5000),
			Props: core.Props{
				"componentName": "OpenAIModel", "runSeconds": float64(i%977) / 7, "runSuccess": i%9 != 0, "inputTokens": i % 4001,
				"errorMessage": "the model did not answer within the time that it was given", "flow": fmt.Sprint("flow-", i%131), "provider": "example", "retries": i % 3,
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		rows[i] = warehouse.RowOf(sealed)
	}
	return rows
}

// BenchmarkWrite compares Write with the floor: a COPY of the same rows into a table with the
// same indexes, in transactions of the same size. The floor knows nothing of rows that are there
// already. Write is measured as it is when rows are likely to be new, while that is in
// doubt, and when all of them are there. All take turns within one run.
//
// server_µs/row is the CPU time that the server spent on the connection, on Linux, which
// the neighbours of a machine disturb less than the time that passed.
func BenchmarkWrite(b *testing.B) {
	for _, size := range []int{500, 1000, 10000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			floor, fresh, doubted := newLane(b), newLane(b), newLane(b)
			again := lane{driver: doubted.driver}
			rows := 0
			for b.Loop() {
				batch := warehouse.Batch{Rows: benchRows(b, size)}
				floor.timed(b, func(ctx context.Context, conn *pgconn.PgConn) error {
					return copyInto(ctx, conn, floor.sql.Load().copy, batch.Rows)
				})
				fresh.doubt.left.Store(0)
				fresh.write(b, batch)
				doubted.doubt.left.Store(cautious)
				doubted.write(b, batch)
				again.write(b, batch)
				rows += size
			}
			for _, l := range []struct {
				name string
				lane
			}{{"floor", floor}, {"new", fresh}, {"doubted", doubted}, {"again", again}} {
				b.ReportMetric(float64(rows)/l.took.Seconds(), l.name+"_rows/s")
				b.ReportMetric(floor.took.Seconds()/l.took.Seconds(), l.name+"_of_floor")
				if floor.cpu > 0 {
					b.ReportMetric(l.cpu.Seconds()*1e6/float64(rows), l.name+"_server_µs/row")
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// lane is a database that one of the ways writes to.
type lane struct {
	*driver
	took, cpu time.Duration
}

func newLane(b *testing.B) lane {
	d, _ := ready(b)
	return lane{driver: d}
}

func (l *lane) write(b *testing.B, batch warehouse.Batch) {
	l.timed(b, func(ctx context.Context, conn *pgconn.PgConn) error {
		w := writing{driver: l.driver}
		return w.write(ctx, conn, batch.Rows)
	})
}

func (l *lane) timed(b *testing.B, f func(context.Context, *pgconn.PgConn) error) {
	b.Helper()
	err := l.pool.Do(b.Context(), func(conn *pgconn.PgConn) error {
		cpu, began := cpuOf(conn.PID()), time.Now()
		defer func() {
			l.took += time.Since(began)
			l.cpu += cpuOf(conn.PID()) - cpu
		}()
		return f(b.Context(), conn)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// cpuOf returns the CPU time that a process has had, 0 where that cannot be known.
func cpuOf(pid uint32) (spent time.Duration) {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid)); err == nil {
		fmt.Sscan(string(text), &spent)
	}
	return spent
}
