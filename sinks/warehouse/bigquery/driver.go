package bigquery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// driver is a [warehouse.Driver].
type driver struct {
	target  target
	schema  string // what EnsureSchema does
	keepFor time.Duration
	load    bool // with load jobs
	logger  *slog.Logger

	service *service
	writer  *writer
	tries   tries
	poll    time.Duration // until a job is asked for the first time

	mu       sync.Mutex
	created  time.Time // when this driver made the table
	location string    // of the table, once it has been looked at
}

// open makes the driver.
func open(o warehouse.Options) (warehouse.Driver, error) { return openOn(o, network{}) }

// openOn makes the driver on a network, which tests replace.
func openOn(o warehouse.Options, n network) (*driver, error) {
	if err := validate(o.Config); err != nil {
		return nil, err
	}
	if err := checkEndpoints(o); err != nil {
		return nil, err
	}
	d := &driver{target: targetOf(o), schema: o.Schema, keepFor: o.KeepFor, load: isLoad(o.Config), logger: o.Logger, poll: pollFirst}
	d.service = newService(o, n)
	d.writer = newWriter(d.service, d.target)
	return d, nil
}

// Write appends the rows, or loads them with a job.
func (d *driver) Write(ctx context.Context, b warehouse.Batch) error {
	if d.load {
		return d.loadBatch(ctx, b)
	}
	return d.appendBatch(ctx, b)
}

// Check looks at the table, and asks the Storage Write API for its stream.
func (d *driver) Check(ctx context.Context) error {
	_, err := d.table(ctx)
	switch {
	case isNotFound(err) && d.schema == warehouse.SchemaCreate:
		return nil // it is made before the first row
	case err != nil:
		return d.explain("look at the table", err)
	case d.load:
		return nil
	}
	if err := d.writer.check(ctx); err != nil {
		return d.explain("ask for the stream of the table", err)
	}
	return nil
}

// Expire does nothing: partitions expire by themselves.
func (d *driver) Expire(context.Context, time.Time) (int64, error) { return 0, nil }

// Close ends the streams and closes the connections.
func (d *driver) Close(context.Context) error {
	d.writer.close()
	d.service.close()
	return nil
}

// propagation is how long BigQuery may take until a table that was made can be written to
// everywhere; its documentation speaks of some minutes:
// https://cloud.google.com/bigquery/docs/error-messages#metadata-errors-for-streaming-inserts
const propagation = 5 * time.Minute

// justCreated reports whether the table may not be known everywhere yet.
func (d *driver) justCreated() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.created.IsZero() && time.Since(d.created) < propagation
}

func (d *driver) setCreated() {
	d.mu.Lock()
	d.created = time.Now()
	d.mu.Unlock()
}

func init() {
	warehouse.Register(warehouse.DriverInfo{
		Name:      "bigquery",
		Summary:   "BigQuery, through the Storage Write API or load jobs; the view with suffix _unique has every event once.",
		Parts:     2,
		Limits:    limits,
		Defaults:  defaults,
		Validate:  validate,
		DDL:       ddl,
		Erasure:   erasure,
		Statement: statement,
		Open:      open,
	})
}

// defaults let events gather in mode load: a table takes 1500 jobs a day, and a job of
// a few rows takes as long as one of many.
// https://cloud.google.com/bigquery/quotas#load_jobs
func defaults(c warehouse.Config) registry.Defaults {
	if !isLoad(c) {
		return registry.Defaults{}
	}
	return registry.Defaults{
		Batch:   core.BatchConfig{MaxEvents: 50_000, MaxBytes: 32 << 20, MaxWait: time.Minute},
		Timeout: time.Minute,
	}
}

// limits bound a batch. BigQuery takes at most 10 MB in an append, overhead included:
// https://cloud.google.com/bigquery/quotas#write-api-limits
func limits(c warehouse.Config) core.Limits {
	if isLoad(c) {
		return core.Limits{MaxBytes: 64 << 20}
	}
	return core.Limits{MaxBytes: 8_000_000}
}
