//go:build unix

package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// The whole way, from the dispatcher to the table: the server is killed again and again
// while events come, and in the end each is there once.
func TestEveryEventIsThereOnceAfterTheServerWasKilled(t *testing.T) {
	s := server.Need(t)
	dsn := server.Schema(t)
	create := warehouse.SchemaCreate
	sink, err := warehouse.New(t.Context(), registry.Env{Name: "db", Timeout: 10 * time.Second}, warehouse.Config{
		Driver: "postgres", Table: tableName, DSN: core.NewSecret(dsn), EnsureSchema: &create,
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "db", Reach: core.ReachNetwork, Sink: sink, Concurrency: 2,
		Batch: core.BatchConfig{MaxEvents: 20, MaxWait: time.Millisecond},
		Retry: core.RetryConfig{Initial: time.Millisecond, Max: 20 * time.Millisecond},
	}}}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	const kills, between = 2, 200
	sent := 0
	send := func(n int) {
		for range n {
			if err := d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("event-", sent), Name: "run", AnonymousID: "a", Props: core.Props{"n": sent}}); err != nil {
				t.Fatal(err)
			}
			sent++
		}
	}
	for range kills {
		send(between)
		waitFor(t, func() bool { return delivered(d) > uint64(sent-between) }) // in the middle of it
		s.Kill()
		send(between / 2)
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		t.Error(err)
	}
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
	if got := one(t, dsn, `SELECT count(*) || ' ' || count(DISTINCT "id") FROM telemetry_events`); got != fmt.Sprint(sent, " ", sent) {
		t.Errorf("%s rows and ids, want %d of both", got, sent)
	}
	if n := delivered(d); n != uint64(sent) {
		t.Errorf("%d events were counted as delivered, want %d", n, sent)
	}
}

func delivered(d *core.Dispatcher) uint64 { return d.Stats().Sinks["db"].Delivered }

func TestAServerThatHasBecomeAReplicaIsLeft(t *testing.T) {
	dsn := server.Database(t)
	d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	closeDriver(t, d)
	database := one(t, dsn, "SELECT current_database()")
	readOnly := func(value string) {
		server.Need(t).Exec(t, "postgres", "ALTER DATABASE "+database+" SET default_transaction_read_only = "+value)
	}
	readOnly("on")
	d = openAt(t, dsn, warehouse.SchemaVerify).(*driver)
	defer closeDriver(t, d)
	err := d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 1)})
	if class, _ := core.Classify(err); err == nil || class != core.ClassRetry || !strings.Contains(err.Error(), "the server is a replica") {
		t.Errorf("%v has the class %s", err, class)
	}
	readOnly("off") // for connections that are made from now on
	write(t, d, makeRows("row", 1))
	mustHave(t, dsn, makeRows("row", 1))
}

func TestClosingWhileAWriteIsGivenUpWaitsForNothing(t *testing.T) {
	d, dsn := ready(t)
	unlock := lockTable(t, dsn)
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	var ended atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := d.Write(ctx, warehouse.Batch{Rows: makeRows("row", 1)}); err == nil {
			t.Error("it was written to a table that is locked")
		}
		ended.Store(true)
	}()
	waitFor(t, func() bool {
		return one(t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate' AND wait_event_type = 'Lock'") == "1"
	})
	cancel()
	<-done
	closing, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	if err := d.Close(closing); err != nil {
		t.Error(err)
	}
	if err := d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 1)}); err == nil {
		t.Error("a driver that is closed writes")
	}
}
