package snowflake

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/quiet"
)

const (
	// maxIdleTime is less than the four hours after which Snowflake ends an idle session.
	maxIdleTime = time.Hour

	maxIdle = 16
)

// writer is a [warehouse.Driver].
type writer struct {
	table   warehouse.Table
	schema  string // what EnsureSchema does
	merge   bool
	window  time.Duration
	timeout time.Duration

	connector *connector
	requests  *requests

	mu     sync.Mutex
	db     *sql.DB // nil before the first use
	closed bool
}

// newWriter makes the driver. It touches neither network nor file.
func newWriter(o warehouse.Options) (warehouse.Driver, error) {
	s, err := newSession(o.Config)
	if err != nil {
		return nil, err
	}
	if err := transport.CheckURL(s.url(), o.AllowInsecure); err != nil {
		return nil, registry.Field("endpoint", err.Error())
	}
	// The driver prints every statement that fails to stderr. A host that uses gosnowflake
	// itself, and wants to see that, sets an output after its sinks are open.
	sf.GetLogger().SetOutput(io.Discard)
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	d := &writer{
		table: o.Table, schema: o.Schema, timeout: timeout, requests: newRequests(),
		connector: &connector{
			session: func() session { return s }, carrier: newCarrier(s, o.AllowInsecure),
			tag: "headgate:" + o.Name, timeout: timeout,
		},
	}
	d.merge, d.window = dedupeOf(o.Config)
	return d, nil
}

var errClosedDriver = errors.New("snowflake: the driver is closed")

// pool returns the sessions, which begin with the first use.
func (d *writer) pool() (*sql.DB, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosedDriver
	}
	if d.db == nil {
		d.db = sql.OpenDB(d.connector)
		d.db.SetConnMaxIdleTime(maxIdleTime)
		d.db.SetMaxIdleConns(maxIdle) // more than two, else a sink with concurrency signs in again and again
	}
	return d.db, nil
}

// work calls do with a session, and makes an error of whatever the driver says.
func (d *writer) work(ctx context.Context, attempted string, do func(context.Context, *sql.Conn) error) error {
	db, err := d.pool()
	if err != nil {
		return err
	}
	ctx, exchange := withExchange(ctx)
	conn, err := db.Conn(ctx)
	if err != nil {
		var about credentialsError
		if errors.As(err, &about) {
			return core.Unauthorized(fmt.Errorf("snowflake: %s: %w", attemptSignIn, about))
		}
		return failed(ctx, attemptSignIn, err, exchange)
	}
	defer conn.Close()
	if err = do(ctx, conn); err == nil {
		return nil
	}
	if sessionEnded(err) {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the next attempt signs in again
	}
	return failed(ctx, attempted, err, exchange)
}

// Close ends the sessions.
func (d *writer) Close(ctx context.Context) error {
	d.mu.Lock()
	db := d.db
	d.db, d.closed = nil, true
	d.mu.Unlock()
	defer d.connector.carrier.shut()
	if db == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, d.connector.carrier.shut)
	defer stop()
	return db.Close()
}

// limits bounds a batch such that its statement is not too large.
func limits(warehouse.Config) core.Limits { return core.Limits{MaxBytes: maxBatch} }

// defaults let events gather: a virtual warehouse that was asleep is paid for a minute
// whatever it does (https://docs.snowflake.com/en/user-guide/cost-understanding-compute), and
// it takes some seconds to wake up.
func defaults(warehouse.Config) registry.Defaults {
	return registry.Defaults{Batch: core.BatchConfig{MaxEvents: 2000, MaxWait: time.Minute}, Timeout: defaultTimeout}
}

// warn finds a password.
func warn(c warehouse.Config) []error {
	s, err := newSession(c)
	if err != nil || s.credentials.password.IsZero() {
		return nil
	}
	key := "password"
	if !c.DSN.IsZero() {
		key = "dsn"
	}
	return []error{registry.Field(key, "Snowflake is ending sign-in by password alone for programs; use private_key_file or token_file")}
}

func init() {
	quiet.Restore()
	warehouse.Register(warehouse.DriverInfo{
		Name:     "snowflake",
		Summary:  "One statement for each batch, a MERGE on the event's id within the rows received about the same time.",
		Parts:    3,
		Limits:   limits,
		Defaults: defaults,
		Warn:     warn,
		Validate: validate,
		DDL:      func(o warehouse.Options) []string { return []string{createTable(o.Table)} },
		Erasure:  erasure,
		Statement: func(o warehouse.Options) string {
			if merge, _ := dedupeOf(o.Config); !merge {
				return insertRows(o.Table)
			}
			return mergeRows(o.Table, "…", "…")
		},
		Open: newWriter,
	})
}

var _ warehouse.Driver = (*writer)(nil)
