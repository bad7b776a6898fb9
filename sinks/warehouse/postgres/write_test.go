//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/internal/pgserver"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func write(t testing.TB, d warehouse.Driver, rows []warehouse.Row) {
	t.Helper()
	if err := d.Write(t.Context(), warehouse.Batch{Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

// trusting makes the driver take rows for new.
func trusting(d *driver) { d.doubt.left.Store(0) }

// mustHave checks that the table has exactly these rows, each once.
func mustHave(t testing.TB, dsn string, want ...[]warehouse.Row) {
	t.Helper()
	if got, want := ids(rowsAt(t, dsn, tableName)), ids(slices.Concat(want...)); got != want {
		t.Errorf("the table has the rows\n%.2000s\nwant\n%.2000s", got, want)
	}
}

func TestRowsAreCopiedOnceBatchesHaveShownToBeNew(t *testing.T) {
	d, dsn := ready(t)
	if d.doubt.none() {
		t.Fatal("a driver that has just been opened copies: what a crash left may come again")
	}
	var all []warehouse.Row
	for i := range cautious {
		if d.doubt.none() {
			t.Errorf("no doubt after %d batches, want %d", i, cautious)
		}
		all = append(all, makeRows(fmt.Sprint("batch", i), 10)...)
		write(t, d, all[i*10:])
	}
	if !d.doubt.none() {
		t.Error("still in doubt")
	}
	fresh := makeRows("copied", 10)
	write(t, d, fresh) // copied
	mustHave(t, dsn, all, fresh)
	if !d.doubt.none() {
		t.Error("copying new rows raised a doubt")
	}

	half := append(makeRows("half", 5), all[3:8]...)
	write(t, d, half) // copied in vain, then inserted
	mustHave(t, dsn, all, fresh, half[:5])
	if d.doubt.none() {
		t.Error("rows that were there raised no doubt")
	}
	write(t, d, all[:20]) // inserted
	mustHave(t, dsn, all, fresh, half[:5])
	trusting(d)
	twice := makeRows("twice", 3)
	write(t, d, append(twice, twice[1])) // twice in one batch
	mustHave(t, dsn, all, fresh, half[:5], twice)
}

func TestABatchIsOneStatementWhileNothingGoesWrong(t *testing.T) {
	var places proxied
	dsn := places.schema(t)
	d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, prepare := range []func(){func() {}, func() { trusting(d) }} {
		prepare()
		before := places.of(dsn).Statements()
		write(t, d, makeRows(fmt.Sprint("batch", i), 700))
		if n := places.of(dsn).Statements() - before; n != 1 {
			t.Errorf("%d: %d statements, want 1", i, n)
		}
	}
	if n := places.of(dsn).Connections(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestRefusedRowsAreFoundWithFewStatements(t *testing.T) {
	for name, c := range map[string]struct {
		rows     int
		bad      []int
		trusting bool
	}{
		"alone":           {1, []int{0}, false},
		"alone, copied":   {1, []int{0}, true},
		"first":           {500, []int{0}, false},
		"last, copied":    {500, []int{499}, true},
		"in the middle":   {1000, []int{617}, false},
		"several, copied": {1000, []int{3, 500, 501, 999}, true},
		"staged":          {300, []int{70}, false},
		"staged, copied":  {300, []int{299}, true},
		"all":             {7, []int{0, 1, 2, 3, 4, 5, 6}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var places proxied
			dsn := places.schema(t)
			d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
			defer closeDriver(t, d)
			if err := d.EnsureSchema(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.trusting {
				trusting(d)
			}
			staged := strings.HasPrefix(name, "staged")
			if staged {
				d.stageFrom = 100
			}
			rows := makeRows("row", c.rows)
			for _, i := range c.bad {
				poison(&rows[i])
			}
			before := places.of(dsn).Statements()
			err := d.Write(t.Context(), warehouse.Batch{Rows: rows})
			statements := places.of(dsn).Statements() - before

			var partial *core.BatchError
			if !errors.As(err, &partial) || len(partial.Failed) != len(c.bad) {
				t.Fatalf("%v, want %d rows refused", err, len(c.bad))
			}
			good := slices.Clone(rows)
			for _, i := range slices.Backward(c.bad) {
				if class, _ := core.Classify(partial.Failed[i]); class != core.ClassPermanent {
					t.Errorf("row %d: %v has the class %s", i, partial.Failed[i], class)
				}
				good = slices.Delete(good, i, i+1)
			}
			mustHave(t, dsn, good)
			most := len(c.bad) * (2*bits.Len(uint(c.rows-1)) + 1)
			if staged {
				most += 2 * 4 // two batches of a hundred or more, each of which takes four more
			}
			if statements > most {
				t.Errorf("%d statements for %d bad rows of %d, want at most %d", statements, len(c.bad), c.rows, most)
			}
			if d.doubt.none() != c.trusting {
				t.Errorf("bad rows changed the doubt, which is about rows that are there already")
			}
		})
	}
}

func TestALargeBatchNeedsNoRightToTemporaryTables(t *testing.T) {
	dsn := server.Database(t)
	owner := openAt(t, dsn, warehouse.SchemaCreate)
	defer closeDriver(t, owner)
	if err := owner.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	queryAt(t, dsn, "DO $$ BEGIN EXECUTE 'REVOKE TEMPORARY ON DATABASE ' || current_database() || ' FROM PUBLIC'; END $$")
	d := openAt(t, role(t, dsn, `GRANT INSERT, SELECT ("id") ON telemetry_events TO %s`), warehouse.SchemaVerify).(*driver)
	defer closeDriver(t, d)
	d.stageFrom = 100
	all := makeRows("row", 110)
	write(t, d, all)
	if !d.noTemp.Load() {
		t.Error("a temporary table was made by a role that may not")
	}
	write(t, d, all)
	mustHave(t, dsn, all)
}

func TestWhatIsCutOffIsWrittenAgainAndThereOnce(t *testing.T) {
	var places proxied
	dsn := places.schema(t)
	d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy := places.of(dsn)
	var all [][]warehouse.Row
	attempt := func(name string, n int, cut func()) {
		t.Helper()
		rows := makeRows(name, n)
		all = append(all, rows)
		cut()
		err := d.Write(t.Context(), warehouse.Batch{Rows: rows})
		if class, _ := core.Classify(err); err == nil || class != core.ClassRetry {
			t.Errorf("%s: %v has the class %s", name, err, class)
		}
		if d.doubt.none() {
			t.Errorf("%s: no doubt about a write whose end is not known", name)
		}
		write(t, d, rows)
	}
	d.stageFrom = 1000
	for _, n := range []int{1, 200, d.stageFrom} {
		for i, at := range []int64{0, 100, 5000, int64(n) * 100} {
			attempt(fmt.Sprint("inserted", n, "cut", i), n, func() { proxy.CutAfter(min(at, int64(n)*50)) })
			trusting(d)
			attempt(fmt.Sprint("copied", n, "cut", i), n, func() { proxy.CutAfter(min(at, int64(n)*50)) })
		}
	}
	trusting(d)
	attempt("answer to COPY", 50, func() { proxy.LoseAnswerTo(pgserver.CopyDone) })
	attempt("answer to INSERT", 50, func() { proxy.LoseAnswerTo("INSERT") })
	attempt("answer to COMMIT", d.stageFrom, func() { proxy.LoseAnswerTo("COMMIT") })
	mustHave(t, dsn, all...)
}

func TestWritersAtOnceShareNoConnectionAndKeepThem(t *testing.T) {
	var places proxied
	dsn := places.schema(t)
	d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	const writers, batches = 4, 10
	all := make([][]warehouse.Row, writers)
	var group sync.WaitGroup
	for w := range writers {
		all[w] = makeRows(fmt.Sprint("writer", w), 20*batches)
		group.Go(func() {
			for batch := range slices.Chunk(all[w], 20) {
				if err := d.Write(t.Context(), warehouse.Batch{Rows: batch}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := places.of(dsn).Connections(); n > writers {
		t.Errorf("%d connections for %d writers", n, writers)
	}
	mustHave(t, dsn, all...)
}

func TestAWriteEndsWithItsContextAndTheServerWithIt(t *testing.T) {
	d, dsn := ready(t)
	write(t, d, makeRows("first", 1))
	for _, trust := range []bool{false, true} {
		t.Run(fmt.Sprint("copied: ", trust), func(t *testing.T) {
			d.doubt.left.Store(cautious)
			if trust {
				trusting(d)
			}
			blocked := lockTable(t, dsn)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := d.Write(ctx, warehouse.Batch{Rows: makeRows("late", 10)})
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
				t.Errorf("%v after %v", err, took)
			}
			if class, _ := core.Classify(err); class != core.ClassRetry {
				t.Errorf("%v has the class %s", err, class)
			}
			// The server was told to give up, though the lock is still held.
			waitFor(t, func() bool {
				return one(t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate' AND state = 'active'") == "0"
			})
			blocked()
		})
	}
	mustHave(t, dsn, makeRows("first", 1))
}

func TestOldRowsGoInPieces(t *testing.T) {
	d, dsn := ready(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	old, fresh := makeRows("old", 2*expirePiece+1), makeRows("fresh", 3)
	for i := range old {
		old[i].Received = now.Add(-time.Hour - time.Duration(i)*time.Second)
	}
	trusting(d)
	write(t, d, old)
	write(t, d, fresh)
	deleted, err := d.Expire(t.Context(), now.Add(-time.Minute))
	if err != nil || deleted != int64(len(old)) {
		t.Errorf("deleted %d rows, %v, want %d", deleted, err, len(old))
	}
	mustHave(t, dsn, fresh)
}

// waitFor waits until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen")
		}
	}
}
