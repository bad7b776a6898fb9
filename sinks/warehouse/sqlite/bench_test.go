package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	benchRows    = 1000 // of a batch
	benchBatches = 10   // that are written one after the other
)

// payload is of the size that telemetry has.
var payload = core.Props{
	"runSeconds": 45, "runSuccess": true, "runIsWebhook": false, "componentName": strings.Repeat("component ", 20),
	"platform": "linux/amd64", "trace": strings.Repeat("0123456789abcdef", 12),
}

// sealedBatch makes a batch of events that nobody has written.
func sealedBatch(b *testing.B, n int) []core.Sealed {
	b.Helper()
	batch := make([]core.Sealed, n)
	for i := range batch {
		s, err := core.Seal(core.Config{App: core.App{Name: "acme", Version: "1.2.3"}}, core.Event{Name: "run", UserID: "u-1", Props: payload})
		if err != nil {
			b.Fatal(err)
		}
		batch[i] = s
	}
	return batch
}

// newSink makes a sink whose file is open.
func newSink(b *testing.B) core.Sink {
	b.Helper()
	s, err := warehouse.New(b.Context(), registry.Env{Name: "store", Timeout: time.Minute},
		warehouse.Config{Driver: "sqlite", Path: filepath.Join(b.TempDir(), "sink.db"), Table: table})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Send(b.Context(), sealedBatch(b, 1)); err != nil {
		b.Fatal(err)
	}
	return s
}

// floor is the least that anybody does: a transaction of prepared inserts into the same
// table, of values that are ready-made.
type floor struct {
	db     *sql.DB
	insert *sql.Stmt
}

func newFloor(b *testing.B, settings string, statements ...string) floor {
	b.Helper()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "floor.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"+settings)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, statement := range statements[:len(statements)-1] {
		if _, err := db.Exec(statement); err != nil {
			b.Fatal(err)
		}
	}
	insert, err := db.Prepare(statements[len(statements)-1])
	if err != nil {
		b.Fatal(err)
	}
	return floor{db, insert}
}

func (f floor) write(rows [][]any) error {
	tx, err := f.db.Begin()
	if err != nil {
		return err
	}
	insert := tx.Stmt(f.insert)
	for _, row := range rows {
		if _, err := insert.Exec(row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// taken returns how long it takes.
func taken(b *testing.B, do func() error) time.Duration {
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkBesideTheFloor writes the same batches by the sink and by the floor, in turns, so
// that what else the machine does is shared: "of-floor" is how much of the floor's rate is left.
func BenchmarkBesideTheFloor(b *testing.B) {
	bare := `CREATE TABLE t (id TEXT PRIMARY KEY, endpoint TEXT NOT NULL, payload TEXT NOT NULL CHECK (json_valid(payload)), timestamp TEXT NOT NULL)`
	o := warehouse.Options{Table: must(warehouse.ParseTable(table))}
	for _, c := range []struct {
		name  string
		floor func(b *testing.B) floor
		row   func(core.Sealed) []any
	}{
		{"the same table", func(b *testing.B) floor {
			return newFloor(b, "&_auto_vacuum=2", append(ddl(o), insert(o.Table))...)
		}, func(s core.Sealed) (values []any) {
			row := warehouse.RowOf(s)
			for _, column := range warehouse.Columns() {
				values = append(values, bound(column.Value(&row)))
			}
			return values
		}},
		{"four columns", func(b *testing.B) floor {
			return newFloor(b, "", bare, `INSERT INTO t VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`)
		}, func(s core.Sealed) []any {
			return []any{s.ID(), s.Name(), string(s.Props().Raw()), s.Time().Format(timeFormat)}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var bySink, byFloor time.Duration
			for n := 0; b.Loop(); n++ {
				var batches [benchBatches][]core.Sealed
				var rows [benchBatches][][]any
				for k := range batches {
					batches[k] = sealedBatch(b, benchRows)
					for i := range batches[k] {
						rows[k] = append(rows[k], c.row(batches[k][i]))
					}
				}
				sinks := func() {
					sink := newSink(b)
					defer sink.Close(context.Background())
					for _, batch := range batches {
						bySink += taken(b, func() error {
							ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
							defer cancel()
							return sink.Send(ctx, batch)
						})
					}
				}
				floors := func() {
					f := c.floor(b)
					defer f.db.Close()
					for _, batch := range rows {
						byFloor += taken(b, func() error { return f.write(batch) })
					}
				}
				// Who is first finds the caches cold. With both files open at once, the engine
				// would hold pages of the second only.
				if n%2 == 0 {
					sinks()
					floors()
				} else {
					floors()
					sinks()
				}
			}
			rate := func(d time.Duration) float64 { return float64(b.N) * benchBatches * benchRows / d.Seconds() }
			b.ReportMetric(rate(bySink), "rows/s")
			b.ReportMetric(rate(byFloor), "floor-rows/s")
			b.ReportMetric(byFloor.Seconds()/bySink.Seconds(), "of-floor")
		})
	}
}

// BenchmarkBatchSize shows what a batch of one costs.
func BenchmarkBatchSize(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			sink := newSink(b)
			defer sink.Close(context.Background())
			var spent time.Duration
			for b.Loop() {
				batch := sealedBatch(b, n)
				spent += taken(b, func() error { return sink.Send(b.Context(), batch) })
			}
			b.ReportMetric(float64(b.N*n)/spent.Seconds(), "rows/s")
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
